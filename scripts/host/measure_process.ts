// Runs a program with files as fd 0 and fd 1, and measures its time and memory by wait4(2). For
// benchmarks on Linux. Knows nothing of mail.

/** The cost of a process. */
export interface Figures {
  wallMs: number;
  cpuMs: number;
  /** The peak until its first exec; 0 if it was not watched. */
  peakMb: number;
}

const O_RDONLY = 0;
const O_WRONLY = 1;
const O_CREAT = 0o100;
const O_TRUNC = 0o1000;

/** A program that did not exit with 0. */
export class ProcessFailed extends Error {
  override name = "ProcessFailed";
}

const libc = Deno.dlopen("libc.so.6", {
  posix_spawn_file_actions_init: { parameters: ["buffer"], result: "i32" },
  posix_spawn_file_actions_addopen: {
    parameters: ["buffer", "i32", "buffer", "i32", "u32"],
    result: "i32",
  },
  posix_spawn: {
    parameters: ["buffer", "buffer", "buffer", "pointer", "buffer", "buffer"],
    result: "i32",
  },
  wait4: { parameters: ["i32", "buffer", "i32", "buffer"], result: "i32" },
}).symbols;

/**
 * @param command A path and arguments.
 * @param env The whole environment.
 * @param fd0 The file to read as fd 0.
 * @param fd1 The file to read as fd 1, or the one to write.
 * @param withPeak Watch the memory too, which takes time from the process.
 * @throws {ProcessFailed} If it does not exit with 0.
 * @throws {Error} If it cannot be started.
 */
export function measureProcess(
  command: string[],
  env: Record<string, string>,
  fd0: string,
  fd1: string | { output: string },
  withPeak = false,
): Figures {
  const actions = new Uint8Array(256);
  libc.posix_spawn_file_actions_init(actions);
  libc.posix_spawn_file_actions_addopen(actions, 0, cString(fd0), O_RDONLY, 0);
  const [path, flags] = typeof fd1 === "string"
    ? [fd1, O_RDONLY]
    : [fd1.output, O_WRONLY | O_CREAT | O_TRUNC];
  libc.posix_spawn_file_actions_addopen(
    actions,
    1,
    cString(path),
    flags,
    0o600,
  );
  libc.posix_spawn_file_actions_addopen(
    actions,
    2,
    cString("/dev/null"),
    O_WRONLY,
    0,
  );
  const argv = command.map(cString);
  const envp = Object.entries(env).map(([name, value]) =>
    cString(`${name}=${value}`)
  );
  const pid = new Int32Array(1);
  const status = new Int32Array(1);
  // struct rusage: user and system time as struct timeval, and more.
  const usage = new BigInt64Array(18);

  const start = performance.now();
  const failure = libc.posix_spawn(
    pid,
    argv[0]!,
    actions,
    null,
    pointers(argv),
    pointers(envp),
  );
  if (failure !== 0) {
    throw new Error(`Cannot start "${command[0]}": errno ${failure}`);
  }
  const peakMb = withPeak ? watchPeak(pid[0]!) : 0;
  libc.wait4(pid[0]!, status, 0, usage);
  const wallMs = performance.now() - start;

  if (status[0] !== 0) {
    throw new ProcessFailed(
      `"${command.join(" ")}" ended with status ${status[0]}`,
    );
  }
  const [userS = 0, userUs = 0, systemS = 0, systemUs = 0] = [...usage].map(
    Number,
  );
  return {
    wallMs,
    cpuMs: 1000 * (userS + systemS) + (userUs + systemUs) / 1000,
    peakMb,
  };
}

/**
 * Reads the peak memory of a process until it becomes another program or ends. The figure of wait4 is
 * of no use: a child that was spawned begins with the peak of its parent.
 */
function watchPeak(pid: number): number {
  let peakKb = 0;
  let program: string | undefined;
  for (;;) {
    const current = readProgram(pid);
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const kb = /^VmHWM:\s+(\d+)/m.exec(status)?.[1];
    if (kb === undefined || current !== (program ??= current)) {
      return peakKb / 1024;
    }
    peakKb = Math.max(peakKb, Number(kb));
  }
}

/** Its file; none when it has ended. Names will not do: Node changes its own. */
function readProgram(pid: number): string | undefined {
  try {
    return Deno.readLinkSync(`/proc/${pid}/exe`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text + "\0");
}

function pointers(
  strings: Uint8Array<ArrayBuffer>[],
): BigUint64Array<ArrayBuffer> {
  const array = new BigUint64Array(strings.length + 1);
  strings.forEach((text, n) =>
    array[n] = Deno.UnsafePointer.value(Deno.UnsafePointer.of(text))
  );
  return array;
}
