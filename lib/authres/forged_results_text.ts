// Takes the Authentication-Results fields out of a text that claim to be ours (RFC 8601 section 5), at
// once. Knows nothing that the stage does not know.

import { toOctets, toText } from "../message/octets.ts";
import { WithoutForgedResults } from "./forged_results.ts";

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
