// The table of variables says which program reads what: held against the programs as they are
// bundled, which have nothing that they do not use. The texts of the table are in none of them.

import { assert, assertEquals } from "@std/assert";
import { bundle, FILTERS } from "../../scripts/build/bundle.ts";
import {
  CONTROL_FILES,
  type Setting,
  VARIABLES,
} from "../../lib/system/configuration/variables.ts";
import { DOCUMENTED } from "../support/manual.ts";

/** A name that is asked for, as in `environment.get("DKSIGN")` or `readControlLine(environment, "me")`. */
const READ = /(?<!\.delete)\((?:\w+, ?)?"([A-Za-z0-9_]+)"\)/g;

const SETTINGS: [string, Setting][] = Object.entries<Setting>({
  ...VARIABLES,
  ...CONTROL_FILES,
});

/** The next program and its surroundings are the launcher's. */
const NOT_RESIDENT = ["DKQUEUE", "DKREMOTE", "PATH", "TMPDIR"];

/** The resident process reads of each mail's environment what that mail's program reads. */
function isReadBy(name: string, setting: string, programs: readonly string[]) {
  return name === "dk-resident"
    ? !NOT_RESIDENT.includes(setting) &&
      programs.some((other) => other in FILTERS)
    : programs.includes(name);
}

for (const { name, entry } of DOCUMENTED) {
  Deno.test(`${name} reads the variables and control files that it is said to`, async () => {
    const text = await bundle(entry, "module");
    const read = new Set([...text.matchAll(READ)].map(([, word]) => word));
    assertEquals(
      SETTINGS.filter(([setting]) => read.has(setting)).map(([name]) => name),
      SETTINGS
        .filter(([setting, { programs }]) => isReadBy(name, setting, programs))
        .map(([name]) => name),
    );
    for (const [, { means }] of SETTINGS) {
      assert(!text.includes(means), `"${means}" is in ${name}`);
    }
  });
}

Deno.test("what reads a variable takes no name that is not in the table", () => {
  const calls = [...sourcesOf("lib"), ...sourcesOf("filters")].flatMap((file) =>
    Deno.readTextFileSync(file).match(
      /(?<=\b(?:env|environment|variables)\.get\().*?(?=\))/g,
    ) ?? []
  );
  const listed = Object.keys(VARIABLES).map((name) => `"${name}"`);
  assertEquals(calls.filter((name) => !listed.includes(name)).toSorted(), [
    // How exec.ts knows what the runtime has set.
    '"DENO_NODE_SHIM_ACTIVE"',
    // The launcher's, which nobody else is to set.
    "DK_CALLER",
    "DK_WAITS",
    "`${DK_CALLER}_${at}`",
    // With the type VariableName, and with what a line of control/dkimkeys says: environment.ts.
    "name",
    "name",
  ]);
});

function* sourcesOf(folder: string): Generator<string> {
  const path = new URL(`../../${folder}/`, import.meta.url).pathname;
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    if (isDirectory) yield* sourcesOf(`${folder}/${name}`);
    else if (name.endsWith(".ts")) yield path + name;
  }
}
