// The table of who signed and who verified, as Markdown: a row for each peer and each kind of
// signature. Refuses to know what a peer is.

/** What one of ours and a peer made of the messages. */
export interface Agreement {
  peer: string;
  how: string;
  /** Who of us signed what the peer verified, or the other way round: one of the columns. */
  ours: string;
  /** Messages, in each canonicalization and each spelling. */
  count: number;
  /** How many of them are good. */
  good: number;
  /** How many of those are not good when one octet is changed. */
  refused: number;
}

const COLUMNS = ["sign()", "dk-sign", "verify()", "dk-verify"];

const HEADINGS = [
  "peer",
  "signature",
  "it verifies `sign()`",
  "it verifies `dk-sign`",
  "`verify()` verifies it",
  "`dk-verify` verifies it",
  "refused when changed",
];

const agreements: Agreement[] = [];
const missing = new Map<string, string[]>();

/** Adds what came out. */
export function addAgreement(agreement: Agreement): void {
  agreements.push(agreement);
}

/** Adds a peer that could not be tried. */
export function addMissing(peer: string, how: string, why: string): void {
  missing.set(`${peer}\n${how}`, [
    peer,
    how,
    `not tried: ${why}`,
    "",
    "",
    "",
    "",
  ]);
}

/** All that was added, columns aligned. */
export function formatTable(): string {
  const groups = Map.groupBy(agreements, ({ peer, how }) => `${peer}\n${how}`);
  return formatCells([
    HEADINGS,
    ...Array.from(groups.values(), cellsOf),
    ...missing.values(),
  ]);
}

/** A table with a line of headings, columns aligned. */
export function formatCells([headings, ...others]: string[][]): string {
  const cells = [headings!, ...others];
  const widths = headings!.map((_, column) =>
    Math.max(...cells.map((row) => row[column]!.length))
  );
  const [heading, ...lines] = cells.map((row) =>
    `| ${row.map((cell, n) => cell.padEnd(widths[n]!)).join(" | ")} |`
  );
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [heading, rule, ...lines].join("\n");
}

function cellsOf(group: Agreement[]): string[] {
  const { peer, how } = group[0]!;
  const refused = group.reduce((sum, one) => sum + one.refused, 0);
  const good = group.reduce((sum, one) => sum + one.good, 0);
  return [
    peer,
    how,
    ...COLUMNS.map((column) => {
      const found = group.find(({ ours }) => ours === column);
      return found === undefined ? "" : `${found.good} of ${found.count}`;
    }),
    `${refused} of ${good}`,
  ];
}
