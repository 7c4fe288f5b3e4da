// Every row of SPF through others: who finds what the row says. What a peer finds else is named, with
// the sentence that decides it; a table at the end says who is right on how many.

import { assert, assertEquals } from "@std/assert";
import {
  MISSING_CORPORA,
  readSpfRows,
  type SpfRow,
} from "../support/spf_corpus.ts";
import { LIMIT_ROWS } from "../support/spf_limit_rows.ts";
import { MACRO_ROWS } from "../support/spf_macro_rows.ts";
import { MECHANISM_ROWS } from "../support/spf_mechanism_rows.ts";
import { RECORD_ROWS } from "../support/spf_record_rows.ts";
import { CLIENT, type SpfTableRow, zoneOf } from "../support/spf_rows.ts";
import { LIBSPF2_DISAGREEMENTS } from "./libspf2_disagreements.ts";
import {
  SPF_DISAGREEMENTS,
  type SpfDisagreement,
} from "./spf_disagreements.ts";
import {
  type Found,
  LIBSPF2,
  MAIL_SPF,
  MAILAUTH_SPF,
  OURS,
  PYSPF,
} from "./spf_peers.ts";
import { formatCells } from "./table.ts";

const OWN = Object.entries({
  ...RECORD_ROWS,
  ...MECHANISM_ROWS,
  ...MACRO_ROWS,
  ...LIMIT_ROWS,
}).map(readOwn);

/** Where the rows are from: each is called by it. */
const SOURCES = ["own", "rfc7208", "pyspf", "stalwart"];
const BY_SOURCE = Map.groupBy([...OWN, ...readSpfRows()], sourceOf);

const PARTIES = [OURS, PYSPF, MAIL_SPF, LIBSPF2, MAILAUTH_SPF];
const DISAGREEMENTS = [...SPF_DISAGREEMENTS, ...LIBSPF2_DISAGREEMENTS];
/** By party and source, which is not the order in which they come. */
const cells = new Map<string, string>();

for (const { name, missing, check } of PARTIES) {
  for (const source of SOURCES) {
    const rows = BY_SOURCE.get(source);
    const why = missing ??
      (rows ? undefined : `no ../shared/corpora/${MISSING_CORPORA[0]}`);
    const title =
      `${name} is right about the rows of ${source}, or it is named`;
    Deno.test({
      name: why === undefined ? title : `${title} (ignored: ${why})`,
      ignore: why !== undefined,
      async fn() {
        const found = await check(rows!.map(clientOf));
        const wrong = rows!.filter((row, n) => !isRight(row, found[n]!));
        const right = rows!.length - wrong.length;
        cells.set(`${name} ${source}`, `${right} of ${rows!.length}`);
        const known = rows!.filter((row) => isNamed(name, row));
        const say = (row: SpfRow) =>
          `${row.name}: ${found[rows!.indexOf(row)]!.result}`;
        assertEquals(wrong.map(say), known.map(say));
      },
    });
    if (why !== undefined) cells.set(`${name} ${source}`, `not tried: ${why}`);
  }
}

Deno.test("every row that a disagreement about SPF names is there", () => {
  const names = [...BY_SOURCE.values()].flat().map(nameOf);
  const missing = DISAGREEMENTS.flatMap(({ rows }) => rows)
    .filter((name) => BY_SOURCE.has(name.split("/")[0]!))
    .filter((name) => !names.includes(name));
  assertEquals(missing, []);
  assertEquals(new Set(names).size, names.length);
  assert(OWN.length > 100, `${OWN.length} rows`);
});

/** Without its explanation, which may have the time of the test in it. */
function readOwn([name, row]: [string, SpfTableRow]): SpfRow {
  const { ip, helo, mailFrom } = { ...CLIENT, ...row };
  const results = [row.result];
  const zone = zoneOf(row.zone);
  return { name: `own/${name}`, zone, ip, helo, mailFrom, results };
}

function clientOf({ zone, ip, helo, mailFrom }: SpfRow) {
  return { zone, ip, helo, mailFrom };
}

function sourceOf({ name }: SpfRow): string {
  return name.split("/")[0]!;
}

function nameOf({ name }: SpfRow): string {
  return name;
}

/** An explanation is right in either case: that of hexadecimal digits is nowhere said. */
function isRight(row: SpfRow, found: Found): boolean {
  const isExplained = row.explanation === undefined ||
    !("explanation" in found) ||
    row.explanation.toLowerCase() === found.explanation?.toLowerCase();
  return row.results.includes(found.result) && isExplained;
}

function isNamed(party: string, { name }: SpfRow): boolean {
  return namedOf(party).some(({ rows }) => rows.includes(name));
}

function namedOf(party: string): SpfDisagreement[] {
  return DISAGREEMENTS.filter(({ peers }) =>
    peers.some((peer) => party.startsWith(peer))
  );
}

/** How many rows are named for a party, and those of them whose sentence does not speak for the row. */
function countNamed(party: string): string[] {
  const named = namedOf(party).flatMap((one) => one.rows.map(() => one.for));
  return [
    named,
    named.filter((side) => side === "the peer"),
    named.filter((side) => side === "neither"),
  ].map(({ length }) => `${length}`);
}

Deno.test.afterAll(() =>
  console.log(formatCells([
    ["who", ...SOURCES, "named", "for the peer", "for neither"],
    ...PARTIES.map(({ name }) => [
      name,
      ...SOURCES.map((source) => cells.get(`${name} ${source}`) ?? ""),
      ...countNamed(name),
    ]),
  ]))
);
