// The installer as a process, on a copy of the project where a test wants another version. Refuses
// to know where it puts what.

import { type Ended, runToEnd } from "./ended.ts";
import { runFilter } from "./queue.ts";
import { MAIL, toBytes } from "./mail.ts";
import type { Prefix } from "./requirements.ts";

/** The project under test. */
export const ROOT = new URL("../../", import.meta.url).pathname;

const DECODER = new TextDecoder();

/** How the installer is started. */
export interface Start {
  /** A copy of the project. */
  root?: string;
  /** Words in front of it. */
  words?: string[];
  env?: Record<string, string>;
}

/** The installer's command line. */
export function installerCommand(
  args: string[],
  { root = ROOT, words = [] }: Start = {},
): string[] {
  const config = ["--config", `${root}/deno.json`];
  const run = [Deno.execPath(), "run", "-A", ...config];
  return [...words, ...run, `${root}/scripts/install/main.ts`, ...args];
}

/** Runs the installer to its end. */
export function runInstaller(args: string[], start?: Start): Promise<Ended> {
  return runToEnd(installerCommand(args, start), {
    env: { NO_COLOR: "1", ...start?.env },
  });
}

/** Runs the installer, which is to succeed. */
export async function install(args: string[], start?: Start): Promise<string> {
  const { code, stdout, stderr } = await runInstaller(args, start);
  if (code !== 0) throw new Error(`The installer exits ${code}: ${stderr}`);
  return stdout;
}

/** A folder that goes when the test ends. */
export class Folder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<Folder> {
    const path = await Deno.makeTempDir({ prefix: "dk_install_" });
    // makeTempDir lets nobody else in.
    await Deno.chmod(path, 0o755);
    return new Folder(path);
  }

  /**
   * A folder in which `p` is what `install --prefix FOLDER/p` leaves: a copy, since installing takes a
   * second. A launcher names its place: the folder is the same each time, for one test at a time.
   */
  static async makeInstalled(): Promise<Folder> {
    template ??= makeTemplate();
    const path = `${await template}/folder`;
    await Deno.mkdir(path);
    await Deno.chmod(path, 0o755);
    await copy([`${await template}/p`], path);
    return new Folder(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

let template: Promise<string> | undefined;

async function makeTemplate(): Promise<string> {
  const { path } = await Folder.make();
  addEventListener("unload", () => Deno.removeSync(path, { recursive: true }));
  await Deno.mkdir(`${path}/folder`);
  await install(["--prefix", `${path}/folder/p`]);
  await Deno.rename(`${path}/folder/p`, `${path}/p`);
  await Deno.remove(`${path}/folder`);
  return path;
}

async function copy(paths: string[], folder: string): Promise<void> {
  const args = ["-a", ...paths, folder];
  const { success } = await new Deno.Command("/bin/cp", { args }).output();
  if (!success) throw new Error(`Cannot copy into "${folder}"`);
}

/** Copies the project into a folder, as another version. */
export async function copyProject(
  folder: string,
  version: string,
): Promise<string> {
  const root = `${folder}/${version}`;
  await Deno.mkdir(root);
  const names = ["deno.json", "deno.lock", "filters", "lib", "scripts"];
  await copy(names.map((name) => ROOT + name), root);
  const config = JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
  config.version = version;
  await Deno.writeTextFile(`${root}/deno.json`, JSON.stringify(config));
  return root;
}

/** Every file and folder below a folder, with its mode and content or target. */
export async function listTree(folder: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("/usr/bin/find", {
    args: [folder, "-printf", "%P %y %m %s %T@ %l\\n"],
  }).output();
  return DECODER.decode(stdout).split("\n").sort();
}

/** Takes a message through an installed program. */
export function sendThrough(
  program: string,
  run: Partial<Parameters<typeof runFilter>[0]> = {},
) {
  return runFilter({ message: toBytes(MAIL), command: [program], ...run });
}

/** That a program is there, as a need of a test. */
export function needs(path: string): Prefix {
  try {
    Deno.statSync(path);
    return { words: [path] };
  } catch {
    // Not there, or not for us to see.
    return { missing: `no ${path}` };
  }
}

/** That this is root, as a need of a test. */
export const ROOT_USER: Prefix = Deno.uid() === 0
  ? { words: [] }
  : { missing: "not root" };
