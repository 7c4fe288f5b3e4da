// Runs a program with the qmail-queue interface as qmail-smtpd does: real pipes on fds 0 and 1,
// both read by the program, the envelope written after the whole message. Refuses to know what
// the program does with them; what reaches the next program, fake_queue.sh writes down. Needs /proc.

import { type Queued, readQueued } from "./queued.ts";

const FAKE_QUEUE = `${import.meta.dirname}/fake_queue.sh`;
const SET_NONBLOCKING = [
  "/usr/bin/env",
  // Else the runtime changes PATH; the program takes it away again.
  "DENO_DISABLE_NODE_SHIM=1",
  Deno.execPath(),
  "run",
  "-A",
  `${import.meta.dirname}/set_nonblocking.ts`,
];

/** How long a descriptor may stay open after a program that has ended. */
const LEFTOVER_MS = 2000;

/**
 * Bytes at once, or as slowly as the test likes: with `highWaterMark: 0` a stream is asked for
 * more when the pipe is open for it, not before.
 */
export type Source = Uint8Array | ReadableStream<Uint8Array>;

/** What {@linkcode runFilter} starts, and in what surroundings. */
export interface FilterRun {
  /** The program, by a path, and its arguments. */
  command: string[];
  /** Written to the pipe on fd 0, to its end, before the envelope. Default: empty. */
  message?: Source;
  /** Written to the pipe on fd 1. Default: from a@example.com to b@example.net. */
  envelope?: Source;
  /** The whole environment, but for `DKQUEUE` of `next` and the shell's own `PWD`. */
  env?: Record<string, string>;
  /** Working directory. */
  cwd?: string;
  /**
   * Lines of /bin/sh that run right before the program, with its descriptors in place:
   * `exec 0<&-` closes fd 0, `exec 6>/some/file` gives fd 6, `ulimit -S -n 100`, `umask 027`,
   * `trap '' HUP`, `export X="$(printf '\377')"`. They must not print on fd 1.
   */
  setup?: string;
  /** Leaves O_NONBLOCK on fd 0. */
  nonblocking?: boolean;
  /** A number from 3 to 9: the write end of a pipe goes there, what arrives is `errorText`. */
  errorFd?: number;
  /** How the program is told of fake_queue.sh. Default: by its last arguments. */
  next?: "arguments" | "DKQUEUE" | "none";
  /** What fake_queue.sh exits with or dies by. Default: 0. */
  nextExit?: number | Deno.Signal;
  /** After this long the program is killed and the run throws. Default: 20000. */
  timeoutMs?: number;
  /** Called with the process id when the process is there, for a test that sends it a signal. */
  onStart?: (pid: number) => void;
}

/** How a run went. */
export interface FilterResult {
  /** Exit code; 128 + n after a signal. */
  code: number;
  /** The signal that killed it. */
  signal: Deno.Signal | null;
  /** Process id of the program. */
  pid: number;
  /** fd 2, as text. */
  stderr: string;
  /** What was written to `errorFd`. */
  errorText: string;
  /** True as soon as the next program ran, whether or not it came to its end. */
  reached: boolean;
  /** What the next program was given, when it came to the end of both descriptors. */
  queued?: Queued;
}

/**
 * The bytes that a caller writes to fd 1.
 *
 * @param sender The envelope sender, empty for a bounce; one byte for each character.
 * @param recipients The envelope recipients, likewise.
 */
