// The canonicalizations of RFC 6376 section 3.4 (simple, relaxed) and RFC 4870 section 3.4
// (simple, nofws), fields as text and bodies as stages. Takes LF line ends, writes CRLF.
// Knows neither signature nor hash.

import type { HeaderField } from "./header.ts";
import { toOctets } from "./octets.ts";
import { CR, LF, type Sink, SP, type Stage, TAB } from "./stage.ts";

/** A field as simple canonicalization hashes it, with its CRLF. */
export function simpleField(field: HeaderField): string {
  return field.raw.replaceAll("\n", "\r\n") + "\r\n";
}

/** A field as relaxed canonicalization (RFC 6376 section 3.4.2) hashes it, with its CRLF. */
export function relaxedField(field: HeaderField): string {
  const value = field.raw.slice(field.raw.indexOf(":") + 1);
  const words = value.replaceAll("\n", "").replace(/[ \t]+/g, " ");
  const start = words.startsWith(" ") ? 1 : 0;
  const end = words.endsWith(" ") ? -1 : undefined;
  return `${field.name.toLowerCase()}:${words.slice(start, end)}\r\n`;
}

/** A field as nofws canonicalization (RFC 4870 section 3.4.2.2) hashes it, with its CRLF. */
export function nofwsField(field: HeaderField): string {
  return field.raw.replace(/[ \t\r\n]+/g, "") + "\r\n";
}

/** What differs between DKIM's bodies and those of DomainKeys. */
export interface BodyForm {
  /** Octets before a body that is not empty: the empty line, which DomainKeys hashes. */
  opening?: string;
  /** Octets in place of an empty body: DKIM's simple hashes one CRLF (RFC 6376 section 3.4.3). */
  empty?: string;
}

/** DKIM's simple body. */
export const DKIM_SIMPLE: BodyForm = { empty: "\r\n" };
/** DKIM's relaxed body. */
export const DKIM_RELAXED: BodyForm = {};
/** Either body of DomainKeys. A body of empty lines alone loses the separating line too. */
export const DOMAINKEYS: BodyForm = { opening: "\r\n" };

/** Pending line ends are counted, not stored, and written in blocks of this many. */
const BLOCK_LINES = 2048;

/** What all bodies share: trailing empty lines are dropped, other line ends become CRLF. */
export abstract class Body implements Stage {
  #sink: Sink;
  #form: BodyForm;
  #isEmpty = true;
  /** Line ends seen since the last content. */
  #lines = 0;
  #out = new Uint8Array(0);

  /**
   * Writes to a sink, usually a hash.
   *
   * @param sink Takes the canonical octets.
   * @param form How an empty body and any other one begin.
   */
  constructor(sink: Sink, form: BodyForm) {
    this.#sink = sink;
    this.#form = form;
  }

  /** Takes the next octets, LF at the end of each line. */
  push(chunk: Uint8Array): void {
    const start = this.#skipBlank(chunk);
    if (start === chunk.length) return;
    this.#releaseLines();
    // An octet becomes two at the most, and a space may be held.
    const size = 2 * chunk.length + 1;
    if (this.#out.length < size) this.#out = new Uint8Array(size);
    let length = this.canonicalize(chunk, start, this.#out);
    // Line ends at the end of the chunk may be the last ones of the body. An LF here has its CR.
    while (this.#out[length - 1] === LF) {
      length -= 2;
      this.#lines++;
    }
    if (length > 0) this.#sink(this.#out.subarray(0, length));
  }

  /** Takes the end of the body. */
  end(): void {
    this.#emit(this.#isEmpty ? this.#form.empty : "\r\n");
  }

  /** Tells whether an octet is white space to this canonicalization; LF is not asked for. */
  protected abstract isBlank(octet: number): boolean;

  /** Takes white space (true), or a line end (false), in front of content. */
  protected holdBlank(_isBlank: boolean): void {}

  /** Writes the canonical form of a chunk from `start` on, every line end too, and returns its length. */
  protected abstract canonicalize(
    chunk: Uint8Array,
    start: number,
    out: Uint8Array,
  ): number;

  #skipBlank(chunk: Uint8Array): number {
    // Inside a line that has begun with content, nothing is skipped: the loop sees to it.
    if (!this.#isEmpty && this.#lines === 0) return 0;
    let at = 0;
    for (; at < chunk.length; at++) {
      const octet = chunk[at]!;
      if (octet === LF) this.#lines++;
      else if (!this.isBlank(octet)) break;
      this.holdBlank(octet !== LF);
    }
    return at;
  }

  #releaseLines(): void {
    if (this.#isEmpty) this.#emit(this.#form.opening);
    this.#isEmpty = false;
    for (; this.#lines > 0; this.#lines -= Math.min(this.#lines, BLOCK_LINES)) {
      this.#emit("\r\n".repeat(Math.min(this.#lines, BLOCK_LINES)));
    }
  }

  #emit(text: string | undefined): void {
    if (text) this.#sink(toOctets(text));
  }
}

/** Simple: every line as it is. */
export class SimpleBody extends Body {
  /** Nothing is. */
  protected override isBlank(_octet: number): boolean {
    return false;
  }

