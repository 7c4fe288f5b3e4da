// Handover by child process, for a runtime that may not call the C library: starts the next program with
// the finished files and passes its exit status on. The child gets the signals as the runtime has changed
// them and the environment as a shell has, and the files have names while it runs.

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

/** Makes a handover that starts the next program as our child. */
export function byChild(program: Program): Handover<string> {
  return {
    readFd,
    createSpool: (folder) => new NamedSpool(folder),
    finishFile: namedFile,
    prepare: (next) => (message, envelope) =>
      runNext(program, next, message, envelope),
  };
}

/** Reads a descriptor by a child that inherits it and copies it to its fd 2, a pipe to us. */
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
    // A reader that has enough does not wait for the end of the input.
    enough.abort();
    await child.status;
  }
}

/** Keeps a message in memory up to a size limit, then in a file. */
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

/** Makes a file of mode 0600 that is removed when we end. */
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

/** Prints the first program that we may execute. */
const CHOOSE = 'for path; do [ -x "$path" ] && printf %s "$path" && exit; done';

/** Finds the first program that we may execute, by a shell: the runtime cannot tell. */
async function chooseExecutable(paths: string[]): Promise<string | undefined> {
  if (paths.length < 2) return paths[0];
  const { stdout } = await new Deno.Command("/bin/sh", {
    args: ["-c", CHOOSE, "sh", ...paths],
    stdin: "null",
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout) || undefined;
}

/** What a shell says when it cannot execute a program. */
const SHELL_FAILURES = [126, 127];

/** Starts the program by a shell, which alone can give it fd 1 for reading and a file as fd 0. */
const WITH_ENVELOPE = 'm=$1 e=$2; shift 2; exec "$@" <"$m" 1<"$e"';
const WITH_REPORT = 'm=$1; shift; exec "$@" <"$m"';

/** @param envelope Without one, fd 1 takes the report. */
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
  // Anything on fd 1 by now is half a report or a message of the shell, and does not count.
  if (envelope === undefined) return exit(EXIT.crashed);
  return exit(isKilled ? EXIT.bug : EXIT.exec);
}

/** Writes lines of a shell that set the limits back. A missing or unchanged limit is no failure. */
function lowerLimits(caller: Caller | undefined): string {
  return LIMIT_NAMES.toReversed().map((name) => {
    const limit = caller?.limits.get(name);
    return limit === undefined
      ? ""
      : `ulimit -S -${LIMITS[name].option} ${limit} 2>/dev/null\n`;
  }).join("");
}

/** The caller's environment, without variables that are not UTF-8: the runtime starts no child with those. */
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
 * Tells whether a file is a program. To a shell an empty file is a script that succeeds, which would
 * lose the mail: a program must have a magic number. A script must have its interpreter, or the shell
 * would complain on fd 2.
 */
function isProgram(path: string, environment: Environment): boolean {
  const head = readHead(path, 256);
  const [, interpreter] = /^#![ \t]*([^ \t\n]+)/.exec(head) ?? [];
  return interpreter === undefined
    ? head.length >= 4 && head > "\x7f"
    : findExecutable(interpreter, environment) !== undefined;
}
