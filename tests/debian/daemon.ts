// A daemon in the foreground: started, waited for until it serves, and ended by its process id.
// Knows no protocol.

/** How a daemon is started. */
export interface DaemonRun {
  /** A path and arguments. */
  command: string[];
  /** The whole environment. */
  env?: Record<string, string>;
  cwd?: string;
  /** Asked again and again until it says so. Default: at once when something is on stdout. */
  isReady?: () => Promise<boolean>;
}

const READY_LIMIT_MS = 30_000;
const END_LIMIT_MS = 5000;
const PAUSE_MS = 20;

/** A daemon that serves. */
export class Daemon implements AsyncDisposable {
  #process: Deno.ChildProcess;
  #name: string;
  #output = { stdout: "", stderr: "" };
  #read: Promise<unknown>;
  #hasEnded = false;

  private constructor({ command, env = {}, cwd }: DaemonRun) {
    const [path = "", ...args] = command;
    this.#name = path.slice(path.lastIndexOf("/") + 1);
    this.#process = new Deno.Command(path, {
      args,
      clearEnv: true,
      env,
      ...(cwd === undefined ? {} : { cwd }),
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#read = Promise.all([
      this.#collect("stdout"),
      this.#collect("stderr"),
    ]);
    this.#process.status.then(() => this.#hasEnded = true);
  }

  /** @throws {Error} If it ends, or does not serve in time; with what it has said. */
  static async start(run: DaemonRun): Promise<Daemon> {
    const daemon = new Daemon(run);
    const isReady = run.isReady ??
      (() => Promise.resolve(daemon.stdout !== ""));
    try {
      await until(`"${daemon.#name}" serves`, async () => {
        if (daemon.#hasEnded) throw new Error(`"${daemon.#name}" has ended`);
        return await isReady();
      });
    } catch (error) {
      await daemon.end();
      throw new Error(daemon.stdout + daemon.stderr, { cause: error });
    }
    return daemon;
  }

  /** What it has said so far. */
  get stdout(): string {
    return this.#output.stdout;
  }

  /** What it has logged so far. */
  get stderr(): string {
    return this.#output.stderr;
  }

  async end(): Promise<void> {
    this.#kill("SIGTERM");
    const timer = setTimeout(() => this.#kill("SIGKILL"), END_LIMIT_MS);
    await this.#process.status;
    clearTimeout(timer);
    let late: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([
      this.#read,
      new Promise((_, reject) => {
        const error = new Error(`A child of "${this.#name}" survives it`);
        late = setTimeout(() => reject(error), END_LIMIT_MS);
      }),
    ]);
    clearTimeout(late);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  #kill(signal: Deno.Signal): void {
    try {
      this.#process.kill(signal);
    } catch (error) {
      // It has ended by itself.
      if (!this.#hasEnded && !(error instanceof TypeError)) throw error;
    }
  }

  async #collect(name: "stdout" | "stderr"): Promise<void> {
    const text = this.#process[name].pipeThrough(new TextDecoderStream());
    for await (const piece of text) this.#output[name] += piece;
  }
}

/**
 * Waits for something to become true.
 *
 * @param what For the error text.
 * @throws {Error} If it does not in time.
 */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadlineMs = performance.now() + READY_LIMIT_MS;
  while (!await isTrue()) {
    if (performance.now() > deadlineMs) {
      throw new Error(`Waited ${READY_LIMIT_MS} ms until ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** An address on loopback that nobody else has: Linux has all of 127.0.0.0/8. */
export function makeAddress(): string {
  const octets = crypto.getRandomValues(new Uint8Array(3));
  return `127.${octets.map((octet) => 1 + octet % 254).join(".")}`;
}
