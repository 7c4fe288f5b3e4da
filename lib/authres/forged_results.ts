// Removes the Authentication-Results fields that claim to be ours from a message (RFC 8601 section 5)
// while it streams through. Every other octet goes on as it came. Finds fields wherever any reader
// does: at the start of a line and after a bare CR, up to the end of the header for readers to whom
// LF alone ends a line.

import { HeldOctets } from "../message/held_octets.ts";
import { toText } from "../message/octets.ts";
import { CR, LF, type Sink, SP, type Stage, TAB } from "../message/stage.ts";
import { reducedAuthservId } from "./authentication_results.ts";
import { type Claim, judgeValue } from "./authserv_id.ts";
import { advance, DEAD, NAME_END, resultsOf, VALUE } from "./results_name.ts";

/**
 * The longest beginning of a field that is kept. A field without an authserv-id in it hides its
 * origin, and counts as forged.
 */
const KEPT_OCTETS = 1 << 16;

const COLON = 0x3a;

const NOWHERE = -1;
const LINE_FEED = Uint8Array.of(LF);
const CRLF = Uint8Array.of(CR, LF);
const NEITHER = 2 * DEAD;
const IDLE = 2 * DEAD + NOWHERE;

/** Drops the forged fields of a header, and hands everything else on. */
export class WithoutForgedResults implements Stage {
  /** Fields dropped so far, or parts of fields. */
  dropped = 0;
  #ours: string;
  #sink: Sink;
  #inBody = false;
  /** The octet before; at the start that of a line end. */
  #before = LF;
  #lineEnd = LINE_FEED;
  #hasBareLf = false;
  /** Places count from the beginning of what is held. */
  #held = new HeldOctets();
  /** Everything before this place has been handed on or dropped. */
  #done = 0;
  /** How far a field spells the name, and where the field starts. */
  #field = DEAD;
  #fieldStart = 0;
  /** The same for the text after a CR, which is a field to some readers. */
  #part = DEAD;
  #partStart = 0;
  /** The start of the Authentication-Results field that has not ended. */
  #results = NOWHERE;
  #isPart = false;
  #isDropping = false;
  /** No kept field reaches its size limit before this place. */
  #limit = 0;
  /** The start of a line that may continue the field: to some readers a line without a colon does. */
  #tail = NOWHERE;
  /** The last field that stayed names no host. */
  #isOpen = false;
  /** Lines may continue that field, with removed fields between. */
  #isDoubtful = false;

  /**
   * @param authservId The name that is ours.
   * @param sink Takes what goes on.
   */
  constructor(authservId: string, sink: Sink) {
    this.#ours = reducedAuthservId(authservId);
    this.#sink = sink;
  }

