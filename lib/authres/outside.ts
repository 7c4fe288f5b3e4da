// Tells whether a message came from outside with the From that it has now: our own
// Authentication-Results field says so (RFC 8601 section 2.2). Such mail is not signed. Takes octet
// strings. Knows no signature.

import {
  fieldsNamed,
  fieldValue,
  type HeaderField,
} from "../message/header.ts";
import {
  AUTHENTICATION_RESULTS,
  claimsAuthservId,
} from "./authentication_results.ts";
import { authorDomains, normalizeDomain } from "./author_domains.ts";

/**
 * Tells whether a field of ours was written for this From. If none of ours names the domain of a From,
 * the message had no usable one, and nothing shows that a list has replaced it.
 *
 * @param fromDomain The domain as From has it.
 * @param authservId Gives the name in our fields. It is called only if the header has such a field.
 */
export function cameFromOutside(
  fields: HeaderField[],
  fromDomain: string,
  authservId: () => string,
): boolean {
  const results = fieldsNamed(fields, AUTHENTICATION_RESULTS);
  if (results.length === 0) return false;
  const host = authservId();
  const ours = results.filter((field) => claimsAuthservId(field, host));
  if (ours.length === 0) return false;
  const domains = ours.flatMap((field) => authorDomains(fieldValue(field)));
  return domains.length === 0 || domains.includes(normalizeDomain(fromDomain));
}
