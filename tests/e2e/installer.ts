// The installer as a process, on a copy of the project where a test wants another version. Refuses
// to know where it puts what.

import { runFilter } from "../support/queue.ts";
import { MAIL, toBytes } from "./mail.ts";
import type { Prefix } from "./requirements.ts";

/** The project under test. */
export const ROOT = new URL("../../", import.meta.url).pathname;

const DECODER = new TextDecoder();

/** What a process left behind. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

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
  { root = ROOT, words = [], env = {} }: Start = {},
): Deno.Command {
  const [program, ...rest] = [
    ...words,
    Deno.execPath(),
    "run",
    "-A",
    "--config",
    `${root}/deno.json`,
    `${root}/scripts/install/main.ts`,
    ...args,
  ];
  return new Deno.Command(program!, {
    args: rest,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs the installer to its end. */
export async function runInstaller(
  args: string[],
  start?: Start,
): Promise<Ended> {
  const { code, stdout, stderr } = await installerCommand(args, start).output();
  return {
    code,
    stdout: DECODER.decode(stdout),
    stderr: DECODER.decode(stderr),
  };
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

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** Copies the project into a folder, as another version. */
export async function copyProject(
  folder: string,
  version: string,
): Promise<string> {
  const root = `${folder}/${version}`;
  await Deno.mkdir(root);
  const names = ["deno.json", "deno.lock", "filters", "lib", "scripts"];
  const { success } = await new Deno.Command("/bin/cp", {
    args: ["-R", ...names.map((name) => ROOT + name), root],
  }).output();
  if (!success) throw new Error("Cannot copy the project");
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
