// What an inbound pass asks for beside the signatures, as types alone: whoever does not ask for it
// does not load what is behind it.

import type { MethodResult } from "../authres/authentication_results.ts";
import type { Header } from "../ports/verifying.ts";
import type { Note, Refusal } from "./pass.ts";
import type { Verification } from "./verify_pass.ts";

/** What the methods say of a message. */
export interface MethodsOutcome {
  /** In the order of the field. */
  results: MethodResult[];
  notes: Note[];
  /** By the letters of the first method that refuses. */
  refusal?: Refusal;
}

/** The methods that are asked for a message that came over the network. */
export interface Methods<Outcome extends MethodsOutcome = MethodsOutcome> {
  /**
   * Takes the end of the header: questions that need no more leave now.
   *
   * @param header `undefined` for one that is too long.
   */
  begin(header: Header | undefined): void;
  /**
   * Says what was found; to be called once.
   *
   * @param sender The envelope's, empty for the null sender.
   * @param verification What became of the signatures.
   */
  end(
    sender: Promise<string>,
    verification: Promise<Verification>,
  ): Promise<Outcome>;
}
