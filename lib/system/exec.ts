// Becoming the next program: it finds what it would have found without us, but for the message
// and the envelope, which are finished files now. Knows no message.

import { toText } from "../message/octets.ts";
import { EXIT, StepFailed } from "./exit_code.ts";
import { cString, errno, libc, libcHere } from "./libc.ts";

const RLIMIT_NOFILE = Deno.build.os === "linux" ? 7 : 8;
const SIGPIPE = 13;
const SIG_DFL = 0n;

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
): (message: number, envelope?: number) => Promise<never> {
  const fileLimit = readFileLimit();
  const ignoresBrokenPipe = readIgnoresBrokenPipe();
  // On this thread: while another one calls exec, this one may be starting a thread for the call,
  // which fails then, and the runtime panics.
  const { execv } = libcHere("exec");
  return async (message, envelope) => {
    const { dup2 } = libc("moving");
    for (const [fd, file] of [message, envelope].entries()) {
      if (file !== undefined && await dup2(file, fd) !== fd) {
        throw new StepFailed(EXIT.bug, "Cannot move a descriptor of ours");
      }
    }
    restoreEnvironment();
    if (fileLimit !== undefined) {
      await libc("limits").setrlimit(RLIMIT_NOFILE, fileLimit);
    }
    if (!ignoresBrokenPipe) await libc("signals").signal(SIGPIPE, SIG_DFL);
    const name = next[0]!;
    const path = cString(findExecutable(name) ?? name);
    const args = next.map(cString);
    const argv = new BigUint64Array(args.length + 1);
    args.forEach((arg, at) =>
      argv[at] = Deno.UnsafePointer.value(Deno.UnsafePointer.of(arg))
    );
    // Not execvp: to that an empty file is a shell script that succeeds, and the mail is gone.
    execv(path, argv);
    throw new StepFailed(
      EXIT.exec,
      `Cannot execute "${name}": errno ${errno()}`,
    );
  };
}

/**
 * The soft and the hard limit of open files, as struct rlimit. The runtime raises the soft one; the
 * parent still has what was ours.
 */
function readFileLimit(): BigUint64Array<ArrayBuffer> | undefined {
  const [, soft] = openFiles(readProc(`${Deno.ppid}/limits`));
  const [, raised, hard] = openFiles(readProc("self/limits"));
  const isRaised = soft !== undefined && hard !== undefined && soft !== raised;
  return isRaised ? BigUint64Array.from([soft, hard], BigInt) : undefined;
}

/** The runtime ignores SIGPIPE; what the parent does with it is what was ours. */
function readIgnoresBrokenPipe(): boolean {
  const status = readProc(`${Deno.ppid}/status`);
  const ignored = /^SigIgn:\s+([0-9a-f]+)/m.exec(status)?.[1] ?? "ffff";
  return (BigInt(`0x${ignored}`) >> BigInt(SIGPIPE - 1) & 1n) === 1n;
}

function openFiles(limits: string): string[] {
  return /^Max open files +(\d+) +(\d+)/m.exec(limits) ?? [];
}

/** The program of that name; `undefined` when there is none that can be executed. */
export function findExecutable(name: string): string | undefined {
  if (name.includes("/")) return isExecutable(name) ? name : undefined;
  const folders = (Deno.env.get("PATH") ?? "/usr/bin:/bin").split(":");
  return folders.map((folder) => `${folder || "."}/${name}`).find(isExecutable);
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

/** What the runtime has set is not the caller's. */
export function restoreEnvironment(): void {
  // Without a PATH, or with one where it finds no node, the runtime puts a folder of its own in front.
  if (Deno.env.get("DENO_NODE_SHIM_ACTIVE") === undefined) return;
  const given = readProc("self/environ").split("\0");
  for (const name of ["PATH", "DENO_NODE_SHIM_ACTIVE"]) {
    const entry = given.find((variable) => variable.startsWith(`${name}=`));
    if (entry === undefined) Deno.env.delete(name);
    else Deno.env.set(name, entry.slice(name.length + 1));
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
