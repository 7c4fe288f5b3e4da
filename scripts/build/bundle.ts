// Writes one JavaScript file for each filter: bundled, minified, and given to an indirect eval. The
// runtime parses a module before V8 does. A text in a string is parsed by V8 alone.

import { existsSync } from "node:fs";
import { parseArguments } from "../command/arguments.ts";

const ROOT = new URL("../..", import.meta.url);

/** The filters by name. */
export const FILTERS: Record<string, string> = {
  "qmail-dk": "filters/qmail_dk.ts",
  "dk-sign": "filters/dk_sign.ts",
  "dk-verify": "filters/dk_verify.ts",
  "dk-remote": "filters/dk_remote.ts",
};

/** The forms of a bundle, which `scripts/bench/startup.ts` compares. */
export type Form = "eval" | "module";

/**
 * Bundles one program.
 *
 * @param entry Its file, relative to the root of the project.
 * @returns The text of one JavaScript file.
 */
export async function bundle(
  entry: string,
  form: Form = "eval",
): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const output = `${folder}/bundle.js`;
    const command = new Deno.Command(Deno.execPath(), {
      args: [
        "bundle",
        "--quiet",
        "--minify",
        "--platform=deno",
        "--config",
        configOf(entry),
        "--output",
        output,
        entry,
      ],
      cwd: ROOT,
      stdout: "null",
      stderr: "piped",
    });
    const { success, stderr } = await command.output();
    if (!success) {
      throw new Error(
        `Cannot bundle "${entry}": ${new TextDecoder().decode(stderr)}`,
      );
    }
    const text = await Deno.readTextFile(output);
    return form === "module"
      ? text
      : `${await firstStatement(entry)}\n${toEval(text)}`;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** That of the program's folder, if it has one, else that of the project. */
function configOf(entry: string): string {
  const own = `${entry.slice(0, entry.lastIndexOf("/"))}/deno.json`;
  return existsSync(new URL(own, ROOT)) ? own : "deno.json";
}

function toEval(text: string): string {
  return `(0,eval)(${JSON.stringify(`(async()=>{${text}})()`)});\n`;
}

/** Sets the exit code before the text is compiled: 0 would say that the mail is queued. */
async function firstStatement(entry: string): Promise<string> {
  const text = await Deno.readTextFile(new URL(entry, ROOT));
  const [statement] = /^Deno\.exitCode = [0-9]+;$/m.exec(text) ?? [];
  if (statement === undefined) {
    throw new Error(`Cannot bundle "${entry}": it sets no exit code`);
  }
  return statement;
}

/** Bundles every filter into a folder. */
export async function bundleAll(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const [name, entry] of Object.entries(FILTERS)) {
    await Deno.writeTextFile(`${folder}/${name}.js`, await bundle(entry));
  }
}

if (import.meta.main) {
  const { _: [folder = "dist"] } = parseArguments(Deno.args, {});
  await bundleAll(folder);
}
