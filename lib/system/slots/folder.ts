// The folder in which launchers meet the resident process: a FIFO for requests, one for the replies of
// each slot, and `pid`. FIFOs are made once and never replaced, since a launcher may be waiting to open
// one. Only the owner may enter the folder: who can write here can send mail.

import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { toText } from "../../message/octets.ts";
import { messageOf } from "../process/error_message.ts";
import { cString, type Libc } from "../process/libc.ts";
import { O_CLOEXEC, O_NOFOLLOW, O_NONBLOCK } from "../process/open_flags.ts";
import { Slot } from "./slot.ts";

const O_RDWR = 2;

/** A launcher looks for as many, and waits at the FIFO of the one that it finds. */
export const SLOTS = 64;

/** What the process has done, for node_exporter's textfile collector. */
export const METRICS = "metrics.prom";

/** A line of `request`. */
export type Request =
  | {
    is: "new" | "done";
    slot: number;
    /** The launcher; those of an earlier version do not say it. */
    pid: number | undefined;
  }
  /** A launcher found no slot. */
  | { is: "full" }
  /** A line that no launcher writes. */
  | { is: "unknown" };

/** A folder that this process serves alone. */
export class Folder implements Disposable {
  readonly path: string;
  readonly slots: Slot[];
  #libc: Libc;
  #lock: Deno.FsFile;
  #request: number;

  private constructor(
    libc: Libc,
    path: string,
    lock: Deno.FsFile,
  ) {
    this.#libc = libc;
    this.#lock = lock;
    this.path = path;
    this.#request = this.#openFifo("request", O_NONBLOCK);
    const { dev, ino } = Deno.statSync(`${path}/request`);
    const isRequest = (info: Deno.FileInfo) =>
      info.dev === dev && info.ino === ino;
    this.slots = Array.from({ length: SLOTS }, (_, n) => {
      const fd = this.#openFifo(`slot.${n}`, O_NONBLOCK);
      return new Slot(libc, path, n, fd, isRequest);
    });
  }

  /**
   * Opens a folder, once the process before this one has left it.
   *
   * @throws {StepFailed} 55 for a folder that others may enter, that is not ours or that is a link.
   */
  static async open(libc: Libc, path: string): Promise<Folder> {
    checkFolder(path);
    const lock = await Deno.open(`${path}/lock`, {
      write: true,
      create: true,
      mode: 0o600,
    });
    await lock.lock(true);
    const absolute = path.startsWith("/") ? path : `${Deno.cwd()}/${path}`;
    Deno.chdir(absolute);
    return new Folder(libc, absolute, lock);
  }

  /**
   * Gives the process id in `pid`; `undefined` if that process does not serve the folder: it would be in
   * it. Needs /proc, and to be root or of that user.
   */
  static servedBy(path: string): number | undefined {
    const pid = Number(Folder.read(path, "pid"));
    return pid > 0 && isFolderOf(pid, path) ? pid : undefined;
  }

  /** Reads a file; `undefined` if it is missing. */
  static read(path: string, name: string): string | undefined {
    try {
      return Deno.readTextFileSync(`${path}/${name}`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Writes `pid`: from here on launchers ask. */
  invite(): void {
    this.write("pid", `${Deno.pid}\n`);
  }

  /** Tells whether launchers still find what this process serves. */
  isThere(): boolean {
    try {
      return Deno.lstatSync(`${this.path}/lock`).ino ===
        this.#lock.statSync().ino;
    } catch {
      return false;
    }
  }

  /**
   * Writes a file whole.
   *
   * @throws {StepFailed} 53 for one that cannot be written.
   */
  write(name: string, text: string): void {
    const path = `${this.path}/${name}`;
    try {
      Deno.writeTextFileSync(`${path}.new`, text, { mode: 0o600 });
      Deno.renameSync(`${path}.new`, path);
    } catch (error) {
      throw new StepFailed(
        EXIT.write,
        `Cannot write "${path}": ${messageOf(error)}`,
      );
    }
  }

  /** Removes `pid`: from here on launchers do everything themselves. */
  uninvite(): void {
    try {
      Deno.removeSync(`${this.path}/pid`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Yields the requests of launchers until the process ends. */
  async *requests(): AsyncGenerator<Request> {
    // The runtime would read a file, or call the C library, on another thread: 0.1 ms more a request.
    const { Socket } = await import("node:net");
    const socket = new Socket({
      fd: this.#request,
      readable: true,
      writable: false,
    });
    let rest = "";
    for await (const chunk of socket) {
      const lines = (rest + toText(chunk)).split("\n");
      // A line is short; what goes on and on is none.
      rest = lines.pop()!.slice(-100);
      for (const line of lines) yield this.#parse(line);
    }
  }

  [Symbol.dispose](): void {
    this.uninvite();
    this.#lock.close();
  }

  #parse(line: string): Request {
    // What stands before it is garbage that had no end.
    if (line.endsWith("full")) return { is: "full" };
    const [, is, digits, pid] =
      /(new|done) ([0-9]{1,4})(?: ([0-9]{1,10}))?$/.exec(line) ?? [];
    const slot = Number(digits);
    return (is === "new" || is === "done") && slot < this.slots.length
      ? { is, slot, pid: pid === undefined ? undefined : Number(pid) }
      : { is: "unknown" };
  }

  /** Opens a FIFO for writing too: otherwise each writer that closes it would end the reading. */
  #openFifo(name: string, flags: number): number {
    const path = `${this.path}/${name}`;
    this.#libc.here("fifo").mkfifo(cString(path), 0o600);
    const fd = this.#libc.here("opening").open(
      cString(path),
      O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags,
      0,
    );
    if (fd === -1 || Deno.lstatSync(path).isFifo !== true) {
      throw new StepFailed(EXIT.configuration, `"${path}" is no FIFO of ours`);
    }
    return fd;
  }
}

function isFolderOf(pid: number, path: string): boolean {
  try {
    const [folder, own] = [path, `/proc/${pid}/cwd`].map((path) =>
      Deno.statSync(path)
    );
    return folder!.dev === own!.dev && folder!.ino === own!.ino;
  } catch {
    // There is no such process.
    return false;
  }
}

function checkFolder(path: string): void {
  const { isDirectory, uid, mode } = lookAt(path);
  const wrong = !isDirectory
    ? "is no folder"
    : uid !== Deno.uid()
    ? `belongs to the user ${uid}, and this is the user ${Deno.uid()}`
    : ((mode ?? 0) & 0o077) !== 0
    ? "can be entered by others: chmod 0700"
    : undefined;
  if (wrong === undefined) return;
  throw new StepFailed(EXIT.configuration, `Cannot use "${path}": it ${wrong}`);
}

/** A slash at the end would follow a link. */
function lookAt(path: string): Deno.FileInfo {
  try {
    return Deno.lstatSync(path.replace(/(?<=.)\/+$/, ""));
  } catch (error) {
    throw new StepFailed(
      EXIT.configuration,
      `Cannot use "${path}": ${messageOf(error)}`,
    );
  }
}
