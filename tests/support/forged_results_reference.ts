// What is left of a message without the fields that claim to be ours, of a whole text at once: slow
// and obvious.

import { parseHeader } from "../../lib/message/header.ts";
import { claimsAuthservId } from "../../lib/authres/authentication_results.ts";

/** @param header With LF or CRLF. What begins with an empty line is not looked at. */
export function keptOfResults(header: string, authservId: string): string {
  const emptyLine = header.search(/(?<=^|\n)\r?\n/);
  const length = emptyLine === -1 ? header.length : emptyLine;
  let kept = "";
  let at = 0;
  for (const field of parseHeader(header.slice(0, length))) {
    const end = Math.min(at + field.raw.length + 1, length);
    if (!claimsAuthservId(field, authservId)) kept += header.slice(at, end);
    at = end;
  }
  return kept + header.slice(length);
}
