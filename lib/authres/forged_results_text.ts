// Removes forged Authentication-Results fields from a whole text (RFC 8601 section 5), by the stage in
// forged_results.ts.

import { toOctets, toText } from "../message/octets.ts";
import { WithoutForgedResults } from "./forged_results.ts";

/**
 * Removes the fields that claim our authserv-id from a whole message, or from its header (RFC 8601
 * section 5). Every other octet stays.
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
