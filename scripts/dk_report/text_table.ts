// A report for a terminal: tables of 80 columns, in colour where that is wanted. What it prints is
// printable ASCII but for its own orders.

import type { Figures } from "./figures.ts";
import { headlineOf, remarksOf, type Section, sectionsOf } from "./sections.ts";

const WIDTH = 80;
const GAP = 2;
/** A column is not made narrower than this. */
const MIN_COLUMN = 6;

/** The whole report, each line with its end. */
export function formatText(figures: Figures, isColoured: boolean): string {
  const bold = isColoured
    ? (text: string) => `\x1b[1m${text}\x1b[0m`
    : (text: string) => text;
  const faint = isColoured
    ? (text: string) => `\x1b[2m${text}\x1b[0m`
    : (text: string) => text;
  const sections = sectionsOf(figures).map((section) => {
    const [head = "", ...rows] = formatTable(section);
    return [bold(section.title), faint(head), ...rows].join("\n");
  });
  const remarks = remarksOf(figures).map((text) => `${text}.`).join("\n");
  return [bold(headlineOf(figures)), ...sections, remarks]
    .filter((text) => text !== "").join("\n\n") + "\n";
}

/** The head and the rows, without the title. */
export function formatTable({ head, rows }: Section): string[] {
  const isNumber = head.map((_, n) =>
    rows.length > 0 && rows.every((row) => typeof row[n] === "number")
  );
  const lines = [head, ...rows.map((row) => row.map(String))];
  const widths = fit(
    head.map((_, n) => Math.max(...lines.map((line) => line[n]?.length ?? 0))),
  );
  return lines.map((line) =>
    line.map((cell, n) => {
      const text = shorten(cell, widths[n]!);
      return isNumber[n] ? text.padStart(widths[n]!) : text.padEnd(widths[n]!);
    }).join(" ".repeat(GAP)).trimEnd()
  );
}

/** Takes from the widest column until all fit. */
function fit(widths: number[]): number[] {
  const fitted = [...widths];
  const room = WIDTH - GAP * (widths.length - 1);
  const sum = () => fitted.reduce((total, width) => total + width, 0);
  while (sum() > room) {
    const widest = Math.max(...fitted);
    if (widest <= MIN_COLUMN) break;
    fitted[fitted.indexOf(widest)] = widest - 1;
  }
  return fitted;
}

function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 3)}...`;
}
