// A resident process on a folder of its own, and launchers that meet it there. Refuses to know what
// the programs do with a mail.

import { assert } from "@std/assert";
import { bundle } from "../../scripts/build/bundle.ts";
import { PROGRAMS } from "../../scripts/build/programs.ts";
import { formatLauncher } from "../../scripts/install/launcher.ts";
import { commandOf } from "./programs.ts";

/** What the folder above the programs is called: process and launchers have it in common. */
export const VERSION = "tested";

/** A program that has a resident way. */
export type Program = "dk-sign" | "dk-verify" | "qmail-dk" | "dk-remote";

/** How a launcher is, beside its program. */
export interface Launched {
  /** What runs it, with its arguments. */
  shell?: string;
  defaults?: Record<string, string>;
  version?: string;
  /** The cat(1) that it copies with. */
  cat?: string;
  /** The words of the one-shot way. */
  command?: string[];
}

/** The process, as its supervisor has it; a folder with its slots and its launchers. */
export class Resident implements AsyncDisposable {
  readonly folder: string;
  /** Where launchers and process meet. */
  readonly slots: string;
  /** What the process has said since it began. */
  log = "";
  #bundle: string;
  #process: Deno.ChildProcess | undefined;
  #logging: Promise<void> | undefined;

  private constructor(folder: string) {
    this.folder = folder;
    this.slots = `${folder}/slots`;
    this.#bundle = `${folder}/${VERSION}/programs/dk-resident.js`;
  }

  /** Makes the folder, and starts nothing yet. */
  static async make(): Promise<Resident> {
    const resident = new Resident(
      await Deno.makeTempDir({ prefix: "dk_resident_" }),
    );
    await Deno.mkdir(resident.slots, { mode: 0o700 });
    await Deno.mkdir(`${resident.folder}/${VERSION}/programs`, {
      recursive: true,
    });
    await Deno.writeTextFile(
      resident.#bundle,
      await bundle("filters/dk_resident.ts", "module"),
    );
    return resident;
  }

  /** Makes the folder, and starts the process. */
  static async open(...options: string[]): Promise<Resident> {
    const resident = await Resident.make();
    await resident.start(...options);
    return resident;
  }

  get pid(): number {
    return this.#process!.pid;
  }

  /** The words that start another process on the folder. */
  command(...options: string[]): string[] {
    const { flags } = PROGRAMS.find(({ name }) => name === "dk-resident")!;
    return [
      ...[Deno.execPath(), "run", "--no-config", "--no-lock", ...flags],
      ...[this.#bundle, ...options, this.slots],
    ];
  }

  /**
   * Starts the process, and waits until launchers can meet it.
   *
   * @param options Words in front of the folder.
   */
  async start(...options: string[]): Promise<void> {
    await this.startBy([], ...options);
  }

  /** The same by way of another program. */
  async startBy(prefix: string[], ...options: string[]): Promise<void> {
    const [program = "", ...args] = [...prefix, ...this.command(...options)];
    this.log = "";
    this.#process = new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const serves = Promise.withResolvers<void>();
    this.#logging = this.#read(this.#process.stderr, serves.resolve);
    await serves.promise;
    assert(this.log.includes("dk-resident: serves "), this.log);
  }

  /** Ends the process, and waits for that. */
  async kill(signal: Deno.Signal = "SIGKILL"): Promise<Deno.CommandStatus> {
    const process = this.#process!;
    try {
      process.kill(signal);
    } catch (error) {
      // It has ended of its own accord.
      if (!(error instanceof TypeError)) throw error;
    }
    return await this.ended();
  }

  /** Waits until the process is dead, without burying it. */
  async died(): Promise<void> {
    await this.#process!.status;
  }

  /** Waits until the process has ended. */
  async ended(): Promise<Deno.CommandStatus> {
    const status = await this.#process!.status;
    await this.#logging;
    this.#process = undefined;
    return status;
  }

  /** The words that start a bundle. */
  runs(path: string): string[] {
    return [
      Deno.execPath(),
      ...["run", "--no-config", "--no-lock", "--unstable-net", "-A", path],
    ];
  }

  /** Writes the launcher of a program, whose one-shot way is the program under test. */
  async launcherOf(
    name: Program,
    {
      shell = "/bin/sh",
      defaults = {},
      version = VERSION,
      cat = "/bin/cat",
      command = commandOf(name),
    }: Launched = {},
  ): Promise<string[]> {
    const isRemote = name === "dk-remote";
    const text = formatLauncher({
      name,
      title: `${name} under test`,
      command,
      firstLines: {},
      home: "/nonexistent",
      defaults,
      base64: "/usr/bin/base64",
      isCompiled: false,
      isFilter: true,
      isRemote,
      resident: {
        name,
        isRemote,
        version,
        folder: this.slots,
        defaults,
        cat,
      },
    });
    const path = `${this.folder}/${name}`;
    await Deno.writeTextFile(
      path,
      text.replace("#!/bin/sh", `#!${shell}`),
      { mode: 0o755 },
    );
    return [path];
  }

  /** How many mails the process has answered so, by its own count. */
  async answered(answer: string): Promise<number> {
    const counts = await this.counts();
    return Object.entries(counts)
      .filter(([key]) => key.includes(`answer="${answer}"`))
      .reduce((sum, [, count]) => sum + count, 0);
  }

  /** How many mails it has answered in each way, by its own count. */
  async answers(): Promise<Record<string, number>> {
    const answers: Record<string, number> = {};
    for (const [key, count] of Object.entries(await this.counts())) {
      const [, answer] = /^dk_mails_total\{.*answer="(.*)"/.exec(key) ?? [];
      if (answer !== undefined) {
        answers[answer] = (answers[answer] ?? 0) + count;
      }
    }
    return answers;
  }

  /** Its statistics; ends the process, which writes them last. */
  async counts(): Promise<Record<string, number>> {
    if (this.#process !== undefined) await this.kill("SIGTERM");
    const text = await Deno.readTextFile(`${this.slots}/metrics.prom`);
    return Object.fromEntries(
      text.split("\n").filter((line) => /^[^#]/.test(line)).map((line) => {
        const at = line.lastIndexOf(" ");
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
    );
  }

  /** What is in the folder beside what belongs there for good. */
  mailFiles(): string[] {
    return [...Deno.readDirSync(this.slots)].map(({ name }) => name)
      .filter((name) => /^(in|out|env|envelope)\./.test(name)).sort();
  }

  /** Waits until no file of a mail is there any more. */
  async emptied(seconds = 60): Promise<void> {
    for (let tries = 0; this.mailFiles().length > 0; tries++) {
      assert(tries < 100 * seconds, `left: ${this.mailFiles().join()}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process !== undefined) await this.kill();
    await Deno.remove(this.folder, { recursive: true });
  }

  async #read(
    stream: ReadableStream<Uint8Array>,
    serves: () => void,
  ): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.log += text;
      if (this.log.includes("\n")) serves();
    }
    serves();
  }
}
