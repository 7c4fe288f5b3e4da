// The letters of DKVERIFY for DomainKeys, row by row as they are documented.

import { DOMAINKEYS_LETTERS } from "../../lib/policy/letters.ts";
import { assertEquals } from "@std/assert";
import { DOMAINKEYS_STATUS } from "../../lib/domainkeys/status.ts";

const TABLE = `
A | OK | pass (ok)
B | BADSIG | fail (bad sig)
C | NOSIG | none (no signature)
D | NOKEY | fail (no key)
E | BADKEY | fail (bad key)
F | CANTVRFY | temperror (can't verify)
G | SYNTAX | neutral (bad format)
H | NORESOURCE | temperror (no resources)
I | ARGS | neutral (args)
J | REVOKED | fail (revoked)
K | INTERNAL | temperror (internal error)
L | GRANULARITY | fail (bad sender)
`;

Deno.test("`DOMAINKEYS_STATUS` is the documented table", () => {
  const rows = Object.entries(DOMAINKEYS_STATUS).map(([status, row]) => {
    const { letter, name } =
      DOMAINKEYS_LETTERS[status as keyof typeof DOMAINKEYS_STATUS];
    return `${letter} | ${name} | ${row.result} (${row.reason})`;
  });
  assertEquals(rows, TABLE.trim().split("\n"));
});
