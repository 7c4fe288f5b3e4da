// Becoming the next program: it finds what it would have found without us, but for the message
// and the envelope, which are finished files now. Knows no message.

import { EXIT, StepFailed } from "./exit_code.ts";
import { cString, errno, libc } from "./libc.ts";

const RLIMIT_NOFILE = Deno.build.os === "linux" ? 7 : 8;
const SIGPIPE = 13;
const SIG_DFL = 0n;

/**
 * Puts the next program in the place of this one.
 *
 * @param next Its name and its arguments; a name without a slash is looked for in PATH.
 * @param message A descriptor that becomes fd 0.
 * @param envelope A descriptor that becomes fd 1.
 * @throws {StepFailed} 120 when it can not be executed.
 */
export function takeOver(
  next: string[],
  message: number,
  envelope: number,
): never {
  const { dup2, execv } = libc("exec");
  if (dup2(message, 0) !== 0 || dup2(envelope, 1) !== 1) {
    throw new StepFailed(EXIT.bug, `Cannot move descriptors: errno ${errno()}`);
  }
  restoreEnvironment();
  restoreFileLimit();
  restoreBrokenPipe();
  const args = next.map(cString);
  const argv = new BigUint64Array(args.length + 1);
  args.forEach((arg, at) =>
    argv[at] = Deno.UnsafePointer.value(Deno.UnsafePointer.of(arg))
  );
  // Not execvp: to that an empty file is a shell script that succeeds, and the mail is gone.
  execv(cString(findProgram(next[0]!)), argv);
  throw new StepFailed(
    EXIT.exec,
    `Cannot execute "${next[0]}": errno ${errno()}`,
  );
}

function findProgram(name: string): string {
  if (name.includes("/")) return name;
  const folders = (Deno.env.get("PATH") ?? "/usr/bin:/bin").split(":");
  const paths = folders.map((folder) => `${folder || "."}/${name}`);
  return paths.find(isExecutable) ?? name;
}

function isExecutable(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && ((mode ?? 0) & 0o111) !== 0;
  } catch {
    // Not there: the next folder of PATH may have it.
    return false;
  }
}

/** DKQUEUE was for us, and what the runtime has set is not the caller's. */
function restoreEnvironment(): void {
  Deno.env.delete("DKQUEUE");
  // Without a PATH, or with one where it finds no node, the runtime puts a folder of its own in front.
  if (Deno.env.get("DENO_NODE_SHIM_ACTIVE") === undefined) return;
  const given = readProc("self/environ").split("\0");
  for (const name of ["PATH", "DENO_NODE_SHIM_ACTIVE"]) {
    const entry = given.find((variable) => variable.startsWith(`${name}=`));
    if (entry === undefined) Deno.env.delete(name);
    else Deno.env.set(name, entry.slice(name.length + 1));
  }
}

/** The runtime raises the soft limit of open files; the parent still has what was ours. */
function restoreFileLimit(): void {
  const soft = /^Max open files +(\d+)/m.exec(readProc(`${Deno.ppid}/limits`))
    ?.[1];
  if (soft === undefined) return;
  const { getrlimit, setrlimit } = libc("limits");
  // struct rlimit: rlim_t rlim_cur, rlim_t rlim_max.
  const limit = new BigUint64Array(2);
  getrlimit(RLIMIT_NOFILE, limit);
  limit[0] = BigInt(soft) < limit[1]! ? BigInt(soft) : limit[1]!;
  setrlimit(RLIMIT_NOFILE, limit);
}

/** The runtime ignores SIGPIPE; what the parent does with it is what was ours. */
function restoreBrokenPipe(): void {
  const ignored = /^SigIgn:\s+([0-9a-f]+)/m.exec(
    readProc(`${Deno.ppid}/status`),
  )?.[1];
  if (ignored === undefined) return;
  const isIgnored = BigInt(`0x${ignored}`) >> BigInt(SIGPIPE - 1) & 1n;
  if (isIgnored === 0n) libc("signals").signal(SIGPIPE, SIG_DFL);
}

function readProc(path: string): string {
  try {
    return Deno.readTextFileSync(`/proc/${path}`);
  } catch {
    // No /proc, or the parent is gone: then what the runtime has set stays.
    return "";
  }
}
