// Manual pages list the options that the programs take: those of a command line as --help has them,
// and the letters of DKIMSIGNOPTIONS and DKSIGNOPTIONS as their parsers take them.

import { assertEquals } from "@std/assert";
import {
  parseDkimOptions,
  parseDomainKeysOptions,
} from "../../lib/policy/options.ts";
import { documented, listOf, pathOf, sectionOf } from "../support/manual.ts";

const OPTION_LETTERS = "abcdefghijklmnopqrstuvwxyz" +
  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

for (
  const { variable, parse } of [
    { variable: "DKIMSIGNOPTIONS", parse: parseDkimOptions },
    { variable: "DKSIGNOPTIONS", parse: parseDomainKeysOptions },
  ]
) {
  Deno.test(`dk-sign(8) lists the letters of ${variable}, with a value or without`, () => {
    const lines = sectionOf(documented("dk-sign").page, "ENVIRONMENT");
    const listed = listOf(lines, `.It Ev ${variable}`)
      .filter((line) => line.startsWith(".It "))
      .map((line) => {
        const [, , letter, ...value] = line.split(" ");
        return { letter, hasValue: value.length > 0 };
      });
    const taken = [...OPTION_LETTERS].flatMap((letter) =>
      tryLetter(parse, letter)
    );
    assertEquals(listed, taken);
  });
}

/** What a parser says of a letter without a value; nothing, if it does not know it. */
function tryLetter(parse: (letters: string) => unknown, letter: string) {
  try {
    parse(`-${letter}`);
    return [{ letter, hasValue: false }];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (error.message === `Option "-${letter}" is unknown`) return [];
    assertEquals(error.message, `Option "-${letter}" needs a value`);
    return [{ letter, hasValue: true }];
  }
}

for (
  const name of [
    "dknewkey",
    "dktest",
    "dk-doctor",
    "dk-rotate",
    "dk-report",
    "dk-resident",
  ]
) {
  const { page, entry } = documented(name);
  Deno.test(`${page} has the options and exit codes of ${name} --help`, async () => {
    const help = await helpOf(entry);
    const options = help.match(/^ {2}--?[a-z0-9-]+/gm) ?? [];
    assertEquals(
      optionsOf(page).toSorted(),
      options.map((option) => option.trim()).toSorted(),
    );
    const exits = help.slice(help.indexOf("\nExits "));
    assertEquals(
      exitCodesOf(page),
      exits.match(/\b\d+\b/g) ?? [],
    );
  });
}

/** `.It Fl -type Ar type` has the option `--type`, `.It Fl s Ar key` has `-s`. */
function optionsOf(page: string): string[] {
  return sectionOf(page, "DESCRIPTION").flatMap((line) => {
    const [, option] = /^\.It Fl ([a-z0-9-]+)/.exec(line) ?? [];
    return option === undefined ? [] : [`-${option}`];
  });
}

function exitCodesOf(page: string): string[] {
  return sectionOf(page, "EXIT STATUS")
    .flatMap((line) => /^\.It (\d+)$/.exec(line)?.[1] ?? []);
}

async function helpOf(entry: string): Promise<string> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", pathOf(entry), "--help"],
    env: { NO_COLOR: "1" },
    stderr: "inherit",
  }).output();
  assertEquals(code, 0);
  return new TextDecoder().decode(stdout);
}
