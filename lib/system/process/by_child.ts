// The next program as a child, with the same finished files, whose exit status is passed on: for a
// runtime that may not call the C library. What the runtime has changed of the signals, and a shell
// of the environment, the child finds changed; the files have names while it runs.

import { joinOctets } from "../../message/octets.ts";
import type { Environment } from "../configuration/environment.ts";
import {
  type Caller,
  LIMIT_NAMES,
  LIMITS,
  listEntries,
  readCaller,
} from "./caller.ts";
import { restoreEnvironment } from "./exec.ts";
import { findExecutable, listExecutables, readHead } from "./executable.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { exit, type Program } from "./run.ts";
import { MEMORY_BYTES } from "../descriptors/spool.ts";
import type { Handover, Next } from "./handover.ts";

/** The next program is our child. */
export function byChild(program: Program): Handover<string> {
  return {
    readFd,
    createSpool: (folder) => new NamedSpool(folder),
    finishFile: namedFile,
    prepare: (next) => (message, envelope) =>
      runNext(program, next, message, envelope),
  };
}

/** Only a child that inherits a descriptor can read it: it copies it to its fd 2, a pipe to us. */
async function* readFd(fd: number): AsyncGenerator<Uint8Array> {
  const enough = new AbortController();
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", `exec /bin/cat <&${fd} >&2 2>/dev/null`],
    stdin: "null",
    stdout: "inherit",
    stderr: "piped",
    signal: enough.signal,
  }).spawn();
  try {
    yield* child.stderr;
  } finally {
    // Who has read enough does not wait for the end of the input.
    enough.abort();
    await child.status;
  }
}

/** Keeps a message in memory up to a limit, then in a file. */
class NamedSpool {
  #folder: string;
  #chunks: Uint8Array[] = [];
  #length = 0;
  #path: string | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async append(chunk: Uint8Array): Promise<void> {
    this.#length += chunk.length;
    this.#chunks.push(chunk.slice());
    if (this.#length <= MEMORY_BYTES) return;
    this.#path ??= await namedFile(new Uint8Array(0), this.#folder);
    await write(this.#path, joinOctets(this.#chunks));
    this.#chunks = [];
  }

  async seal(newFields: Uint8Array): Promise<string> {
    const head = joinOctets([
      newFields,
      ...this.#path === undefined ? this.#chunks : [],
    ]);
    const path = await namedFile(head, this.#folder);
    if (this.#path === undefined) return path;
    try {
      const [from, to] = await Promise.all([
        Deno.open(this.#path),
        Deno.open(path, { append: true }),
      ]);
      await from.readable.pipeTo(to.writable);
    } catch (error) {
      throw new StepFailed(EXIT.write, `Cannot write the message: ${error}`);
    }
    return path;
  }
}

/** A file of mode 0600 that goes when we do. */
async function namedFile(bytes: Uint8Array, folder: string): Promise<string> {
  try {
    const path = await Deno.makeTempFile({ dir: folder, prefix: "dk." });
    addEventListener("unload", () => Deno.removeSync(path));
    await write(path, bytes);
    return path;
  } catch (error) {
    throw new StepFailed(
      EXIT.write,
      `Cannot make a file in "${folder}": ${error}`,
    );
  }
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await Deno.writeFile(path, bytes, { append: true });
  } catch (error) {
    throw new StepFailed(EXIT.write, `Cannot write the message: ${error}`);
  }
}

/** Prints the first that is for us. */
const CHOOSE = 'for path; do [ -x "$path" ] && printf %s "$path" && exit; done';

/** Which of them is for us, only another program can tell. */
async function chooseExecutable(paths: string[]): Promise<string | undefined> {
  if (paths.length < 2) return paths[0];
  const { stdout } = await new Deno.Command("/bin/sh", {
    args: ["-c", CHOOSE, "sh", ...paths],
    stdin: "null",
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout) || undefined;
}

/** What a shell says when it can not execute a program. */
const SHELL_FAILURES = [126, 127];

/** Only a shell gives a program a descriptor 1 to read, or a file on 0. */
const WITH_ENVELOPE = 'm=$1 e=$2; shift 2; exec "$@" <"$m" 1<"$e"';
const WITH_REPORT = 'm=$1; shift; exec "$@" <"$m"';

/** @param envelope Without it, what is on fd 1 takes a report. */
async function runNext(
  program: Program,
  { command, environment, ownVariables }: Next,
  message: string,
  envelope: string | undefined,
): Promise<never> {
  const caller = readCaller(environment.variables);
  restoreEnvironment(caller, ownVariables);
  const path = await chooseExecutable(
    listExecutables(command[0]!, environment),
  );
  if (path === undefined || !isProgram(path, environment)) {
    throw new StepFailed(EXIT.exec, `Cannot execute "${command[0]}"`);
  }
  const words = [path, ...command.slice(1)];
  const limits = lowerLimits(caller);
  const child = new Deno.Command("/bin/sh", {
    args: envelope === undefined
      ? ["-c", limits + WITH_REPORT, "sh", message, ...words]
      : ["-c", limits + WITH_ENVELOPE, "sh", message, envelope, ...words],
    ...environmentOf(caller, ownVariables),
    stdin: "null",
    stdout: envelope === undefined ? "inherit" : "null",
    stderr: "inherit",
  });
  program.endTimeLimit();
  const { code, signal } = await child.output();
  const isKilled = signal !== null;
  if (!isKilled && !SHELL_FAILURES.includes(code)) return exit(code);
  // What is on fd 1 by now, a report begun or a shell's complaint, does not count.
  if (envelope === undefined) return exit(EXIT.crashed);
  return exit(isKilled ? EXIT.bug : EXIT.exec);
}

/** Lines of a shell. A limit that is as it was, or that there is not, is no failure. */
function lowerLimits(caller: Caller | undefined): string {
  return LIMIT_NAMES.toReversed().map((name) => {
    const limit = caller?.limits.get(name);
    return limit === undefined
      ? ""
      : `ulimit -S -${LIMITS[name].option} ${limit} 2>/dev/null\n`;
  }).join("");
}

/** The caller's environment, without what is not UTF-8: the runtime starts no child with that. */
function environmentOf(
  caller: Caller | undefined,
  ownVariables: string[],
): { clearEnv?: boolean; env?: Record<string, string> } {
  if (caller?.block === undefined) return {};
  const env: Record<string, string> = {};
  for (const entry of listEntries(caller.block, ownVariables)) {
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(entry);
      const [, name, value] = /^([^=]+)=([^]*)\0$/.exec(text) ?? [];
      if (name !== undefined) env[name] = value!;
    } catch {
      // It is not UTF-8.
    }
  }
  return { clearEnv: true, env };
}

/**
 * To a shell an empty file is a script that succeeds, and the mail is gone: what has no magic number
 * is no program. Nor is a script without its interpreter, of which the shell would say so on fd 2.
 */
function isProgram(path: string, environment: Environment): boolean {
  const head = readHead(path, 256);
  const [, interpreter] = /^#![ \t]*([^ \t\n]+)/.exec(head) ?? [];
  return interpreter === undefined
    ? head.length >= 4 && head > "\x7f"
    : findExecutable(interpreter, environment) !== undefined;
}
