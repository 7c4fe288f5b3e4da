// Sealing on departure: signs a message, and where the newest ARC set is ours and the message was
// changed since, makes its message signature and its seal anew (RFC 8617 section 5.1). Loaded when a
// site asks for it.

import { ArcRenewal, type FindArcKey } from "../arc/renewal.ts";
import type { ArcSealOptions, SealPorts } from "../arc/set_maker.ts";
import { BodyHashes } from "../dkim/body_hashes.ts";
import { type HeaderField, parseHeader } from "../message/header.ts";
import { LineEnds } from "../message/line_ends.ts";
import { Split } from "../message/split.ts";
import { HeldHeader } from "./held_header.ts";
import type { Note, Outcome, Pass } from "./pass.ts";

/** Signs and seals one message. */
export class RenewingPass implements Pass {
  #signing: Pass;
  #held = new HeldHeader();
  #renewal: ArcRenewal | undefined;
  #bodyHashes: BodyHashes;
  #split: Split;
  #lineEnds = new LineEnds((run) => this.#split.push(run));

  /** @param signing Takes no octet out of the message. */
  constructor(
    signing: Pass,
    find: FindArcKey,
    options: ArcSealOptions,
    ports: SealPorts,
  ) {
    this.#signing = signing;
    const bodyHashes = this.#bodyHashes = new BodyHashes(ports.crypto);
    this.#split = new Split(
      (header) => {
        if (header === undefined) return;
        const fields = parseHeader(header);
        this.#renewal = new ArcRenewal(
          fields,
          find,
          options,
          ports,
          bodyHashes,
        );
      },
      (run) => bodyHashes.push(run),
    );
  }

  filter(chunk: Uint8Array): Uint8Array {
    return this.#held.take(chunk);
  }

  push(chunk: Uint8Array): void {
    this.#signing.push(chunk);
    this.#lineEnds.push(chunk);
  }

  async end(sender: Promise<string>): Promise<Outcome> {
    this.#lineEnds.end();
    this.#split.end();
    this.#bodyHashes.end();
    const outcome = await this.#signing.end(sender);
    if (outcome.refusal !== undefined) return outcome;
    const { header, notes } = await this.#renew(outcome.newFields);
    return {
      ...outcome,
      newFields: outcome.newFields + header,
      notes: [...outcome.notes, ...notes],
    };
  }

  /** @returns The header as it goes on. */
  async #renew(
    newFields: string,
  ): Promise<{ header: string; notes: Note[] }> {
    const header = this.#held.text;
    const signatures = parseHeader(newFields);
    const made = await this.#renewal?.end(signatures) ??
      { reason: "the header is over 1 MiB" };
    if ("reason" in made) {
      return { header, notes: [["sealed", `no: ${made.reason}`]] };
    }
    const { instance, fields, replaced } = made;
    if (!replaced.every(({ raw }) => header.includes(`${raw}\n`))) {
      return { header, notes: [["sealed", "no: lines do not end in LF"]] };
    }
    return {
      header: replaceFields(header, replaced, fields),
      notes: [["sealed", `i=${instance} anew`]],
    };
  }
}

/** Each field is there once, with its instance; lines end in LF. */
function replaceFields(
  header: string,
  replaced: HeaderField[],
  fields: HeaderField[],
): string {
  return replaced.reduce(
    (text, { raw }, n) => text.replace(`${raw}\n`, () => `${fields[n]!.raw}\n`),
    header,
  );
}
