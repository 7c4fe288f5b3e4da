// Becomes the next program, which finds everything as it would without us. Only the message and the
// envelope are finished files now. Knows no message.

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
 * Prepares an exec, while another thread signs.
 *
 * @param ignoredSignals The signals that were ignored at our start.
 * @returns A function that puts the next program in our place. It takes the descriptors that become
 * fd 0 and, with an envelope, fd 1. It throws StepFailed with 120 if the program cannot be executed.
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
  // It fails before the log says that the message went on.
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
    // A first call takes memory, of which the caller's limits may leave none: it is made here, without a path.
    exec(nowhere!);
    let number = 0;
    for (const place of places) {
      limits.raise();
      limits.lower();
      exec(place);
      limits.raise();
      number = libc.errno();
      // A program that we may not execute is skipped, as execvp(3) does.
      if (number !== EACCES) break;
    }
    throw new StepFailed(
      EXIT.exec,
      `Cannot execute "${name}": errno ${number}`,
    );
  };
}

/**
 * Puts a program in our place. It is called on this thread: during a call of exec on another one, this
 * one may be starting a thread, which then fails, and the runtime panics. It is not execvp, which runs
 * an empty file as a shell script that succeeds: the mail would be lost.
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

/** An array for exec, with the texts that it points to, which must live as long. */
function pointersTo(texts: Uint8Array<ArrayBuffer>[]) {
  const pointers = new BigUint64Array(texts.length + 1);
  texts.forEach((text, at) =>
    pointers[at] = Deno.UnsafePointer.value(Deno.UnsafePointer.of(text))
  );
  return { pointers, texts };
}

/** Removes our own variables from the environment of this process, and those that were set for us. */
export function restoreEnvironment(
  caller: Caller | undefined,
  ownVariables: string[],
): void {
  for (const name of caller?.replaced ?? []) Deno.env.delete(name);
  if (caller !== undefined) restoreKept();
  for (const name of [DK_CALLER, ...ownVariables]) Deno.env.delete(name);
  // If the runtime finds no node in PATH, it puts a folder of its own before the others.
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
    // There is no /proc, or the parent has ended: the runtime's own setting stays.
    return "";
  }
}