export function makeEnvelope(sender: string, recipients: string[]): Uint8Array {
  const items = [`F${sender}`, ...recipients.map((r) => `T${r}`), ""];
  const text = items.map((item) => `${item}\0`).join("");
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/**
 * Starts a program with the qmail-queue interface, feeds it and waits for its end.
 *
 * @throws {Error} If it is still running after `timeoutMs`, or if something that it left behind
 * holds fd 2 or `errorFd` open.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const { code, queued, pid } = await runFilter({
 *   command: ["/usr/bin/env", "DKVERIFY="],
 *   message: new TextEncoder().encode("From: a@example.com\n\nHi\n"),
 *   envelope: makeEnvelope("a@example.com", ["b@example.net"]),
 * });
 * assertEquals(code, 0);
 * assertEquals(queued?.environ, ["DKVERIFY="]);
 * assertEquals(queued?.pid, pid);
 * ```
 */
export async function runFilter(run: FilterRun): Promise<FilterResult> {
  const dir = await Deno.makeTempDir({ prefix: "run_filter_" });
  try {
    return await runIn(dir, run);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function runIn(dir: string, run: FilterRun): Promise<FilterResult> {
  const fifo = `${dir}/envelope_fifo`;
  const { command, env } = await withNext(dir, run);
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", startScript(run), "sh", fifo, ...command],
    clearEnv: true,
    env,
    cwd: run.cwd ?? ".",
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  run.onStart?.(child.pid);

  let timedOut = false;
  const timeoutMs = run.timeoutMs ?? 20_000;
  const timer = setTimeout(() => {
    timedOut = true;
    try {
      child.kill("SIGKILL");
    } catch {
      // It ended just now.
    }
  }, timeoutMs);
  const ended = new AbortController();

  const stderr = collect(child.stderr.getReader());
  const stdout = child.stdout.getReader();
  const envelopePipe = openEnvelope(stdout, fifo, child.status);
  const errorText = envelopePipe.then(() => collect(stdout));
  const fed = feed(run, child.stdin, envelopePipe, ended.signal);
  const outcome = Promise.all([stderr, errorText, fed]);
  // Awaited below, when the program has ended.
  outcome.catch(() => {});

  const { code, signal } = await child.status;
  clearTimeout(timer);
  ended.abort();
  const [stderrText, errorFdText] = await within(LEFTOVER_MS, outcome);
  if (timedOut) {
    throw new Error(
      `Killed ${command[0]} after ${timeoutMs} ms: ${stderrText}`,
    );
  }
  return {
    code,
    signal,
    pid: child.pid,
    stderr: stderrText,
    errorText: errorFdText,
    ...await readQueued(dir),
  };
}

/** The command and the environment, with fake_queue.sh in one of them. */
async function withNext(dir: string, run: FilterRun) {
  const command = run.nonblocking
    ? [...SET_NONBLOCKING, ...run.command]
    : [...run.command];
  const env = { ...run.env };
  const nextExit = `${run.nextExit ?? 0}`;
  if (run.next === "DKQUEUE") {
    // The way to this folder may hold a space, at which DKQUEUE is split.
    await Deno.symlink(FAKE_QUEUE, `${dir}/fake_queue.sh`);
    env.DKQUEUE = `${dir}/fake_queue.sh ${dir} ${nextExit}`;
  } else if (run.next !== "none") {
    command.push(FAKE_QUEUE, dir, nextExit);
  }
  return { command, env };
}

/**
 * A shell that arranges the descriptors and becomes the program. One byte on its stdout says
 * that the FIFO is there; opening it waits for the writer. PWD and its like are the shell's.
 */
function startScript(run: FilterRun): string {
  return `
command -p mkfifo "$1" && printf . || exit 127
${run.errorFd === undefined ? "" : `exec ${run.errorFd}>&1`}
exec 1>&- 1<"$1"
shift
${run.setup ?? ""}
unset PWD OLDPWD SHLVL
exec "$@"`;
}

/** Opens the FIFO for writing, also when nobody is left who would open it for reading. */
async function openEnvelope(
  stdout: ReadableStreamDefaultReader<Uint8Array>,
  fifo: string,
  status: Promise<unknown>,
): Promise<Deno.FsFile | undefined> {
  if ((await stdout.read()).done) return undefined;
  const opening = Deno.open(fifo, { write: true });
  const opened = await Promise.race([opening, status.then(() => undefined)]);
  if (opened !== undefined) return opened;
  const reader = await Deno.open(fifo, { read: true, write: true });
  (await opening).close();
  reader.close();
  return undefined;
}

/** Writes the message, then the envelope, for as long as the program lives. */
async function feed(
  run: FilterRun,
  stdin: WritableStream<Uint8Array>,
  envelopePipe: Promise<Deno.FsFile | undefined>,
  signal: AbortSignal,
): Promise<void> {
  await pour(run.message ?? new Uint8Array(), stdin, signal);
  const pipe = await envelopePipe;
  if (pipe === undefined) return;
  const envelope = run.envelope ??
    makeEnvelope("a@example.com", ["b@example.net"]);
  await pour(envelope, writableOf(pipe), signal);
}

/** Writes at once what it takes: `file.writable` keeps it back until it is closed. */
function writableOf(file: Deno.FsFile): WritableStream<Uint8Array> {
  return new WritableStream({
    async write(chunk) {
      try {
        for (let at = 0; at < chunk.length;) {
          at += await file.write(chunk.subarray(at));
        }
      } catch (error) {
        file.close();
        throw error;
      }
    },
    close: () => file.close(),
    abort: () => file.close(),
  });
}

/** To the end of the source, or until nobody reads. */
async function pour(
  source: Source,
  sink: WritableStream<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const stream = source instanceof Uint8Array
    ? ReadableStream.from([source])
    : source;
  try {
    await stream.pipeTo(sink, { signal });
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe || error === signal.reason) {
      return;
    }
    throw error;
  }
}

async function collect(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<string> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return await new Blob(chunks).text();
    chunks.push(new Uint8Array(value));
  }
}

async function within<T>(limitMs: number, outcome: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error("Something survives and holds descriptors open"));
    }, limitMs);
  });
  try {
    return await Promise.race([outcome, late]);
  } finally {
    clearTimeout(timer);
  }
}
