// The programs as a server has them: launchers in a folder that any user may read, the runtime
// beside them. The only place that says how they are put there.

import { bundle, FILTERS } from "../../scripts/bundle.ts";
import type { Prefix } from "../e2e/requirements.ts";

/** How programs are installed. */
export const KINDS = ["bundled", "compiled"] as const;
export type Kind = typeof KINDS[number];

const ROOT = new URL("../../", import.meta.url).pathname;
const installations = new Map<Kind, Promise<string>>();

/**
 * Installs the programs, once for all tests of a file.
 *
 * @returns The folder that has a launcher for each of them, by its name.
 */
export function installedPrograms(kind: Kind): Promise<string> {
  const installed = installations.get(kind) ?? install(kind);
  installations.set(kind, installed);
  return installed;
}

/** Compiling takes a part of the runtime that it downloads. */
export async function ignoreUnlessInstallable(kind: Kind): Promise<Prefix> {
  if (kind === "bundled") return { words: [] };
  const folder = await makeFolder();
  const entry = `${folder}/empty.ts`;
  await Deno.writeTextFile(entry, "");
  const command = compiling(entry, `${folder}/empty`);
  return (await command.output()).success
    ? { words: [] }
    : { missing: "deno compile can not download what it needs" };
}

async function install(kind: Kind): Promise<string> {
  const folder = await makeFolder();
  // The one in use may be in a home that others may not enter.
  const deno = `${folder}/deno`;
  if (kind === "bundled") await Deno.copyFile(Deno.execPath(), deno);
  await Deno.mkdir(`${folder}/bin`);
  for (const [name, entry] of Object.entries(FILTERS)) {
    const path = `${folder}/${name}`;
    if (kind === "compiled") {
      const { success, stderr } = await compiling(entry, path).output();
      if (!success) throw new Error(new TextDecoder().decode(stderr));
      await writeLauncher(`${folder}/bin/${name}`, [path]);
      continue;
    }
    await Deno.writeTextFile(`${path}.js`, await bundle(entry));
    await writeLauncher(`${folder}/bin/${name}`, [
      ...[deno, "run", "--no-config", "--no-lock", "--unstable-net", "-A"],
      `${path}.js`,
    ]);
  }
  return `${folder}/bin`;
}

function compiling(entry: string, output: string): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["compile", "--quiet", "-A", "--unstable-net", "-o", output, entry],
    cwd: ROOT,
    stdout: "null",
    stderr: "piped",
  });
}

/** Writes a program that raises the soft limits and becomes another one. */
export async function writeLauncher(
  path: string,
  command: string[],
): Promise<void> {
  const words = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  const lines = [
    "#!/bin/sh",
    "ulimit -S -v unlimited; ulimit -S -d unlimited; ulimit -S -s 8192",
    "export DENO_DIR=/dev/null DENO_NO_UPDATE_CHECK=1",
    "export DENO_DISABLE_NODE_SHIM=1 NO_COLOR=1",
    `exec ${words.join(" ")} "$@"`,
  ];
  await Deno.writeTextFile(path, lines.join("\n") + "\n", { mode: 0o755 });
}

async function makeFolder(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "dk_installed_" });
  addEventListener(
    "unload",
    () => Deno.removeSync(folder, { recursive: true }),
  );
  await Deno.chmod(folder, 0o755);
  return folder;
}
