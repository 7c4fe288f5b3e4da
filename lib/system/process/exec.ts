// Becoming the next program: it finds what it would have found without us, but for the message
// and the envelope, which are finished files now. Knows no message.

import {
  type Caller,
  DK_CALLER,
  KEPT,
  listEntries,
  readCaller,
} from "./caller.ts";
import { markFile } from "./chain.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { listExecutables } from "./executable.ts";
import type { Next } from "./handover.ts";
import { cString, type Libc } from "./libc.ts";
import { ChangedLimits } from "./limits.ts";
import { forgetChild, prepareSignals, type Signals } from "./signals.ts";

const EACCES = 13;

/**
 * Prepares an exec. This takes a moment, which is to be had while another thread signs.
 *
 * @param ignoredSignals Those that were ignored at the start.
 * @returns What puts the next program in the place of this one, with descriptors that become its
 * fd 0 and, where there is an envelope, fd 1; throws StepFailed with 120 when it cannot be executed.
 */
export function prepareExec(
  libc: Libc,
  ignoredSignals: Signals | undefined,
  next: Next,
): (message: number, envelope?: number) => never {
  const caller = readCaller(next.environment.variables);
  const limits = ChangedLimits.read(
    libc,
    caller,
    readProc("self/limits"),
    readProc(`${Deno.ppid}/limits`),
  );
  if (caller !== undefined) forgetChild(libc);
  const restoreSignals = prepareSignals(libc, ignoredSignals);
  const exec = bindExec(libc, next, caller);
  const name = next.command[0]!;
  const paths = listExecutables(name, next.environment);
  // Said before the log says what has been done.
  if (paths.length === 0) {
    throw new StepFailed(EXIT.exec, `Cannot execute "${name}"`);
  }
  const { dup2 } = libc.here("moving");
  return (message, envelope) => {
    markFile(envelope ?? message, next.programsBefore + 1);
    for (const [fd, file] of [message, envelope].entries()) {
      if (file !== undefined && dup2(file, fd) !== fd) {
        throw new StepFailed(EXIT.bug, "Cannot move a descriptor of ours");
      }
    }
    restoreSignals();
    const [nowhere, ...places] = ["", ...paths].map(cString);
    limits.makeReady();
    // A first call takes memory, which there may not be under the caller's limits: it gets no path.
    exec(nowhere!);
    let number = 0;
    for (const place of places) {
      limits.raise();
      limits.lower();
      exec(place);
      limits.raise();
      number = libc.errno();
      // What is not for us is passed over, as execvp(3) does.
      if (number !== EACCES) break;
    }
    throw new StepFailed(
      EXIT.exec,
      `Cannot execute "${name}": errno ${number}`,
    );
  };
}

/**
 * What puts a program in our place. Called on this thread: while another one calls exec, this one
 * may be starting a thread for the call, which fails then, and the runtime panics. Not execvp: to
 * that an empty file is a shell script that succeeds, and the mail is gone.
 */
function bindExec(
  libc: Libc,
  { command, ownVariables }: Next,
  caller: Caller | undefined,
): (path: Uint8Array<ArrayBuffer>) => void {
  const argv = pointersTo(command.map(cString));
  if (caller?.block === undefined) {
    const { execv } = libc.here("exec");
    restoreEnvironment(caller, ownVariables);
    return (path) => execv(path, argv.pointers);
  }
  const envp = pointersTo([...listEntries(caller.block, ownVariables)]);
  const { execve } = libc.here("execWith");
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

/** Removes from this process's environment what is ours, and what has been set for us. */
export function restoreEnvironment(
  caller: Caller | undefined,
  ownVariables: string[],
): void {
  for (const name of caller?.replaced ?? []) Deno.env.delete(name);
  if (caller !== undefined) restoreKept();
  for (const name of [DK_CALLER, ...ownVariables]) Deno.env.delete(name);
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
    Deno.env.set(before, value);
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
