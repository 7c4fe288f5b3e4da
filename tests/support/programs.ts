// Which programs are under test and how each of them is started: the only place that says so.
// From source by default; DK_PROGRAMS=FOLDER takes executables of the same names instead, as
// bundled or compiled ones are. Refuses to know what the programs do.

import type { Prefix } from "./requirements.ts";

/** The programs with the qmail-queue interface. */
export const PROGRAMS = ["dk-sign", "dk-verify", "qmail-dk"] as const;

/** One of {@linkcode PROGRAMS}. */
export type Program = typeof PROGRAMS[number];

const FILTERS = new URL("../../filters/", import.meta.url).pathname;
const FOLDER = Deno.env.get("DK_PROGRAMS");

/** The words that start a program; its own arguments come after them. */
export function commandOf(program: Program | "dk-remote"): string[] {
  return FOLDER ? [`${Deno.realPathSync(FOLDER)}/${program}`] : [
    Deno.execPath(),
    "run",
    "-A",
    `${FILTERS}${program.replace("-", "_")}.ts`,
  ];
}

/** A binary cannot be given arguments that are not UTF-8: it ends with 101 before any line of ours. */
export const TAKES_ANY_ARGUMENT: Prefix =
  FOLDER && !Deno.readTextFileSync(`${FOLDER}/dk-sign`).includes("dk-sign.js")
    ? { missing: "compiled programs take only UTF-8" }
    : { words: [] };

/** Becomes the next program at once: what that one finds without any filter in front of it. */
export const NO_FILTER = ["/usr/bin/env"];
