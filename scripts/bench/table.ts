// The figures as text for people, and as Markdown for the README.

import type { Cost } from "./costs.ts";
import { formatSize } from "./mails.ts";
import type { Load } from "./parallel.ts";
import type { Rate } from "./smtp.ts";
import type { Target } from "./targets.ts";

/** The legend of the table. */
export const LEGEND = [
  "Whole processes in turn in one run, medians; the same mail, the same RSA key of 2048 bits.",
  "MB: resident at the peak, in a run of its own; ratio: the time divided by that of our bundle.",
  "Ours write the whole message into a file and start a next program (/bin/true), and ask a DNS",
  "server on loopback. Peers have the key record from a file; those in Perl, Python and Node print",
  "their field alone. opendkim-testmsg and libdkim write the message, and only sign. OpenDKIM is",
  "the milter in its test mode. Who needs CRLF gets CRLF. Compiled programs hold the runtime of the",
  "Deno that has compiled them. Those with a resident process have its time and its CPU; their MB",
  "are the launcher's, and the process has about 100 beside them, once a host.",
];

const NAME_WIDTH = 30;
const CELL_WIDTH = 34;

/** Formats a row for each subject, with the sizes in columns. */
export function formatCosts(costs: Cost[]): string {
  const sizes = [...new Set(costs.map(({ megabytes }) => megabytes))];
  const heading = sizes.map((size) =>
    `| ${formatSize(size)}`.padEnd(CELL_WIDTH)
  );
  const units = sizes.map(() =>
    "| " + ["ms", "ratio", "CPU ms", "MB"].map((unit) => unit.padStart(7))
      .join(" ") +
    " "
  );
  const lines = [
    "".padEnd(NAME_WIDTH) + heading.join(""),
    "".padEnd(NAME_WIDTH) + units.join(""),
  ];
  for (const [task, names] of rowsOf(costs)) {
    lines.push(task);
    for (const name of names) {
      const cells = sizes.map((size) => {
        const cost = find(costs, task, name, size);
        if (cost === undefined) return "|".padEnd(CELL_WIDTH);
        const { wallMs, ratio = 0, cpuMs, peakMb } = cost;
        const columns = [
          wallMs.toFixed(1),
          ratio.toFixed(2),
          cpuMs.toFixed(1),
          peakMb.toFixed(1),
        ];
        return `| ${columns.map((text) => text.padStart(7)).join(" ")} `;
      });
      lines.push(`  ${name}`.padEnd(NAME_WIDTH) + cells.join(""));
    }
  }
  return lines.map((line) => line.trimEnd()).join("\n");
}

export function formatRates(rates: Rate[]): string {
  const connections = connectionsOf(rates);
  const heading = "accepted mails a second".padEnd(NAME_WIDTH) +
    connections.map((count) => formatConnections(count).padStart(15)).join("");
  const lines = rates.map(({ name, perSecond }) =>
    `  ${name}`.padEnd(NAME_WIDTH) +
    connections.map((count) => perSecond[count]!.toFixed(1).padStart(15))
      .join("")
  );
  return [heading, ...lines].join("\n");
}

export function formatLoads(loads: Load[]): string {
  const lines = loads.map(({ name, perSecond, cpuMs }) =>
    `  ${name.padEnd(40)}${perSecond.toFixed(1).padStart(12)}${
      cpuMs.toFixed(2).padStart(12)
    }`
  );
  return [
    "4 KB mails, eight processes at a time".padEnd(42) +
    "a second".padStart(12) +
    "CPU ms".padStart(12),
    ...lines,
  ].join("\n");
}

export function formatTarget({ target, form, holds, figures }: Target): string {
  const verdict = holds ? "holds" : "does not hold";
  return `${verdict.padEnd(13)}  ${form}, ${target}: ${figures.join("; ")}`;
}

/** Formats small and large mails alone, with signing and verifying in columns. */
export function formatMarkdown(
  costs: Cost[],
  loads: Load[],
  rates: Rate[],
): string {
  return [
    formatShortCosts(costs),
    formatShortLoads(loads),
    formatShortRates(rates),
  ]
    .filter((table) => table !== "").join("\n");
}

function formatShortCosts(costs: Cost[]): string {
  const columns = [0.01, 25].flatMap((size) =>
    ["sign", "verify"].map((what) => ({ what, size }))
  ).filter(({ what, size }) =>
    costs.some(({ task, megabytes }) =>
      task.startsWith(what) && megabytes === size
    )
  );
  if (columns.length === 0) return "";
  const rows = ["DKIM", "DomainKeys", "all"].flatMap((scheme) => {
    const those = costs.filter(({ task }) => task.endsWith(`, ${scheme}`));
    const names = new Set(those.map(({ name }) => shorten(name)));
    return [...names].map((row) => {
      const named = those.filter(({ name }) => shorten(name) === row);
      const cells = columns.map(({ what, size }) =>
        named.find(({ task, megabytes }) =>
          task.startsWith(what) && megabytes === size
        )?.wallMs.toFixed(1) ?? ""
      );
      const peaks = named.filter(({ megabytes }) => megabytes === 25)
        .map(({ peakMb }) => peakMb);
      const title = scheme === "DKIM"
        ? row
        : `${row}: ${scheme === "all" ? "SPF, DMARC, ARC too" : scheme}`;
      return [title, ...cells, Math.max(...peaks).toFixed(0)];
    });
  });
  const titles = columns.map(({ what, size }) => `${what} ${formatSize(size)}`);
  return formatRows([["ms", ...titles, "MB at 25 MB"], ...rows]);
}

function formatShortLoads(loads: Load[]): string {
  if (loads.length === 0) return "";
  const rows = loads.map(({ name, perSecond, cpuMs }) => [
    name,
    perSecond.toFixed(1),
    cpuMs.toFixed(2),
  ]);
  const title = "4 KB mails, eight processes at a time";
  return formatRows([[title, "a second", "CPU ms a mail"], ...rows]);
}

function formatShortRates(rates: Rate[]): string {
  if (rates.length === 0) return "";
  const connections = connectionsOf(rates);
  const rows = rates.map(({ name, perSecond }) => [
    name,
    ...connections.map((count) => perSecond[count]!.toFixed(1)),
  ]);
  const title = "10 KB mails accepted a second";
  return formatRows([[title, ...connections.map(formatConnections)], ...rows]);
}

/** The same for signing and for verifying. */
function shorten(name: string): string {
  return name.replace(/^dk-\w+/, "ours").replace(/ -(sign|verify)$/, "");
}

function formatRows([heading = [], ...rows]: string[][]): string {
  return [heading, heading.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

function formatConnections(count: number): string {
  return count === 1 ? "1 connection" : `${count} connections`;
}

function connectionsOf(rates: Rate[]): number[] {
  return Object.keys(rates[0]?.perSecond ?? {}).map(Number);
}

/** The names of each task, in their order. */
function rowsOf(costs: Cost[]): [Cost["task"], string[]][] {
  const rows = new Map<Cost["task"], Set<string>>();
  for (const { task, name } of costs) {
    rows.set(task, (rows.get(task) ?? new Set()).add(name));
  }
  return [...rows].map(([task, names]) => [task, [...names]]);
}

function find(
  costs: Cost[],
  task: string,
  name: string,
  size: number,
): Cost | undefined {
  return costs.find((cost) =>
    cost.task === task && cost.name === name && cost.megabytes === size
  );
}
