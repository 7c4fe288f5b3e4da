// `checkSpf()` over a table of our own: what becomes of a client, how many questions that takes, each
// row with the section of RFC 7208 that it is about.

import { assertEquals } from "@std/assert";
import { checkSpf } from "../../lib/api/check_spf.ts";
import { DnsTable } from "../support/dns_table.ts";
import { LIMIT_ROWS } from "../support/spf_limit_rows.ts";
import { MACRO_ROWS } from "../support/spf_macro_rows.ts";
import { RULE_ROWS } from "../support/spf_rule_rows.ts";
import { SPF_ROWS, type SpfTableRow } from "../support/spf_rows.ts";

for (
  const [name, row] of Object.entries<SpfTableRow>({
    ...SPF_ROWS,
    ...MACRO_ROWS,
    ...LIMIT_ROWS,
    ...RULE_ROWS,
  })
) {
  Deno.test(`\`checkSpf()\` finds ${row.result}: ${name}`, async () => {
    const { zone, result, term, explanation, asked, voids, ...given } = row;
    const table = new DnsTable(
      typeof zone === "string" ? { "example.com": [zone] } : zone,
    );
    const finding = await checkSpf({
      ip: "192.0.2.1",
      mailFrom: "alice@example.com",
      helo: "mail.example.com",
      now: 1_000_000_000,
      ...given,
      resolver: table,
    });
    assertEquals(finding.result, result, finding.detail);
    if ("term" in row) assertEquals(finding.term, term);
    if ("explanation" in row) assertEquals(finding.explanation, explanation);
    if ("localRule" in row) assertEquals(finding.localRule, row.localRule);
    if (voids !== undefined) assertEquals(finding.voids, voids);
    if (typeof asked === "number") assertEquals(table.asked.length, asked);
    if (Array.isArray(asked)) assertEquals(table.asked, asked);
  });
}
