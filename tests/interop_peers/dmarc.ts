// Rows of DMARC through others, which find the organization in a public suffix list: who says what a row
// of RFC 9989 says. What a peer says else is explained; tables at the end say who is right on how many,
// and why somebody is not.

import { assert, assertEquals } from "@std/assert";
import {
  type CorpusRow,
  readOtherRows,
  readOwnRows,
} from "../support/dmarc_corpus.ts";
import {
  DMARC_DIFFERENCES,
  type DmarcDifference,
  KINDS,
} from "./dmarc_differences.ts";
import { MAIL_DMARC, MAILAUTH_DMARC, OURS } from "./dmarc_peers.ts";
import { OPENDMARC } from "./opendmarc_policy.ts";
import { formatCells } from "./table.ts";

const OWN = readOwnRows();
const OTHERS = readOtherRows();
const PARTIES = [OURS, MAILAUTH_DMARC, MAIL_DMARC, OPENDMARC];
const cells: string[][] = [];

testRows("rfc9989", OWN);
testRows("others", OTHERS);

/** A test for each party. */
function testRows(source: string, all: CorpusRow[] | undefined): void {
  const rows = all?.filter(canBePut) ?? [];
  for (const { name, missing, evaluate } of PARTIES) {
    const why = missing ??
      (all ? undefined : "no ../shared/corpora/auth-more/dmarc/manifest.json");
    const title =
      `${name} says what is right of DMARC in the rows of ${source}, or it is explained`;
    Deno.test({
      name: why === undefined ? title : `${title} (ignored: ${why})`,
      ignore: why !== undefined,
      async fn() {
        const said = await evaluate(rows);
        const wrong = rows.filter((row, n) => said[n] !== wordsOf(row));
        const known = rows.filter((row) => isExplained(name, row));
        cells.push([
          name,
          source,
          `${rows.length - wrong.length} of ${rows.length}`,
          ...KINDS.map((kind) => {
            const rest = wrong.filter((row) => isExplained(name, row, kind));
            return `${rest.length}`;
          }),
        ]);
        const say = (row: CorpusRow) =>
          `${row.name}: ${said[rows.indexOf(row)]}`;
        assertEquals(wrong.map(say), known.map(say));
      },
    });
    if (why !== undefined) {
      cells.push([name, source, `not tried: ${why}`, ...KINDS.map(() => "")]);
    }
  }
}

Deno.test("every row that a difference about DMARC names is there", () => {
  const names = [...OWN, ...OTHERS ?? []].filter(canBePut).map(nameOf);
  const missing = DMARC_DIFFERENCES.flatMap(({ rows }) => rows)
    .filter((name) => OTHERS !== undefined || name.startsWith("rfc9989/"))
    .filter((name) => !names.includes(name));
  assertEquals(missing, []);
  assert(OWN.filter(canBePut).length > 25, `${OWN.length} rows`);
});

/** If there is one author, of whom a peer can be told; nor is it disputed. */
function canBePut(row: CorpusRow): boolean {
  const isOpen = row.disputed === true && row.decided === undefined;
  return Boolean(row.from_domain) && !isOpen &&
    !["disputed", "permerror"].includes(row.decided ?? row.expect);
}

function wordsOf({ decided, expect, policy }: CorpusRow): string {
  const result = decided ?? expect;
  return result === "fail" ? `${result} ${policy}` : result;
}

function isExplained(
  party: string,
  { name }: CorpusRow,
  kind?: DmarcDifference["kind"],
): boolean {
  return DMARC_DIFFERENCES.some((one) =>
    (kind === undefined || one.kind === kind) && one.rows.includes(name) &&
    one.peers.some((peer) => party.startsWith(peer))
  );
}

function nameOf({ name }: CorpusRow): string {
  return name;
}

Deno.test.afterAll(() => {
  console.log(formatCells([["who", "rows of", "right", ...KINDS], ...cells]));
  console.log(formatCells([
    ["about", "RFC 9989", "rows", "not so to", "why"],
    ...DMARC_DIFFERENCES.map(({ kind, section, rows, peers, why }) => [
      kind,
      section,
      `${rows.length}`,
      peers.join(", "),
      why,
    ]),
  ]));
});