  /** Writes a chunk's canonical form. */
  protected override canonicalize(
    chunk: Uint8Array,
    start: number,
    out: Uint8Array,
  ): number {
    let length = 0;
    for (let at = start; at < chunk.length; at++) {
      const octet = chunk[at]!;
      if (octet === LF) out[length++] = CR;
      out[length++] = octet;
    }
    return length;
  }
}

/** Relaxed: white space inside a line becomes one space, at its end nothing. */
export class RelaxedBody extends Body {
  #space = false;

  /** Spaces and tabs are. */
  protected override isBlank(octet: number): boolean {
    return octet === SP || octet === TAB;
  }

  /** Remembers white space, for the content that may follow. */
  protected override holdBlank(isBlank: boolean): void {
    this.#space = isBlank;
  }

  /** Writes a chunk's canonical form. */
  protected override canonicalize(
    chunk: Uint8Array,
    start: number,
    out: Uint8Array,
  ): number {
    let space = this.#space;
    let length = 0;
    for (let at = start; at < chunk.length; at++) {
      const octet = chunk[at]!;
      if (octet > SP && !space) {
        out[length++] = octet;
      } else if (octet === LF) {
        space = false;
        out[length++] = CR;
        out[length++] = LF;
      } else if (octet === SP || octet === TAB) {
        space = true;
      } else {
        if (space) out[length++] = SP;
        space = false;
        out[length++] = octet;
      }
    }
    this.#space = space;
    return length;
  }
}

/** Nofws: no white space at all, and a CR that ends no line is white space too. */
export class NofwsBody extends Body {
  /** Spaces, tabs and bare CRs are. */
  protected override isBlank(octet: number): boolean {
    return octet === SP || octet === TAB || octet === CR;
  }

  /** Writes a chunk's canonical form. */
  protected override canonicalize(
    chunk: Uint8Array,
    start: number,
    out: Uint8Array,
  ): number {
    let length = 0;
    for (let at = start; at < chunk.length; at++) {
      const octet = chunk[at]!;
      if (octet > SP) {
        out[length++] = octet;
      } else if (octet === LF) {
        out[length++] = CR;
        out[length++] = LF;
      } else if (octet !== SP && octet !== TAB && octet !== CR) {
        out[length++] = octet;
      }
    }
    return length;
  }
}

/** One canonicalization: of a field, and of a body. */
export interface Canonicalization {
  /** The octets of a field that are hashed, with its CRLF. */
  field(field: HeaderField): string;
  /** The body as a stage that takes LF line ends. */
  body(sink: Sink): Stage;
}

/** DKIM's canonicalizations by their names in `c=` (RFC 6376 section 3.4). */
export const DKIM_CANONICALIZATIONS = {
  simple: {
    field: simpleField,
    body: (sink: Sink): Stage => new SimpleBody(sink, DKIM_SIMPLE),
  },
  relaxed: {
    field: relaxedField,
    body: (sink: Sink): Stage => new RelaxedBody(sink, DKIM_RELAXED),
  },
} as const satisfies Record<string, Canonicalization>;

/** A name in `c=` of DKIM. */
export type DkimCanonicalization = keyof typeof DKIM_CANONICALIZATIONS;

/** Those of DomainKeys (RFC 4870 section 3.4.2). */
export const DOMAINKEYS_CANONICALIZATIONS = {
  simple: {
    field: simpleField,
    body: (sink: Sink): Stage => new SimpleBody(sink, DOMAINKEYS),
  },
  nofws: {
    field: nofwsField,
    body: (sink: Sink): Stage => new NofwsBody(sink, DOMAINKEYS),
  },
} as const satisfies Record<string, Canonicalization>;

/** A name in `c=` of DomainKeys. */
export type DomainKeysCanonicalization =
  keyof typeof DOMAINKEYS_CANONICALIZATIONS;

/** The name in a table that somebody wrote; `undefined` for one that is not there. */
export function canonicalizationNamed<Table extends object>(
  table: Table,
  name: string,
): keyof Table | undefined {
  return Object.hasOwn(table, name) ? name as keyof Table : undefined;
}
