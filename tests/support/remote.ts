// Runs a program with the qmail-remote interface as qmail-rspawn does: the message is an open file
// on fd 0, a pipe on fd 1 takes the report. What reaches the next program, fake_remote.sh writes
// down. Needs /proc.

import { descendantsOf } from "../faults/processes.ts";
import { type Descriptor, parseDescriptors, parseStatus } from "./queued.ts";

/** After this long the program is killed and the run throws. */
const TIMEOUT_MS = 20_000;

const FAKE_REMOTE = `${import.meta.dirname}/fake_remote.sh`;

/** What {@linkcode runRemote} starts, and in what surroundings. */
export interface RemoteRun {
  /** The program, by a path, and its arguments. */
  command: string[];
  /** Default: empty. */
  message?: Uint8Array;
  /** The whole environment, but for the shell's own `PWD`. */
  env?: Record<string, string>;
  /** Lines of /bin/sh right before the program, with its descriptors in place. */
  setup?: string;
  /** The next program is named by DKREMOTE; if not, it is only there. */
  named?: boolean;
  /** What fake_remote.sh prints; one byte for each character. */
  report?: string;
  /** What it exits with or dies by. Default: 0. */
  exit?: number | Deno.Signal;
  /** Called with the process id and the folder of fake_remote.sh. */
  onStart?: (pid: number, folder: string) => void;
}

/** What the next program was given. */
export interface Sent {
  /** Behind the name of the program; one character for each byte. */
  args: string[];
  /** fd 0 to its end. */
  message: Uint8Array;
  /** Of the file on fd 0. */
  size: number;
  /** `NAME=value` in the order of the environment; one character for each byte. */
  environ: string[];
  fds: Map<number, Descriptor>;
  /** /proc/PID/limits, as it is. */
  limits: string;
  status: Record<string, string>;
}

/** How a run went. */
export interface RemoteResult {
  code: number;
  signal: Deno.Signal | null;
  pid: number;
  /** fd 1; one character for each byte. */
  report: string;
  /** fd 2, likewise. */
  stderr: string;
  /** The next program ran, whether or not it came to its end. */
  started: boolean;
  /** What it was given, when it came to the end of fd 0. */
  sent?: Sent;
}

/** Starts a program with the qmail-remote interface and waits for its end. */
export async function runRemote(run: RemoteRun): Promise<RemoteResult> {
  const folder = await Deno.makeTempDir({ prefix: "run_remote_" });
  try {
    return await runIn(folder, run);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function runIn(folder: string, run: RemoteRun): Promise<RemoteResult> {
  const { report = "rfine\0Kaccepted\n\0", exit = 0, named = true } = run;
  await Deno.symlink(FAKE_REMOTE, `${folder}/qmail-remote`);
  await Deno.writeFile(`${folder}/report`, fromText(report));
  await Deno.writeTextFile(`${folder}/exit`, `${exit}`);
  await Deno.writeFile(`${folder}/input`, run.message ?? new Uint8Array());
  const script = `exec 0<"$1"; shift
${run.setup ?? ""}
unset PWD OLDPWD SHLVL
exec "$@"`;
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", script, "sh", `${folder}/input`, ...run.command],
    clearEnv: true,
    env: {
      ...named ? { DKREMOTE: `${folder}/qmail-remote` } : {},
      ...run.env,
    },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  run.onStart?.(child.pid, folder);
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    for (const { pid } of descendantsOf(child.pid)) Deno.kill(pid, "SIGKILL");
    child.kill("SIGKILL");
  }, TIMEOUT_MS);
  const { code, signal, stdout, stderr } = await child.output();
  clearTimeout(timer);
  if (isOver) throw new Error(`Killed ${run.command} after ${TIMEOUT_MS} ms`);
  return {
    code,
    signal,
    pid: child.pid,
    report: toText(stdout),
    stderr: toText(stderr),
    started: await exists(`${folder}/started`),
    ...await exists(`${folder}/done`) ? { sent: await readSent(folder) } : {},
  };
}

async function readSent(folder: string): Promise<Sent> {
  const words = async (name: string) =>
    toText(await Deno.readFile(`${folder}/${name}`)).split("\0").slice(0, -1);
  return {
    // In front of them are the shell and its script.
    args: (await words("cmdline")).slice(2),
    message: await Deno.readFile(`${folder}/message`),
    size: Number(await Deno.readTextFile(`${folder}/size`)),
    environ: await words("environ"),
    fds: parseDescriptors(
      await Deno.readTextFile(`${folder}/fds`),
      "/fake_remote.sh",
    ),
    limits: await Deno.readTextFile(`${folder}/limits`),
    status: parseStatus(await Deno.readTextFile(`${folder}/status`)),
  };
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function fromText(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function toText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/**
 * What qmail-rspawn tells qmail-send of a delivery (report() in qmail-rspawn.c of qmail 1.03 and
 * notqmail 1.09): K, Z or D, and a text.
 *
 * @param output What was on fds 1 and 2, which are the same pipe.
 */
export function rspawnReport(
  { code, signal }: { code: number; signal: string | null },
  output: string,
): string {
  if (signal !== null) return "Zqmail-remote crashed.\n";
  if (code === 111) return "ZUnable to run qmail-remote.\n";
  if (code !== 0) return "DUnable to run qmail-remote.\n";
  if (output === "") return "Zqmail-remote produced no output.\n";
  const whole = output.split("\0").slice(0, -1);
  const message = whole.find((part) => /^[KZD]/.test(part));
  const result = { K: 1, Z: 0, D: -1 }[message?.[0] ?? "D"]!;
  const own = output.startsWith("s") ? 0 : output.startsWith("h") ? -1 : result;
  const letter = own === 1 ? "K" : own === 0 ? "Z" : "D";
  // The first part may be the message's own: then nothing follows it.
  const [first, second = ""] = whole;
  if (first === undefined) return letter;
  const rest = result <= own && /^[KZD]/.test(second) ? second.slice(1) : "";
  return letter + first.slice(1) + rest;
}