  push(chunk: Uint8Array): void {
    if (this.#inBody) return this.#sink(chunk);
    let at = this.#held.append(chunk);
    const { octets, length: end } = this.#held;
    let lf = NOWHERE;
    let cr = NOWHERE;
    while (at < end) {
      const octet = octets[at]!;
      this.#see(octet, at);
      if (this.#inBody) return this.#handOn(end);
      at++;
      if (octet > CR && this.#field + this.#part + this.#tail === IDLE) {
        // Only the end of a line and the size limit matter here.
        if (lf < at) lf = this.#held.find(LF, at);
        if (cr < at) cr = this.#held.find(CR, at);
        at = Math.min(lf, cr, Math.max(at, this.#limit));
      }
    }
    this.#keep();
  }

  end(): void {
    if (this.#inBody) return;
    const { length } = this.#held;
    if (this.#tail !== NOWHERE) this.#tail = length;
    this.#endField(length);
    this.#endTail();
    this.#handOn(length);
  }

  #see(octet: number, at: number): void {
    if (this.#before === LF) this.#seeAfterLf(octet, at);
    if (this.#before === CR) this.#seeAfterCr(octet, at);
    if (octet === LF) {
      this.#lineEnd = this.#before === CR ? CRLF : LINE_FEED;
      this.#hasBareLf ||= this.#before !== CR;
    }
    if (octet === COLON && this.#isTailField()) this.#endTail();
    if (this.#field + this.#part !== NEITHER) this.#spell(octet);
    if (at >= this.#limit) this.#giveUp(at);
    this.#before = octet;
  }

  #seeAfterLf(octet: number, at: number): void {
    if (this.#tail !== NOWHERE) this.#tail = at;
    if (octet === SP || octet === TAB) return;
    this.#endField(at);
    this.#field = 0;
    this.#fieldStart = at;
    if (octet === LF) this.#beginBody();
  }

  #seeAfterCr(octet: number, at: number): void {
    if (octet === LF) {
      const isEmptyLine = this.#field === 0 && this.#fieldStart === at - 1;
      // If other lines end in LF alone, some readers see a line with a CR here, and the header goes on.
      if (isEmptyLine && !this.#hasBareLf) this.#beginBody();
      return;
    }
    if (this.#tail !== NOWHERE) this.#tail = at - 1;
    // A field that has shown no visible octet yet may begin here as well.
    if (this.#field === 0 || this.#isDropping) return;
    if (octet === SP || octet === TAB) return;
    this.#part = 0;
    this.#partStart = at - 1;
  }

  #beginBody(): void {
    this.#inBody = true;
    this.#endTail();
  }

  #spell(octet: number): void {
    if (this.#field !== DEAD) this.#field = advance(this.#field, octet);
    if (this.#part !== DEAD) this.#part = advance(this.#part, octet);
    if (this.#field === VALUE) this.#beginResults(this.#fieldStart, false);
    if (this.#part === VALUE) this.#beginResults(this.#partStart, true);
  }

  #beginResults(start: number, isPart: boolean): void {
    this.#field = DEAD;
    this.#part = DEAD;
    this.#tail = Math.min(this.#tail, start);
    this.#endTail();
    // A field without an authserv-id so far hides its origin.
    if (this.#results !== NOWHERE && this.#judge(start) !== "other") {
      return this.#dropRest();
    }
    this.#results = start;
    this.#isPart = isPart;
  }

  /** Enforces the size limit of what is kept. */
  #giveUp(at: number): void {
    if (this.#results !== NOWHERE && at - this.#results === KEPT_OCTETS) {
      if (this.#judge(at) === "other") this.#pass();
      else this.#dropRest();
    }
    if (this.#field !== DEAD && at - this.#fieldStart === KEPT_OCTETS) {
      const place = this.#field;
      this.#field = DEAD;
      this.#giveUpName(place, this.#fieldStart, false, at);
    }
    if (this.#part !== DEAD && at - this.#partStart === KEPT_OCTETS) {
      const place = this.#part;
      this.#part = DEAD;
      this.#giveUpName(place, this.#partStart, true, at);
    }
    // The later field begins after the octet before.
    this.#limit = Math.min(this.#firstKept(at), at - 1) + KEPT_OCTETS;
  }

  /** The start of the octets that may still be dropped. */
  #firstKept(end: number): number {
    let start = end;
    if (this.#results !== NOWHERE) start = Math.min(start, this.#results);
    if (this.#field !== DEAD) start = Math.min(start, this.#fieldStart);
    if (this.#part !== DEAD) start = Math.min(start, this.#partStart);
    return start;
  }

  #giveUpName(place: number, start: number, isPart: boolean, at: number): void {
    if (place >= NAME_END) {
      this.#results = start;
      this.#isPart = isPart;
      this.#dropRest();
    } else if (place === 0 && this.#part === DEAD) {
      // Any number of invisible octets may stand before the name.
      this.#part = 0;
      this.#partStart = at;
    }
  }

  #judge(end: number): Claim {
    if (this.#isDoubtful) return end > this.#results ? "ours" : "open";
    const raw = toText(this.#held.octets.subarray(this.#results, end));
    return judgeValue(resultsOf(raw) ?? "", this.#ours);
  }

  #pass(): void {
    this.#results = NOWHERE;
    this.#tail = NOWHERE;
    this.#isDoubtful = false;
  }

  #drop(): void {
    this.#handOn(this.#results);
    this.#pass();
    this.#isDropping = true;
    this.dropped++;
  }

  #dropRest(): void {
    this.#drop();
    this.#part = DEAD;
  }

  /** Called where a line starts that is no fold. */
  #endField(end: number): void {
    if (this.#results !== NOWHERE && this.#tail === NOWHERE) {
      const claim = this.#judge(end);
      if (claim === "ours") this.#drop();
      else if (claim === "other") this.#pass();
      else this.#tail = end;
    }
    if (this.#isDropping) this.#endDropping(end, this.#before);
    else if (this.#results === NOWHERE) this.#isOpen = false;
    this.#part = DEAD;
  }

  /** Drops a field with its line end. A part after a CR leaves the line end in place. */
  #endDropping(end: number, before: number | undefined): void {
    this.#isDropping = false;
    this.#done = end;
    if (this.#isPart && before === LF) this.#sink(this.#lineEnd);
    if (!this.#isOpen) return;
    // The lines after a removed field now follow the field without a host.
    this.#results = end;
    this.#tail = end;
    this.#isPart = false;
    this.#isDoubtful = true;
  }

  /** Ends an Authentication-Results field, and what may have continued it, before the current line. */
  #endTail(): void {
    if (this.#tail === NOWHERE) return;
    const end = this.#tail;
    const before = this.#held.octets[end - 1];
    const claim = this.#judge(end);
    if (claim === "ours") {
      this.#drop();
      this.#endDropping(end, before);
    } else if (!this.#isDoubtful) this.#isOpen = claim === "open";
    this.#pass();
  }

  /** Tells whether a line with a colon is a field: not if it starts with white space to some reader. */
  #isTailField(): boolean {
    if (this.#tail === NOWHERE) return false;
    const { octets } = this.#held;
    const at = this.#tail + (octets[this.#tail] === CR ? 1 : 0);
    return octets[at]! > SP && octets[at]! < 0x7f;
  }

  /** Hands on the octets before a place that were neither handed on nor dropped. */
  #handOn(end: number): void {
    if (this.#done >= end) return;
    this.#sink(this.#held.octets.subarray(this.#done, end));
    this.#done = end;
  }

  /** Hands on everything that cannot be dropped any more. */
  #keep(): void {
    const { length } = this.#held;
    if (this.#isDropping) this.#done = length;
    // A CR may begin a part.
    const isCr = this.#before === CR && !this.#isDropping;
    const start = this.#firstKept(isCr ? length - 1 : length);
    this.#handOn(start);
    this.#held.keepFrom(start);
    this.#done -= start;
    this.#limit -= start;
    this.#fieldStart -= start;
    this.#partStart -= start;
    if (this.#results !== NOWHERE) this.#results -= start;
    if (this.#tail !== NOWHERE) this.#tail -= start;
  }
}
