// Many mails through launchers, each with its envelope in a file and a next program that keeps what it is
// given: cheaper than tests/support/queue.ts, which looks at everything.

import { makeEnvelope } from "./queue.ts";
import { MAIL } from "./mail.ts";

/** Keeps fd 0 as `queue/PID.SERIAL.FILE`, whole or not at all; `out.N` is of a resident process. */
const KEEP = `#!/bin/sh
file=$(/bin/readlink /proc/$$/fd/0)
file=\${file##*/}
/bin/cat >"$1/half.$$" &&
  exec /bin/mv "$1/half.$$" "$1/queue/$$.$2.\${file%% *}"
`;

/** What was sent, and what was said to it. */
export interface PlainMail {
  serial: number;
  message: Uint8Array;
  /** Exit code, 128 and the signal after one. */
  code?: number;
  stderr: string;
}

/** What a launcher has its messages in. */
export type Way = "file" | "pipe";

/** A folder for mails. */
export class Outbox implements AsyncDisposable {
  readonly folder: string;
  readonly mails: PlainMail[] = [];
  #way: Way;

  private constructor(folder: string, way: Way) {
    this.folder = folder;
    this.#way = way;
  }

  static async open(way: Way = "file"): Promise<Outbox> {
    const folder = await Deno.makeTempDir({ prefix: "dk_outbox_" });
    await Deno.mkdir(`${folder}/queue`);
    await Deno.writeTextFile(`${folder}/keep`, KEEP, { mode: 0o755 });
    await Deno.writeFile(
      `${folder}/envelope`,
      makeEnvelope("ann@example.com", ["bob@example.net"]),
    );
    return new Outbox(folder, way);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }

  /**
   * Sends a mail, and waits for what becomes of it.
   *
   * @param command A launcher, with words in front of it.
   * @param body What the message ends with.
   * @param onStart Called with the process id.
   * @param fields What it begins with.
   */
  async send(
    command: string[],
    env: Record<string, string>,
    body = "",
    onStart?: (pid: number) => void,
    fields = "",
  ): Promise<PlainMail> {
    const serial = this.mails.length;
    const message = new TextEncoder().encode(
      `${fields}X-Serial: ${serial}\n${MAIL}${body}`,
    );
    const mail: PlainMail = { serial, message, stderr: "" };
    this.mails.push(mail);
    const path = `${this.folder}/message.${serial}`;
    await Deno.writeFile(path, message);
    const process = new Deno.Command("/bin/sh", {
      args: [
        ...["-c", `${this.#opening} 1<"$1"; shift; exec "$@"`],
        ...[path, `${this.folder}/envelope`, ...command],
        ...[`${this.folder}/keep`, this.folder, `${serial}`],
      ],
      clearEnv: true,
      env,
      stdin: this.#way === "pipe" ? "piped" : "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    onStart?.(process.pid);
    const [{ code, stderr }] = await Promise.all([
      process.output(),
      this.#way === "pipe" ? write(process.stdin, message) : undefined,
    ]);
    mail.code = code;
    mail.stderr = new TextDecoder().decode(stderr);
    await Deno.remove(path);
    return mail;
  }

  get #opening(): string {
    return this.#way === "pipe" ? "exec" : 'exec <"$0"';
  }

  /** The names of the files that the next program was given, by serial. */
  files(): Map<number, string[]> {
    const found = new Map<number, string[]>();
    for (const { name } of Deno.readDirSync(`${this.folder}/queue`)) {
      const serial = Number(name.split(".")[1]);
      found.set(serial, [...found.get(serial) ?? [], name]);
    }
    return found;
  }

  read(name: string): Promise<Uint8Array> {
    return Deno.readFile(`${this.folder}/queue/${name}`);
  }

  /** What the next program was given, by serial. */
  async queued(): Promise<Map<number, Uint8Array[]>> {
    const found = new Map<number, Uint8Array[]>();
    for (const [serial, names] of this.files()) {
      found.set(
        serial,
        await Promise.all(names.map((name) => this.read(name))),
      );
    }
    return found;
  }
}

/** Who ends early does not read all of it. */
async function write(
  pipe: WritableStream<Uint8Array>,
  message: Uint8Array,
): Promise<void> {
  const writer = pipe.getWriter();
  try {
    await writer.write(message);
    await writer.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
