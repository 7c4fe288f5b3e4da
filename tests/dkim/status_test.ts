// The letters of DKVERIFY for DKIM, row by row as they are documented.

import { DKIM_LETTERS } from "../../lib/policy/letters.ts";
import { assertEquals } from "@std/assert";
import { DKIM_STATUS } from "../../lib/dkim/status.ts";

const TABLE = `
A | OK | pass (ok)
B | FAIL | fail (fail)
C | BAD_SYNTAX | neutral (bad syntax)
D | SIG BAD | fail (bad sig)
E | SIG BAD (testing) | fail (bad sig, testing)
F | SIG EXPIRED | fail (expired)
G | SELECTOR INVALID | neutral (bad selector)
H | GRANULARITY MISMATCH | neutral (bad selector)
I | SELECTOR REVOKED | neutral (revoked)
J | DOMAIN TOO LONG | neutral (bad domain)
K | DNS TEMP FAIL | temperror (dns)
L | DNS PERM FAIL | permerror (dns)
M | PUBLIC KEY INVALID | fail (bad key)
N | NO SIG | none (no signature)
O | NO VALID SIG | neutral (no valid sig)
P | BAD BODY HASH | fail (bad bodyhash)
Q | ALGORITHM MISMATCH | neutral (bad algorithm)
R | STAT INCOMPAT | neutral (bad version)
S | UNSIGNED FROM | policy (unsigned From)
`;

Deno.test("`DKIM_STATUS` is the documented table", () => {
  const rows = Object.entries(DKIM_STATUS).map(([status, row]) => {
    const { letter, name } = DKIM_LETTERS[status as keyof typeof DKIM_STATUS];
    return `${letter} | ${name} | ${row.result} (${row.reason})`;
  });
  assertEquals(rows, TABLE.trim().split("\n"));
});
