// A report for a program: one object of JSON, in ASCII.

import type { Figures } from "./figures.ts";

/** One line with its line end. */
export function formatJson(figures: Figures): string {
  const line = JSON.stringify(figures).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${line}\n`;
}
