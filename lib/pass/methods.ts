// The methods of an inbound pass besides the signatures, as types alone: a filter loads the
// implementation only if a site asks for it.

import type { MethodResult } from "../authres/authentication_results.ts";
import type { BodyHashes } from "../dkim/body_hashes.ts";
import type { Header } from "../ports/verifying.ts";
import type { Note, Refusal } from "./pass.ts";
import type { Verification } from "./verify_pass.ts";

/** The results of the methods for a message. */
export interface MethodsOutcome {
  /** In the order of the field. */
  results: MethodResult[];
  notes: Note[];
  /** The refusal by the letters of the first method that refuses. */
  refusal?: Refusal;
  /**
   * Makes the ARC fields that vouch for our own field, for a message that is not refused.
   *
   * @param results The value of our Authentication-Results field.
   */
  seal?(results: string): Promise<{ fields: string; notes: Note[] }>;
}

/** The methods that are asked for a message that came over the network. */
export interface Methods<Outcome extends MethodsOutcome = MethodsOutcome> {
  /**
   * Takes the header, and asks DNS every question that needs nothing more.
   *
   * @param header `undefined` for one that is too long.
   * @param bodyHashes They take the body from now on.
   */
  begin(header: Header | undefined, bodyHashes: BodyHashes): void;
  /**
   * Gives the results. To be called once.
   *
   * @param sender The sender of the envelope, empty for the null sender.
   * @param verification The results for the signatures.
   */
  end(
    sender: Promise<string>,
    verification: Promise<Verification>,
  ): Promise<Outcome>;
}
