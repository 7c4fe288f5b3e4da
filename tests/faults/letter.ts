// The messages of a load: each has a number, a body by chance, and one of a few sizes. Those from
// outside come signed, some of them changed on their way.

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { sign } from "../../mod.ts";
import { toText } from "../support/mail.ts";
import type { Random } from "../support/random.ts";
import { PEM } from "../support/verifying.ts";
import type { Answer } from "./smtp_connection.ts";

/** Whom we sign for. */
export const OUR_DOMAIN = "example.com";
/** Whose mail we verify, and the selector of its key, which is {@linkcode PEM}. */
export const THEIR_DOMAIN = "visitor.example";
export const THEIR_SELECTOR = "in";

/** `out` is to be signed, `in` to be verified, and `changed` cannot be. */
export type Direction = "out" | "in" | "changed";

/** What is known of a message that was sent, without its bytes. */
export interface Letter {
  serial: number;
  direction: Direction;
  length: number;
  digest: string;
  /** What its client was told. */
  answer?: Answer;
}

/** Above what a filter keeps in memory. */
const LARGE_BYTES = 4.4e6;

/** In bytes: most are small, some take more than one read, and some go through TMPDIR. */
const SIZES = [
  ...Array.from({ length: 15 }, () => [300, 20_000] as const),
  ...Array.from({ length: 3 }, () => [100_000, 700_000] as const),
  ...Array.from({ length: 2 }, () => [LARGE_BYTES, 5_500_000] as const),
];
const ONE_CHANGED_IN = 6;

const ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ  .,=\t";
const POOL_LINES = 20_000;

/** Writes one message after the other. */
export class LetterWriter {
  #random: Random;
  #pool: string;
  #serial = 0;

  constructor(random: Random) {
    this.#random = random;
    const line = () => random.text(ALPHABET, 0, 78);
    this.#pool = Array.from({ length: POOL_LINES }, line).join("\n") + "\n";
  }

  async write(
    isOurs: boolean,
  ): Promise<{ letter: Letter; message: Uint8Array }> {
    const serial = ++this.#serial;
    const isChanged = !isOurs && this.#random.oneIn(ONE_CHANGED_IN);
    const domain = isOurs ? OUR_DOMAIN : THEIR_DOMAIN;
    const text = `From: ann@${domain}\nTo: bob@example.net\n` +
      `Subject: number ${serial}\nMessage-ID: <${serial}@${domain}>\n` +
      `Date: Thu, 1 Jan 2026 12:00:00 +0000\n\n${serial}\n${this.#body()}`;
    const fields = isOurs ? "" : await sign(text, {
      domain,
      selector: THEIR_SELECTOR,
      privateKey: PEM,
      schemes: ["dkim", "domainkeys"],
    });
    const end = isChanged ? "Buy now.\n" : "";
    const message = Buffer.from(fields + text + end, "latin1");
    return {
      message,
      letter: {
        serial,
        direction: isOurs ? "out" : isChanged ? "changed" : "in",
        length: message.length,
        digest: digestOf(message),
      },
    };
  }

  #body(): string {
    const [least, most] = this.#random.pick(SIZES);
    const length = least + this.#random.below(most - least);
    const start = this.#random.below(this.#pool.length);
    const copies = 1 + Math.ceil(length / this.#pool.length);
    const body = this.#pool.repeat(copies).slice(start, start + length);
    return `${body}\n`;
  }
}

/** The number of a message, by its own header below all that was put on top of it. */
export function serialOf(message: Uint8Array): number | undefined {
  const head = toText(message.subarray(0, 16_384));
  const [, serial] = /^Message-ID: <(\d+)@/m.exec(head) ?? [];
  return serial === undefined ? undefined : Number(serial);
}

export function isLarge({ length }: Letter): boolean {
  return length > LARGE_BYTES;
}

export function isFromOutside({ direction }: Letter): boolean {
  return direction !== "out";
}

export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
