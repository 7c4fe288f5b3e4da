// The DNS Tree Walk: which names are asked for, and which organization is found. Domains are made of
// the labels l to a, where a is the top-level domain, so that a number of labels says which domain.

import { assertEquals } from "@std/assert";
import { PolicyRecords } from "../../lib/dmarc/policy_records.ts";
import {
  domainsToAsk,
  organizationalDomainOf,
  walkTree,
} from "../../lib/dmarc/tree_walk.ts";
import { countedPorts } from "../support/dmarc_rows.ts";

/** The domain of that many labels. */
function domainOf(labels: number): string {
  return "l.k.j.i.h.g.f.e.d.c.b.a".split(".").slice(-labels).join(".");
}

/** By labels of the start: labels of what is asked for. */
const ASKED: Record<number, number[]> = {
  1: [1],
  2: [2, 1],
  3: [3, 2, 1],
  4: [4, 3, 2, 1],
  5: [5, 4, 3, 2, 1],
  6: [6, 5, 4, 3, 2, 1],
  7: [7, 6, 5, 4, 3, 2, 1],
  8: [8, 7, 6, 5, 4, 3, 2, 1],
  9: [9, 7, 6, 5, 4, 3, 2, 1],
  10: [10, 7, 6, 5, 4, 3, 2, 1],
  11: [11, 7, 6, 5, 4, 3, 2, 1],
  12: [12, 7, 6, 5, 4, 3, 2, 1],
};

for (const [labels, asked] of Object.entries(ASKED)) {
  Deno.test(`DMARC, RFC 9989 section 4.10: a walk of ${labels} labels`, async () => {
    const { found, asked: names } = await walk(Number(labels), {});
    assertEquals(names, asked.map(domainOf));
    assertEquals(domainsToAsk(domainOf(Number(labels))), asked.map(domainOf));
    assertEquals(found, []);
  });
}

/** Start; where the record stands; what it says; labels of the organization; questions. */
const ORGANIZATIONS: [number, number, string, number, number][] = [
  [5, 5, "psd=n", 5, 1],
  [5, 4, "psd=n", 4, 2],
  [5, 3, "psd=n", 3, 3],
  [5, 2, "psd=n", 2, 4],
  [5, 1, "psd=n", 1, 5],
  [5, 5, "psd=y", 5, 1],
  [5, 4, "psd=y", 5, 2],
  [5, 3, "psd=y", 4, 3],
  [5, 2, "psd=y", 3, 4],
  [5, 1, "psd=y", 2, 5],
  [5, 5, "", 5, 5],
  [5, 4, "", 4, 5],
  [5, 3, "", 3, 5],
  [5, 2, "", 2, 5],
  [5, 1, "", 2, 5],
  [5, 5, "psd=u", 5, 5],
  [5, 4, "psd=u", 4, 5],
  [5, 1, "psd=u", 2, 5],
  [8, 8, "psd=n", 8, 1],
  [8, 7, "psd=n", 7, 2],
  [8, 8, "psd=y", 8, 1],
  [8, 7, "psd=y", 8, 2],
  [12, 12, "psd=n", 12, 1],
  [12, 11, "psd=n", 12, 8],
  [12, 8, "psd=n", 12, 8],
  [12, 7, "psd=n", 7, 2],
  [12, 4, "psd=n", 4, 5],
  [12, 1, "psd=n", 1, 8],
  [12, 12, "psd=y", 12, 1],
  [12, 11, "psd=y", 12, 8],
  [12, 8, "psd=y", 12, 8],
  [12, 7, "psd=y", 8, 2],
  [12, 6, "psd=y", 7, 3],
  [12, 1, "psd=y", 2, 8],
  [12, 12, "", 12, 8],
  [12, 8, "", 12, 8],
  [12, 7, "", 7, 8],
  [12, 2, "", 2, 8],
  [12, 1, "", 2, 8],
  [1, 1, "", 1, 1],
  [1, 1, "psd=y", 1, 1],
  [1, 1, "psd=n", 1, 1],
  [2, 1, "psd=y", 2, 2],
  [2, 1, "", 2, 2],
  [2, 1, "psd=n", 1, 2],
];

for (const [start, at, psd, organization, questions] of ORGANIZATIONS) {
  const says = psd === "" ? "a record" : psd;
  Deno.test(`DMARC, RFC 9989 section 4.10.2: ${start} labels, ${says} at ${at}`, async () => {
    const record = `v=DMARC1; p=none; ${psd}`;
    const { found, asked } = await walk(start, { [domainOf(at)]: record });
    assertEquals(
      organizationalDomainOf(domainOf(start), found),
      domainOf(organization),
    );
    assertEquals(asked.length, questions);
  });
}

/** Several records: by labels, what is said. */
const SEVERAL: [string, number, Record<number, string>, number][] = [
  ["the fewest labels", 5, { 5: "", 4: "", 3: "" }, 3],
  ["the fewest labels, a gap between", 5, { 5: "", 2: "" }, 2],
  ["psd=n before psd=y", 5, { 4: "psd=n", 2: "psd=y" }, 4],
  ["psd=y before psd=n", 5, { 4: "psd=y", 2: "psd=n" }, 5],
  ["psd=y above a record", 5, { 3: "", 2: "psd=y" }, 3],
  ["psd=y above a record that is not below it", 5, { 4: "", 2: "psd=y" }, 3],
  ["psd=n above a record", 5, { 4: "", 3: "psd=n" }, 3],
  ["psd=y where the walk starts, a record above", 4, { 4: "psd=y", 3: "" }, 4],
  ["psd=n where the walk starts, a record above", 4, { 4: "psd=n", 3: "" }, 4],
  ["a top-level domain that does not say", 4, { 3: "", 2: "", 1: "" }, 2],
  ["two suffixes, the longer counts", 5, { 3: "psd=y", 1: "psd=y" }, 4],
];

for (const [shows, start, says, organization] of SEVERAL) {
  Deno.test(`DMARC, RFC 9989 section 4.10.2: ${shows}`, async () => {
    const zone = Object.fromEntries(
      Object.entries(says).map(([labels, psd]) => [
        domainOf(Number(labels)),
        `v=DMARC1; p=none; ${psd}`,
      ]),
    );
    const { found } = await walk(start, zone);
    assertEquals(
      organizationalDomainOf(domainOf(start), found),
      domainOf(organization),
    );
  });
}

Deno.test("`walkTree()` asks for no name twice, whoever asks", async () => {
  const ports = countedPorts(() => undefined, () => "yes");
  const records = new PolicyRecords(ports);
  await walkTree(records, domainOf(5));
  await walkTree(records, domainOf(4));
  await walkTree(records, `x.${domainOf(4)}`);
  assertEquals(ports.asked.length, 6);
});

async function walk(start: number, zone: Record<string, string>) {
  const ports = countedPorts(
    (name) => {
      const text = zone[name.replace("_dmarc.", "")];
      return text === undefined
        ? undefined
        : { outcome: "records", records: [text] };
    },
    () => "yes",
  );
  const found = await walkTree(new PolicyRecords(ports), domainOf(start));
  assertEquals(typeof found, "object");
  const asked = ports.asked.map((name) => name.replace("_dmarc.", ""));
  return { found: found as Exclude<typeof found, string>, asked };
}
