// The programs as a server has them, put there by the installer. The only place that says how.

import { findCompiler, toEnvironment } from "../e2e/compiler.ts";
import type { Prefix } from "../e2e/requirements.ts";
import { runProgram } from "./daemon.ts";

/** How programs are installed. */
export const KINDS = ["bundled", "compiled"] as const;
export type Kind = typeof KINDS[number];

const INSTALL =
  new URL("../../scripts/install/main.ts", import.meta.url).pathname;
const installations = new Map<Kind, Promise<string>>();

/**
 * Installs the programs, once for all tests of a file.
 *
 * @returns The folder that has a launcher for each of them, by its name. Any user may read it.
 */
export function installedPrograms(kind: Kind): Promise<string> {
  const installed = installations.get(kind) ?? install(kind);
  installations.set(kind, installed);
  return installed;
}

/** Compiling takes a part of the runtime that may have to be downloaded. */
export function ignoreUnlessInstallable(kind: Kind): Promise<Prefix> {
  return kind === "compiled" ? findCompiler() : Promise.resolve({ words: [] });
}

async function install(kind: Kind): Promise<string> {
  const folder = await makeFolder();
  const { code, stderr } = await runProgram([
    ...[Deno.execPath(), "run", "-A", INSTALL, "--prefix", folder],
    ...(kind === "compiled" ? ["--compile"] : []),
  ], {
    env: kind === "compiled" ? toEnvironment(await findCompiler()) : {},
  });
  if (code !== 0) throw new Error(stderr);
  return `${folder}/bin`;
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
