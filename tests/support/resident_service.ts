// A resident process as an installation has it started: by the run script of its service. Knows no
// supervisor.

import { Folder } from "../../lib/system/slots/folder.ts";
import { PLACES } from "../../scripts/install/resident_place.ts";
import { until } from "../debian/daemon.ts";
import type { Prefix } from "./requirements.ts";

/** What a run script needs to become the user of a place, if root installs and there is that user. */
export const CAN_BECOME: Prefix = becoming();

function becoming(): Prefix {
  const hasUser = new Deno.Command("id", {
    args: [PLACES.smtpd.user],
    stdout: "null",
    stderr: "null",
  }).outputSync().success;
  if (Deno.uid() !== 0 || !hasUser) return { words: [] };
  const tools = ["setuidgid", "chpst", "s6-setuidgid"];
  const path = (Deno.env.get("PATH") ?? "").split(":");
  return tools.some((tool) => path.some((dir) => isThere(`${dir}/${tool}`)))
    ? { words: [] }
    : { missing: `no ${tools.join(", no ")}` };
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    // It is not there.
    return false;
  }
}

/** Tells whether a process with that number exists. */
export function isAlive(pid: number): boolean {
  try {
    Deno.statSync(`/proc/${pid}`);
    return true;
  } catch {
    return false;
  }
}

/** A process that serves. */
export class ResidentService implements AsyncDisposable {
  readonly pid: number;
  #process: Deno.ChildProcess;
  #log: Promise<string>;

  private constructor(process: Deno.ChildProcess, log: Promise<string>) {
    this.#process = process;
    this.#log = log;
    this.pid = process.pid;
  }

  /** Starts the process for SMTP of an installation, and waits until it serves. */
  static async start(prefix: string): Promise<ResidentService> {
    const process = new Deno.Command(
      `${prefix}/service/${PLACES.smtpd.name}/run`,
      { stdin: "null", stdout: "piped", stderr: "inherit" },
    ).spawn();
    const log = new Response(process.stdout).text();
    const service = new ResidentService(process, log);
    const place = `${prefix}/${PLACES.smtpd.folder}`;
    await until(
      "the process serves",
      () => Folder.servedBy(place) === process.pid,
    );
    return service;
  }

  /** Waits until it has ended, and gives its exit code and its log. */
  async ended(): Promise<{ code: number; log: string }> {
    const { code } = await this.#process.status;
    return { code, log: await this.#log };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (isAlive(this.pid)) {
      try {
        // A stopped one is to end too.
        this.#process.kill("SIGKILL");
      } catch {
        // It has ended meanwhile.
      }
    }
    await this.ended();
  }
}
