// The author of a message: the addresses of From and Sender, which give signatures their domain
// (RFC 4870 section 3.2.2, RFC 6376 section 3.5). Refuses to guess at a malformed one.

import { type Address, parseAddressList } from "./address.ts";
import { toALabels } from "./domain_name.ts";
import { fieldsNamed, fieldValue, type HeaderField } from "./header.ts";

/** An address, `none` without such a field, `bad` for two of them or a malformed one. */
export type Author = Address | "none" | "bad";

/**
 * Finds the author for signing: the last address of the only field of that name. libdomainkeys takes
 * the last one too.
 */
export function authorOf(
  fields: HeaderField[],
  name: "From" | "Sender",
): Author {
  const field = onlyField(fields, name);
  if (typeof field === "string") return field;
  return parseAddressList(fieldValue(field))?.at(-1) ?? "bad";
}

/**
 * Finds the author for verifying, on whom all readers agree. The only field of that name holds nothing
 * that could be taken for another address, and all its addresses are of one domain.
 *
 * @returns The last address, its U-labels as A-labels.
 */
export function authorToVerify(
  fields: HeaderField[],
  name: "From" | "Sender",
): Author {
  const field = onlyField(fields, name);
  if (typeof field === "string") return field;
  const addresses = parseAddressList(fieldValue(field), { strictPhrase: true })
    ?.map(({ localPart, domain }) => ({
      localPart,
      domain: toALabels(domain) ?? domain,
    }));
  const author = addresses?.at(-1);
  const isOne = addresses?.every(({ domain }) =>
    domain.toLowerCase() === author?.domain.toLowerCase()
  );
  return author !== undefined && isOne ? author : "bad";
}

function onlyField(
  fields: HeaderField[],
  name: string,
): HeaderField | "none" | "bad" {
  const [field, ...more] = fieldsNamed(fields, name);
  return more.length > 0 ? "bad" : field ?? "none";
}
