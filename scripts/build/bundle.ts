// Writes one JavaScript file for each filter: bundled, minified, and given to an indirect eval. The
// runtime parses a module before V8 does. A text in a string is parsed by V8 alone. What a filter loads
// when a variable asks for it is a file of its own beside them.

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

/** What filters import when a variable asks for it, by the name of the file that it is shipped as. */
export const LATER: Record<string, string> = {
  "dk-methods.js": "lib/pass/client_methods.ts",
  "dk-arc.js": "lib/program/later/open_chain.ts",
};

/** The forms of a bundle, which `scripts/bench/startup.ts` compares. */
export type Form = "eval" | "module";

/**
 * Bundles one program.
 *
 * @param entry Its file, relative to the root of the project.
 * @returns The text of one JavaScript file; for an eval, without what is in {@linkcode LATER}.
 */
export async function bundle(
  entry: string,
  form: Form = "eval",
): Promise<string> {
  if (form === "module") return await runBundler(entry, []);
  let text = await runBundler(entry, Object.values(LATER));
  for (const [name, path] of Object.entries(LATER)) {
    const written = new RegExp(`import\\("[./]*${fileOf(path)}"\\)`, "g");
    text = text.replace(written, `import("./${name}")`);
  }
  return `${await firstStatement(entry)}\n${toEval(text)}`;
}

/**
 * Bundles a file of {@linkcode LATER}.
 *
 * @returns The text of one JavaScript file, which exports the same.
 */
export async function bundleLater(name: string): Promise<string> {
  const text = await runBundler(LATER[name]!, []);
  const [list, names] = /export\{([^}]*)\};?\s*$/.exec(text) ?? [];
  if (list === undefined || names === undefined) {
    throw new Error(`Cannot bundle "${name}": it exports nothing`);
  }
  const members = names.split(",").map((item) => {
    const [local, exported = local] = item.split(" as ");
    return [exported, local];
  });
  const exported = members.map(([name]) => name).join();
  const value = members.map(([name, local]) => `${name}:${local}`).join();
  const body = `${text.slice(0, -list.length)};return{${value}}`;
  const call = JSON.stringify(`(()=>{${body}})()`);
  return `export const{${exported}}=(0,eval)(${call});\n`;
}

/** `pass/client_methods.ts`: an import of it ends so. */
function fileOf(path: string): string {
  return path.split("/").slice(-2).join("/");
}

/** @param external Files that stay imports. */
async function runBundler(entry: string, external: string[]): Promise<string> {
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
        ...external.map((path) => `--external=*/${fileOf(path)}`),
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
    return await Deno.readTextFile(output);
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

/** Bundles every filter into a folder, and what they load later. */
export async function bundleAll(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const [name, entry] of Object.entries(FILTERS)) {
    await Deno.writeTextFile(`${folder}/${name}.js`, await bundle(entry));
  }
  for (const name of Object.keys(LATER)) {
    await Deno.writeTextFile(`${folder}/${name}`, await bundleLater(name));
  }
}

if (import.meta.main) {
  const { _: [folder = "dist"] } = parseArguments(Deno.args, {});
  await bundleAll(folder);
}
