// Rows of DMARC corpora: our own copy of those made from RFC 9989's prose, and where they are at hand those
// of other implementations, which are not ours to copy. A row that is disputed says nothing, unless
// it has been decided.

import { assert, assertEquals } from "@std/assert";
import type { AuthenticatedDomain } from "../../lib/dmarc/alignment.ts";
import { encodeUtf8 } from "../../lib/message/octets.ts";
import type { TxtAnswer } from "../../lib/ports/resolver.ts";
import {
  type CountedPorts,
  countedPorts,
  evaluateHeader,
} from "../support/dmarc_rows.ts";

/** What a name has; `*` stands for every type. */
interface Entry {
  TXT?: string[][];
  error?: Record<string, string>;
}

/** A row of manifest.json. */
interface Row {
  name: string;
  header: string;
  spf: AuthenticatedDomain[];
  dkim: AuthenticatedDomain[];
  dns: Record<string, Entry>;
  expect: string;
  policy?: string;
  "organizational_domain"?: string;
  "policy_domain"?: string;
  aligned?: { spf: boolean; dkim: boolean };
  queries?: string[];
  "max_queries"?: number;
  disputed?: boolean;
  decided?: string;
}

const OWN = new URL("../vectors/dmarc_rfc9989.json", import.meta.url);
const SHARED = new URL(
  "../../../shared/corpora/auth-more/dmarc/manifest.json",
  import.meta.url,
);

const own = readRows(OWN)!;
const others = readRows(SHARED)
  ?.filter(({ name }) => !name.startsWith("rfc9989/"));

for (const row of [...own, ...others ?? []]) {
  const isOpen = row.disputed === true || row.expect === "disputed";
  const expect = row.decided ?? row.expect;
  const name = `\`evaluateDmarc()\` says what is expected of ${row.name}`;
  if (isOpen && row.decided === undefined) {
    Deno.test({ name: `${name} (disputed)`, ignore: true, fn() {} });
  } else {
    Deno.test(name, () => checkRow(row, expect));
  }
}

if (others === undefined) {
  Deno.test({
    name: "`evaluateDmarc()` agrees with others (needs ../shared/corpora)",
    ignore: true,
    fn() {},
  });
}

async function checkRow(row: Row, expect: string): Promise<void> {
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

function portsOf(dns: Row["dns"]): CountedPorts {
  return countedPorts((name) => answerOf(name, dns), (name) => {
    const { outcome } = answerOf(name, dns) ?? { outcome: "nxdomain" };
    if (outcome === "temporary") return outcome;
    return outcome === "nxdomain" ? "no" : "yes";
  });
}

function answerOf(name: string, dns: Row["dns"]): TxtAnswer | undefined {
  const entry = dns[name];
  if (entry === undefined) {
    const isParent = Object.keys(dns).some((key) => key.endsWith(`.${name}`));
    return isParent ? { outcome: "nodata" } : undefined;
  }
  const records = entry.TXT?.map((strings) => encodeUtf8(strings.join("")));
  if (records !== undefined) return { outcome: "records", records };
  const detail = entry.error?.TXT ?? entry.error?.["*"];
  return detail === undefined
    ? { outcome: "nodata" }
    : { outcome: "temporary", detail };
}

function readRows(file: URL): Row[] | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
