// The four bodies that signatures hash, after the line-end stage as in a pass, each with its
// reference.

import {
  DKIM_RELAXED,
  DKIM_SIMPLE,
  DOMAINKEYS,
  NofwsBody,
  RelaxedBody,
  SimpleBody,
} from "../../lib/message/canonicalization.ts";
import { LineEnds } from "../../lib/message/line_ends.ts";
import type { Sink, Stage } from "../../lib/message/stage.ts";
import { collect } from "./laws.ts";
import {
  dkimRelaxedBody,
  dkimSimpleBody,
  domainKeysNofwsBody,
  domainKeysSimpleBody,
} from "./reference.ts";

/** A body as one kind of signature hashes it. */
export interface BodyForm {
  name: string;
  makeBody(sink: Sink): Stage;
  /** Takes the lines of the body. */
  reference(lines: string[]): string;
}

export const FORMS: BodyForm[] = [
  {
    name: "DKIM's simple body",
    makeBody: (sink) => new SimpleBody(sink, DKIM_SIMPLE),
    reference: dkimSimpleBody,
  },
  {
    name: "DKIM's relaxed body",
    makeBody: (sink) => new RelaxedBody(sink, DKIM_RELAXED),
    reference: dkimRelaxedBody,
  },
  {
    name: "DomainKeys' simple body",
    makeBody: (sink) => new SimpleBody(sink, DOMAINKEYS),
    reference: domainKeysSimpleBody,
  },
  {
    name: "DomainKeys' nofws body",
    makeBody: (sink) => new NofwsBody(sink, DOMAINKEYS),
    reference: domainKeysNofwsBody,
  },
];

/** Line ends, then the body. */
export class NormalizedBody implements Stage {
  #body: Stage;
  #lineEnds: LineEnds;

  constructor(form: BodyForm, sink: Sink) {
    this.#body = form.makeBody(sink);
    this.#lineEnds = new LineEnds((run) => this.#body.push(run));
  }

  push(chunk: Uint8Array): void {
    this.#lineEnds.push(chunk);
  }

  end(): void {
    this.#lineEnds.end();
    this.#body.end();
  }
}

/** The canonical octets of a body with any line ends. */
export function canonicalizeBody(form: BodyForm, chunks: Uint8Array[]): string {
  return collect((sink) => new NormalizedBody(form, sink), chunks);
}
