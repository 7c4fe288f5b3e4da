// Rows of DMARC corpora: our own copy of those made from RFC 9989's prose, and where they are at hand those
// of other implementations, which are not ours to copy: out of a table in memory, and through the DNS
// client from a server on loopback. A row that is disputed says nothing, unless it has been decided.

import { assert, assertEquals } from "@std/assert";
import { startDnsServer } from "../../scripts/host/dns_server.ts";
import {
  type CorpusRow,
  portsOf,
  readOtherRows,
  readOwnRows,
  zoneOf,
} from "../support/dmarc_corpus.ts";
import { evaluateHeader } from "../support/dmarc_rows.ts";
import { client } from "../support/scripted_dns.ts";

const own = readOwnRows();
const others = readOtherRows();

for (const row of [...own, ...others ?? []]) {
  const isOpen = row.disputed === true || row.expect === "disputed";
  const expect = row.decided ?? row.expect;
  const name = `\`evaluateDmarc()\` says what is expected of ${row.name}`;
  if (isOpen && row.decided === undefined) {
    Deno.test({ name: `${name} (disputed)`, ignore: true, fn() {} });
  } else {
    Deno.test(name, () => checkRow(row, expect));
    Deno.test(`${name} over the wire`, () => checkOverWire(row, expect));
  }
}

if (others === undefined) {
  Deno.test({
    name: "`evaluateDmarc()` agrees with others (needs ../shared/corpora)",
    ignore: true,
    fn() {},
  });
}

async function checkRow(row: CorpusRow, expect: string): Promise<void> {
  const header = `${row.header}\n`;
  const ports = portsOf(row.dns);
  const spf = row.spf[0];
  const said = await evaluateHeader(header, { spf, dkim: row.dkim }, ports);
  assertEquals(said.result, expect);
  if (row.policy_domain !== undefined) {
    assertEquals(said.policyDomain, row.policy_domain);
  }
  if (row.organizational_domain !== undefined && expect !== "none") {
    assertEquals(said.organizationalDomain, row.organizational_domain);
  }
  if (row.queries !== undefined) assertEquals(ports.asked, row.queries);
  if (row.max_queries !== undefined) {
    assert(ports.asked.length <= row.max_queries, ports.asked.join(" "));
  }
  if (row.policy !== undefined) {
    // What a row that passes has is what would be applied if nothing vouched for the author.
    const failed = await evaluateHeader(header, {}, portsOf(row.dns));
    assertEquals(failed.policy, row.policy);
  }
  if (row.aligned !== undefined) {
    const byDkim = await evaluateHeader(
      header,
      { dkim: row.dkim },
      portsOf(row.dns),
    );
    const bySpf = await evaluateHeader(header, { spf }, portsOf(row.dns));
    assertEquals({
      spf: bySpf.result === "pass",
      dkim: byDkim.result === "pass",
    }, row.aligned);
  }
}

async function checkOverWire(row: CorpusRow, expect: string): Promise<void> {
  const header = `${row.header}\n`;
  const found = { spf: row.spf[0], dkim: row.dkim };
  await using server = startDnsServer(zoneOf(row.dns));
  const limits = { attempts: 1, tryTimeoutMs: 300 };
  const resolver = client(server.address, limits);
  const said = await evaluateHeader(header, found, { resolver });
  assertEquals(said.result, expect);
  const inMemory = await evaluateHeader(header, found, portsOf(row.dns));
  const answers = ({ questions, ...verdict }: typeof said) => ({
    ...verdict,
    questions: questions.map(({ name, type }) => ({ name, type })),
  });
  assertEquals(answers(said), answers(inMemory));
  assertEquals(
    server.questions.map(({ name, type }) => ({ name, type })),
    answers(said).questions,
  );
}
