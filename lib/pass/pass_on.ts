// The pass for mail that is neither signed nor verified: it changes nothing.

import type { Outcome, Pass } from "./pass.ts";

/** Leaves a message as it is. */
export class PassOn implements Pass {
  #reason: string;

  /** @param reason For the log. */
  constructor(reason: string) {
    this.#reason = reason;
  }

  push(_chunk: Uint8Array): void {}

  end(): Promise<Outcome> {
    return Promise.resolve({
      newFields: "",
      action: "passed on",
      notes: [["reason", this.#reason]],
    });
  }
}
