// `checkSpf()` over the rows of ../shared/corpora/spf and ../shared/corpora/auth-more/spf: out of a
// table in memory, and through the DNS client from a server on loopback.

import { assert, assertArrayIncludes, assertEquals } from "@std/assert";
import { checkSpf } from "../../lib/api/check_spf.ts";
import { formatQuery, lowerCaseName } from "../../lib/dns/message.ts";
import type { Lookup } from "../../lib/ports/resolver.ts";
import { startDnsServer } from "../../scripts/host/dns_server.ts";
import { DnsTable } from "../support/dns_table.ts";
import { client } from "../support/scripted_dns.ts";
import {
  MISSING_CORPORA,
  readSpfRows,
  type SpfRow,
} from "../support/spf_corpus.ts";

function isAskable(question: string): boolean {
  return formatQuery(0, question.slice(question.indexOf(" ") + 1)) !==
    undefined;
}

async function check(row: SpfRow, resolver: Lookup) {
  const { ip, helo, mailFrom, results, explanation } = row;
  const finding = await checkSpf({
    ip,
    helo,
    mailFrom,
    resolver,
    explain: true,
    defaultExplanation: "DEFAULT",
  });
  assertArrayIncludes(results, [finding.result], finding.detail);
  if (explanation !== undefined) {
    assertEquals(finding.explanation, explanation);
  }
  return finding;
}

const ROWS = readSpfRows();
for (const row of ROWS) {
  Deno.test(`\`checkSpf()\` finds ${row.results.join(" or ")} of ${row.name}`, async () => {
    const table = new DnsTable(row.zone);
    await check(row, table);
    const { maxQueries = Infinity } = row;
    assert(table.asked.length <= maxQueries, table.asked.join());
  });

  Deno.test(`\`checkSpf()\` finds the same of ${row.name} over the wire`, async () => {
    await using server = startDnsServer(row.zone);
    const limits = { attempts: 1, tryTimeoutMs: 300, timeoutMs: 20_000 };
    const finding = await check(row, client(server.address, limits));
    const table = new DnsTable(row.zone);
    const inMemory = await check(row, table);
    assertEquals(finding.term, inMemory.term);
    assertEquals(finding.terms, inMemory.terms);
    assertEquals(finding.voids, inMemory.voids);
    const asked = server.questions.filter(({ transport }) =>
      transport === "udp"
    ).map(({ type, name }) => `${type} ${name}`);
    // What no packet holds is not sent; questions that wait for nobody leave together.
    const sent = table.asked.filter((question) => isAskable(question));
    assertEquals(
      asked.map(lowerCaseName).toSorted(),
      sent.map(lowerCaseName).toSorted(),
    );
  });
}

Deno.test({
  name: `the corpora of SPF are whole${
    MISSING_CORPORA.length
      ? ` (no ../shared/corpora/${MISSING_CORPORA[0]})`
      : ""
  }`,
  ignore: MISSING_CORPORA.length > 0,
  fn: () => assertEquals(ROWS.length, 196),
});
