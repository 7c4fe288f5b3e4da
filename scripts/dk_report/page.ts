// A report for a browser: one page that needs nothing else and runs nothing. Each plot has a name and
// a description for a screen reader, and below it the table that it shows.

import type { Figures } from "./figures.ts";
import { colourOf, plotDays, plotDomains, plotLetters } from "./plots.ts";
import { headlineOf, remarksOf, type Section, sectionsOf } from "./sections.ts";
import { OUTCOMES } from "./mail.ts";

/** Light, dark, and both told apart without seeing red or green (Okabe and Ito). */
const COLOURS: Record<typeof OUTCOMES[number], [light: string, dark: string]> =
  {
    signed: ["#0072b2", "#56b4e9"],
    unsigned: ["#a6a6a6", "#8a8a8a"],
    pass: ["#009e73", "#2bbf95"],
    "no pass": ["#e69f00", "#f0b73a"],
    rejected: ["#b3261e", "#f2726a"],
    deferred: ["#cc79a7", "#dd9cc1"],
    failed: ["#1a1a1a", "#f5f5f5"],
  };

/** What is drawn above a table, and what it shows. */
const PLOTS: Record<
  string,
  { draw: (figures: Figures) => Promise<string>; description: string }
> = {
  days: {
    draw: plotDays,
    description:
      "A bar for each day, in parts by what became of the mails. The table below has the numbers.",
  },
  results: {
    draw: plotLetters,
    description:
      "A bar for each letter with its result, as long as it has mails. The table below has the numbers.",
  },
  failingDomains: {
    draw: plotDomains,
    description:
      "A bar for each of the first ten domains, as long as mails of it failed. The table below has the numbers.",
  },
};

function coloursOf(column: 0 | 1): string {
  return OUTCOMES.map((name) => `${colourOf(name)}: ${COLOURS[name][column]};`)
    .join(" ");
}

const LIGHT = `--back: #fff; --text: #1a1a1a; --line: #888; --grid: #e3e3e3; ${
  coloursOf(0)
}`;
const DARK =
  `--back: #16181c; --text: #e8e8e8; --line: #888; --grid: #34373d; ${
    coloursOf(1)
  }`;

const STYLE = `
:root { color-scheme: light dark; ${LIGHT} }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }
@media print { :root { color-scheme: light; ${LIGHT} } }
body { background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif;
  margin: 0 auto; max-width: 48rem; padding: 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
svg { display: block; font-family: inherit; height: auto; max-width: 100%; margin-bottom: 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; width: 100%; }
th, td { border-bottom: 1px solid var(--grid); overflow-wrap: anywhere; padding: .25rem .75rem .25rem 0;
  text-align: left; vertical-align: top; }
th { border-bottom-color: var(--line); overflow-wrap: normal; }
td.number + td:not(.number), th.number + th:not(.number) { padding-left: 1.5rem; }
td.number, th.number { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
@media print { body { font-size: 11pt; max-width: none; } svg, tr { break-inside: avoid; }
  h2 { break-after: avoid; }
  svg rect, svg path { print-color-adjust: exact; } }
`;

/** Text in the page: senders chose some of it. */
export function escapeHtml(text: string): string {
  return text.replace(
    /[&<>"']/g,
    (char) => `&#${char.charCodeAt(0)};`,
  );
}

/** The whole page. */
export async function formatPage(figures: Figures): Promise<string> {
  const sections: string[] = [];
  for (const section of sectionsOf(figures)) {
    sections.push(await formatSection(section, figures));
  }
  const remarks = remarksOf(figures)
    .map((text) => `<p>${escapeHtml(text)}.</p>`);
  return [
    "<!DOCTYPE html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    // Nothing is loaded and nothing runs, whatever stands in the page.
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width">',
    '<link rel="icon" href="data:,">',
    "<title>dk-report</title>",
    `<style>${STYLE}</style>`,
    "</head>",
    "<body>",
    "<main>",
    "<h1>DKIM and DomainKeys</h1>",
    `<p>${escapeHtml(headlineOf(figures))}</p>`,
    ...sections,
    ...remarks,
    "</main>",
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

async function formatSection(
  section: Section,
  figures: Figures,
): Promise<string> {
  const { name, title } = section;
  const plot = PLOTS[name];
  return [
    `<section aria-labelledby="${name}">`,
    `<h2 id="${name}">${escapeHtml(title)}</h2>`,
    ...(plot === undefined ? [] : [
      nameSvg(await plot.draw(figures), name, title, plot.description),
    ]),
    formatTable(section),
    "</section>",
  ].join("\n");
}

/** Gives the svg element a role, a name and a description. */
function nameSvg(
  svg: string,
  name: string,
  title: string,
  description: string,
): string {
  const ids = { title: `${name}-plot`, description: `${name}-description` };
  return svg.replace(
    /^<svg ([^>]*)>/,
    (_, attributes) =>
      `<svg role="img" aria-labelledby="${ids.title}" aria-describedby="${ids.description}" ${attributes}>` +
      `<title id="${ids.title}">${escapeHtml(title)}</title>` +
      `<desc id="${ids.description}">${escapeHtml(description)}</desc>`,
  );
}

function formatTable({ name, head, rows }: Section): string {
  const isNumber = head.map((_, n) =>
    rows.every((row) => typeof row[n] === "number")
  );
  const cell = (tag: "td" | "th", value: string | number, n: number) =>
    `<${tag}${tag === "th" ? ' scope="col"' : ""}${
      isNumber[n] ? ' class="number"' : ""
    }>${escapeHtml(String(value))}</${tag}>`;
  return [
    `<div class="scroll"><table aria-labelledby="${name}">`,
    `<thead><tr>${
      head.map((text, n) => cell("th", text, n)).join("")
    }</tr></thead>`,
    "<tbody>",
    ...rows.map((row) =>
      `<tr>${row.map((value, n) => cell("td", value, n)).join("")}</tr>`
    ),
    "</tbody></table></div>",
  ].join("\n");
}
