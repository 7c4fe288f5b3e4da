// What is said of a chain, in Authentication-Results and in the log. Knows no chain.

import type {
  MethodResult,
  Property,
} from "../authres/authentication_results.ts";
import type { ArcVerdict } from "./arc_verdict.ts";
import type { Note } from "./pass.ts";

/** What Authentication-Results says of a chain. */
export function chainResult(
  { result, reason, oldestPass }: ArcVerdict,
  ip: string,
): MethodResult {
  const properties: Property[] = [["smtp.remote-ip", ip]];
  if (oldestPass !== undefined) {
    properties.push(["header.oldest-pass", String(oldestPass)]);
  }
  return { method: "arc", result, reason, properties };
}

/** What the log says of it. */
export function chainNotes({ result, reason }: ArcVerdict): Note[] {
  const note: Note = ["arc", result];
  return reason === "" ? [note] : [note, ["reason", reason]];
}
