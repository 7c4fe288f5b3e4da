// Whether a message came from outside, and is still from whom it was from then: our own
// Authentication-Results field says so (RFC 8601 section 2.2). Such mail is not ours to vouch for.
// Reads octet strings in whatever form they come; knows no signature.

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
 * Tells whether a field of ours was written for this From. Where none of them names the domain of a
 * From it was of no use then, and nothing shows that a list has put another one in its place.
 *
 * @param fromDomain As From has it.
 * @param authservId Says whose fields are ours; asked only where there is such a field.
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
