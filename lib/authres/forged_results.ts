// Takes the Authentication-Results fields out of a message that claim to be ours (RFC 8601 section
// 5), while it streams through; every other octet goes on as it came. Sees fields where lib/message
// sees them, in LF and in CRLF lines.

import { parseHeader } from "../message/header.ts";
import { joinOctets, toOctets, toText } from "../message/octets.ts";
import { CR, LF, type Sink, SP, type Stage, TAB } from "../message/stage.ts";
import {
  AUTHENTICATION_RESULTS,
  claimsAuthservId,
} from "./authentication_results.ts";

/**
 * No more of a field is kept. A longer Authentication-Results field hides whose it claims to be, and
 * is taken for forged.
 */
const FIELD_OCTETS = 1 << 14;

const OUR_NAME = new RegExp(`^${AUTHENTICATION_RESULTS}[ \\t]*(?::|$)`, "i");

const FIRST_LETTER = AUTHENTICATION_RESULTS.charCodeAt(0);
const LOWER_CASE = 0x20;

/** Drops the forged fields of a header, and passes everything else on. */
export class WithoutForgedResults implements Stage {
  /** Fields dropped so far. */
  dropped = 0;
  #authservId: string;
  #sink: Sink;
  #inBody = false;
  /** The beginning of a field that has not ended yet. */
  #kept = new Uint8Array(0);
  /** What becomes of the rest of a field that was judged by its beginning. */
  #fate: "pass" | "drop" | undefined;

  /**
   * @param authservId The name that is ours.
   * @param sink Takes what goes on.
   */
  constructor(authservId: string, sink: Sink) {
    this.#authservId = authservId;
    this.#sink = sink;
  }

  push(chunk: Uint8Array): void {
    if (this.#inBody) return this.#sink(chunk);
    const octets = joinOctets([this.#kept, chunk]);
    let start = 0;
    for (;;) {
      const isEmptyLine = this.#fate === undefined && isLineEnd(octets, start);
      if (isEmptyLine) {
        this.#inBody = true;
        return this.#sink(octets.subarray(start));
      }
      const end = fieldEnd(octets, start);
      if (end === -1) break;
      this.#handOn(octets.subarray(start, end));
      this.#fate = undefined;
      start = end;
    }
    this.#keep(octets.subarray(start));
  }

  end(): void {
    if (!this.#inBody && this.#kept.length > 0) this.#handOn(this.#kept);
  }

  /** Hands a field on, or its rest, or drops it. */
  #handOn(octets: Uint8Array): void {
    this.#fate ??= this.#judge(octets);
    if (this.#fate === "pass") this.#sink(octets);
  }

  #judge(octets: Uint8Array): "pass" | "drop" {
    if (((octets[0] ?? 0) & ~LOWER_CASE) !== FIRST_LETTER) return "pass";
    const text = toText(octets.subarray(0, FIELD_OCTETS));
    const isForged = octets.length > FIELD_OCTETS
      ? OUR_NAME.test(text)
      : parseHeader(text).some((field) =>
        claimsAuthservId(field, this.#authservId)
      );
    if (isForged) this.dropped++;
    return isForged ? "drop" : "pass";
  }

  #keep(octets: Uint8Array): void {
    this.#kept = octets.slice();
    if (this.#fate === undefined && octets.length <= FIELD_OCTETS) return;
    this.#fate ??= this.#judge(octets);
    // A line end stays: what follows tells whether the field goes on.
    const length = octets.length - (octets.at(-1) === LF ? 1 : 0);
    this.#handOn(this.#kept.subarray(0, length));
    this.#kept = this.#kept.slice(length);
  }
}

/**
 * Takes the fields that claim our authserv-id out of a whole message, or out of its header; every
 * other octet stays (RFC 8601 section 5).
 *
 * @param message An octet string, with LF or CRLF.
 * @param authservId The name that is ours.
 */
export function withoutForgedResults(
  message: string,
  authservId: string,
): string {
  let kept = "";
  const stage = new WithoutForgedResults(
    authservId,
    (run) => kept += toText(run),
  );
  stage.push(toOctets(message));
  stage.end();
  return kept;
}

function isLineEnd(octets: Uint8Array, at: number): boolean {
  return octets[at] === LF || (octets[at] === CR && octets[at + 1] === LF);
}

/** Where the field ends that begins, or goes on, at a place; -1 when that is not known yet. */
function fieldEnd(octets: Uint8Array, start: number): number {
  let end = octets.indexOf(LF, start);
  while (end !== -1 && (octets[end + 1] === SP || octets[end + 1] === TAB)) {
    end = octets.indexOf(LF, end + 1);
  }
  return end + 1 < octets.length ? (end === -1 ? -1 : end + 1) : -1;
}
