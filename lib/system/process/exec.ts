// Becoming the next program: it finds what it would have found without us, but for the message
// and the envelope, which are finished files now. Knows no message.

import { toText } from "../../message/octets.ts";
import { type Caller, KEPT, listEntries, readCaller, taken } from "./caller.ts";
import { markFile } from "./chain.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { cString, errno, libcHere } from "./libc.ts";
import { ChangedLimits } from "./limits.ts";

const SIGPIPE = 13;
const SIGCHLD = Deno.build.os === "linux" ? 17 : 20;
const EACCES = 13;
const SIG_DFL = 0n;
const SIG_IGN = 1n;

/**
 * Makes ready to become the next program. This takes a moment, which is to be had while another
 * thread signs.
 *
 * @param next Its name and its arguments; a name without a slash is looked for in PATH.
 * @returns What puts the next program in the place of this one, with descriptors that become its
 * fd 0 and, where there is an envelope, fd 1; throws StepFailed with 120 when it can not be executed.
 */
export function becomeNext(
  next: string[],
): (message: number, envelope?: number) => never {
  const caller = readCaller();
  const limits = ChangedLimits.read(
    caller,
    readProc("self/limits"),
    readProc(`${Deno.ppid}/limits`),
  );
  if (caller !== undefined) forgetChild();
  const ignoresBrokenPipe = readIgnoresBrokenPipe();
  const exec = bindExec(next, caller);
  const name = next[0]!;
  const paths = listExecutables(name);
  // Said before the log says what has been done.
  if (paths.length === 0) {
    throw new StepFailed(EXIT.exec, `Cannot execute "${name}"`);
  }
  const { dup2 } = libcHere("moving");
  const { signal } = libcHere("signals");
  return (message, envelope) => {
    markFile(envelope ?? message);
    for (const [fd, file] of [message, envelope].entries()) {
      if (file !== undefined && dup2(file, fd) !== fd) {
        throw new StepFailed(EXIT.bug, "Cannot move a descriptor of ours");
      }
    }
    if (!ignoresBrokenPipe) signal(SIGPIPE, SIG_DFL);
    const [nowhere, ...places] = ["", ...paths].map(cString);
    limits.makeReady();
    // Once for nothing: under the caller's limits there may be no memory for what a first call takes.
    exec(nowhere!);
    let number = 0;
    for (const place of places) {
      limits.raise();
      limits.lower();
      exec(place);
      limits.raise();
      number = errno();
      // What is not for us is passed over, as execvp(3) does.
      if (number !== EACCES) break;
    }
    throw new StepFailed(
      EXIT.exec,
      `Cannot execute "${name}": errno ${number}`,
    );
  };
}

/** Where SIGCHLD is blocked, that of the launcher's own child is pending: a new disposition drops it. */
function forgetChild(): void {
  const { signal } = libcHere("signals");
  const before = signal(SIGCHLD, SIG_DFL);
  if (before === SIG_IGN) signal(SIGCHLD, SIG_IGN);
}

/**
 * What puts a program in our place. Called on this thread: while another one calls exec, this one
 * may be starting a thread for the call, which fails then, and the runtime panics. Not execvp: to
 * that an empty file is a shell script that succeeds, and the mail is gone.
 */
function bindExec(
  args: string[],
  caller: Caller | undefined,
): (path: Uint8Array<ArrayBuffer>) => void {
  const argv = pointersTo(args.map(cString));
  if (caller?.block === undefined) {
    const { execv } = libcHere("exec");
    restoreEnvironment(caller);
    return (path) => execv(path, argv.pointers);
  }
  const envp = pointersTo([...listEntries(caller.block)]);
  const { execve } = libcHere("execWith");
  return (path) => execve(path, argv.pointers, envp.pointers);
}

/** An array as exec takes it, and what it points to, which is to live as long. */
function pointersTo(texts: Uint8Array<ArrayBuffer>[]) {
  const pointers = new BigUint64Array(texts.length + 1);
  texts.forEach((text, at) =>
    pointers[at] = Deno.UnsafePointer.value(Deno.UnsafePointer.of(text))
  );
  return { pointers, texts };
}

/** The runtime ignores SIGPIPE; what the parent does with it is what was ours. */
function readIgnoresBrokenPipe(): boolean {
  const status = readProc(`${Deno.ppid}/status`);
  const ignored = /^SigIgn:\s+([0-9a-f]+)/m.exec(status)?.[1] ?? "ffff";
  return (BigInt(`0x${ignored}`) >> BigInt(SIGPIPE - 1) & 1n) === 1n;
}

/** The program of that name; `undefined` when there is none that can be executed. */
export function findExecutable(name: string): string | undefined {
  return listExecutables(name)[0];
}

/** All programs of that name, in the order of PATH; whether they are for us, only exec tells. */
export function listExecutables(name: string): string[] {
  // The runtime cannot look for a name that is not UTF-8.
  if (name.includes("/") && !name.isWellFormed()) return [name];
  if (name.includes("/")) return isExecutable(name) ? [name] : [];
  const folders = (Deno.env.get("PATH") ?? "/usr/bin:/bin").split(":");
  return folders.map((folder) => `${folder || "."}/${name}`)
    .filter((path) => !path.isWellFormed() || isExecutable(path));
}

function isExecutable(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && ((mode ?? 0) & 0o111) !== 0;
  } catch {
    // Not there: another folder of PATH may have it.
    return false;
  }
}

/** The first octets of a file, as an octet string. */
export function readHead(path: string, limitBytes: number): string {
  using file = Deno.openSync(path);
  const head = new Uint8Array(limitBytes);
  return toText(head.subarray(0, file.readSync(head) ?? 0));
}

/** What was for us is not for the next program, and what has been set for us is not the caller's. */
export function restoreEnvironment(caller: Caller | undefined): void {
  for (const name of taken) Deno.env.delete(name);
  for (const name of caller?.replaced ?? []) Deno.env.delete(name);
  if (caller !== undefined) restoreKept();
  // Without a PATH, or with one where it finds no node, the runtime puts a folder of its own in front.
  if (Deno.env.get("DENO_NODE_SHIM_ACTIVE") === undefined) return;
  const given = readProc("self/environ").split("\0");
  for (const name of ["PATH", "DENO_NODE_SHIM_ACTIVE"]) {
    const entry = given.find((variable) => variable.startsWith(`${name}=`));
    if (entry === undefined) Deno.env.delete(name);
    else Deno.env.set(name, entry.slice(name.length + 1));
  }
}

function restoreKept(): void {
  for (const [name, value] of Object.entries(Deno.env.toObject())) {
    if (!name.startsWith(KEPT)) continue;
    const before = name.slice(KEPT.length);
    Deno.env.delete(name);
    if (!taken.has(before)) Deno.env.set(before, value);
  }
}

function readProc(path: string): string {
  try {
    return Deno.readTextFileSync(`/proc/${path}`);
  } catch {
    // No /proc, or the parent is gone: then what the runtime has set stays.
    return "";
  }
}
