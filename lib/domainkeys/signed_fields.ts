// Chooses the fields that a new DomainKey-Signature names in h= (RFC 4870 section 3.3). Knows no
// canonicalization.

import { type HeaderField, isListable } from "../message/header.ts";

/**
 * Lists the names for `h=`: every field, in the order of the message.
 *
 * @param unique Leave out the names that occur more than once.
 */
export function domainKeysSignedFields(
  fields: HeaderField[],
  unique: boolean,
): string[] {
  const counts = Map.groupBy(fields, ({ name }) => name.toLowerCase());
  return fields
    .filter(({ name }) => isListable(name))
    .filter(({ name }) =>
      !unique || counts.get(name.toLowerCase())?.length === 1
    )
    .map(({ name }) => name);
}
