// Starts a program again whenever it has ended, as daemontools does, and counts why it has. Knows no
// mail.

import { sleep } from "./progress.ts";

/** daemontools waits for a second. */
const PAUSE_MS = 300;

/** A program that is kept running. */
export class Supervisor implements AsyncDisposable {
  /** How often the program has ended, by signal or by what it said last. */
  readonly ends: Record<string, number> = {};
  #command: string[];
  #process: Deno.ChildProcess | undefined;
  #isWanted = true;
  #running: Promise<void>;

  constructor(command: string[]) {
    this.#command = command;
    this.#running = this.#run();
  }

  /** Sends a signal, if there is a process at the moment. */
  kill(signal: Deno.Signal): boolean {
    try {
      this.#process?.kill(signal);
      return this.#process !== undefined;
    } catch (error) {
      // It has ended just now.
      if (error instanceof TypeError) return false;
      throw error;
    }
  }

  /** Ends the program for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isWanted = false;
    this.kill("SIGCONT");
    this.kill("SIGTERM");
    await this.#running;
  }

  async #run(): Promise<void> {
    const [program = "", ...args] = this.#command;
    while (this.#isWanted) {
      this.#process = new Deno.Command(program, {
        args,
        clearEnv: true,
        env: { PATH: "/usr/bin:/bin" },
        stdin: "null",
        stdout: "piped",
      }).spawn();
      const log = await new Response(this.#process.stdout).text();
      const { signal } = await this.#process.status;
      this.#process = undefined;
      const why = signal ?? /ended reason="?([^"]*?)"? qp=/.exec(log)?.[1] ??
        log;
      this.ends[why] = (this.ends[why] ?? 0) + 1;
      if (this.#isWanted) await sleep(PAUSE_MS);
    }
  }
}
