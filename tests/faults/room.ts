// A folder that can be full: a small file system of its own, in a mount namespace that goes when we
// do; for a TMPDIR where mounting is not allowed, a limit on the size of files. Knows no message.

import { MOUNTING, type Prefix } from "../support/requirements.ts";
import { pathOf } from "../debian/requirements.ts";

/** A TMPDIR, and the words that bring a program into it. */
export interface Room extends AsyncDisposable {
  /** For the report. */
  readonly kind: string;
  /** Lines of /bin/sh, to be followed by the program. */
  readonly entrance: string;
  fill(): Promise<void>;
  empty(): Promise<void>;
  /** What has been left behind by others. */
  leftovers(): string[];
}

/** As one's own root, one's programs would be of another user than the server. */
export const MAY_MOUNT: Prefix = "words" in MOUNTING &&
    MOUNTING.words.includes("-r")
  ? { missing: "mounting is not allowed" }
  : MOUNTING;

const SIZE = "32m";
const FILLER = "filler";
const MIB = new Uint8Array(1 << 20);

/** @param folder Where TMPDIR is to be. */
export async function openRoom(folder: string): Promise<Room> {
  await Deno.mkdir(folder);
  return "words" in MAY_MOUNT
    ? await MountedRoom.open(folder, `size=${SIZE}`)
    : new LimitedRoom(folder);
}

/** A file system of its own, for who enters its namespace. */
export class MountedRoom implements Room {
  readonly kind: string;
  readonly entrance: string;
  /** Where those find it who have not entered. */
  readonly folder: string;
  #holder: Deno.ChildProcess;

  private constructor(
    holder: Deno.ChildProcess,
    folder: string,
    options: string,
  ) {
    this.#holder = holder;
    this.kind = `a file system of ${options}`;
    this.entrance = `${pathOf("nsenter")} --mount --target ${holder.pid}`;
    this.folder = `/proc/${holder.pid}/root${folder}`;
  }

  /**
   * The namespace lives as long as a shell that waits for its stdin to be closed.
   *
   * @param options Those of a tmpfs(5).
   */
  static async open(folder: string, options: string): Promise<MountedRoom> {
    const script = 'mount -t tmpfs -o "$1" none "$2" && echo && read -r line';
    const holder = new Deno.Command(pathOf("unshare"), {
      args: ["-m", "/bin/sh", "-c", script, "sh", options, folder],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const reader = holder.stdout.getReader();
    const { done } = await reader.read();
    if (done) throw new Error("Cannot mount a file system");
    await reader.cancel();
    return new MountedRoom(holder, folder, options);
  }

  async fill(): Promise<void> {
    using file = await Deno.open(`${this.folder}/${FILLER}`, {
      create: true,
      append: true,
    });
    for (;;) {
      try {
        await file.write(MIB);
      } catch (error) {
        if (isFull(error)) return;
        throw error;
      }
    }
  }

  /** Takes every name that there is room for. */
  fillNames(): void {
    try {
      for (let n = 0;; n++) {
        Deno.writeTextFileSync(`${this.folder}/${FILLER}.${n}`, "");
      }
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }

  async empty(): Promise<void> {
    for (const { name } of Deno.readDirSync(this.folder)) {
      if (name.startsWith(FILLER)) await Deno.remove(`${this.folder}/${name}`);
    }
  }

  leftovers(): string[] {
    return namesIn(this.folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#holder.stdin.close();
    await this.#holder.status;
  }
}

class LimitedRoom implements Room {
  readonly kind = "a limit on the size of files";
  readonly entrance: string;
  #folder: string;
  #flag: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#flag = `${folder}.is_full`;
    // In blocks of 512 bytes: room for what is kept in memory, and not for more.
    this.entrance =
      `[ -e '${this.#flag}' ] && { trap '' XFSZ; ulimit -S -f 8400; }\n`;
  }

  async fill(): Promise<void> {
    await Deno.writeTextFile(this.#flag, "");
  }

  async empty(): Promise<void> {
    await Deno.remove(this.#flag);
  }

  leftovers(): string[] {
    return namesIn(this.#folder);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

function namesIn(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name)
    .filter((name) => !name.startsWith(FILLER));
}

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOSPC";
}
