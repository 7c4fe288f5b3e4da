// What a launcher says to the resident process, without the shell and without a next program: for
// many mails in a short time, and for what no launcher would say. Refuses to know what is in a mail.

import type { Program, Resident } from "./resident.ts";
import { VERSION } from "./resident.ts";

/** A mail for the process. */
export interface SlotMail {
  program: Program;
  variables: Record<string, string>;
  message: Uint8Array;
  /** Where the sender decides. */
  envelope?: Uint8Array;
}

/** What the process has made of a mail. */
export interface SlotReply {
  /** The first line without the process id: the action, no descriptor (`-`), and numbers. */
  action: string;
  text: string;
  log: string;
  /** The finished file, if the mail is to be queued. */
  out: Uint8Array | undefined;
}

/** Has one slot, as long as it lives, for one mail at a time. */
export class SlotClient implements AsyncDisposable {
  #slots: string;
  #number: number;
  #request: Deno.FsFile;
  #replies: Deno.FsFile;
  /** A process that lives is what a claim stands for. */
  #owner: Deno.ChildProcess;

  constructor({ slots }: Resident, number: number) {
    this.#slots = slots;
    this.#number = number;
    const both = { read: true, write: true };
    this.#request = Deno.openSync(`${slots}/request`, both);
    this.#replies = Deno.openSync(`${slots}/slot.${number}`, both);
    this.#owner = new Deno.Command("/bin/cat", {
      stdin: "piped",
      stdout: "null",
    }).spawn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#request.close();
    this.#replies.close();
    await this.#owner.stdin.close();
    await this.#owner.status;
  }

  /** Gives a mail to the process, and frees the slot after it. */
  async send(
    { program, variables, message, envelope }: SlotMail,
  ): Promise<SlotReply> {
    const parts = [
      ...[program, VERSION, "/bin/true", "ann@example.com"],
      ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
      ".",
    ];
    await this.claim(parts.map((part) => `${part}\0`).join(""));
    Deno.writeFileSync(this.#path("in"), message, { createNew: true });
    if (envelope !== undefined) {
      Deno.writeFileSync(this.#path("envelope"), envelope, { createNew: true });
    }
    const [first = "", text = "", log = ""] = await this.ask();
    const action = first.slice(first.indexOf(" ") + 1);
    const out = action === "queue -"
      ? Deno.readFileSync(this.#path("out"))
      : undefined;
    this.#say("done");
    return { action, text, log, out };
  }

  /** Writes a claim once the slot is free. */
  async claim(text: string): Promise<void> {
    const claim = new TextEncoder().encode(`${this.#owner.pid}\n${text}`);
    for (;;) {
      try {
        Deno.writeFileSync(this.#path("env"), claim, { createNew: true });
        return;
      } catch (error) {
        if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
        await new Promise((resolve) => setTimeout(resolve));
      }
    }
  }

  /** Asks, and waits for the lines of the reply. */
  async ask(): Promise<string[]> {
    this.#say("new");
    const buffer = new Uint8Array(1 << 16);
    const count = await this.#replies.read(buffer);
    return new TextDecoder().decode(buffer.subarray(0, count!)).split("\n");
  }

  #say(word: string): void {
    const line = new TextEncoder().encode(`${word} ${this.#number}\n`);
    this.#request.writeSync(line);
  }

  #path(file: string): string {
    return `${this.#slots}/${file}.${this.#number}`;
  }
}
