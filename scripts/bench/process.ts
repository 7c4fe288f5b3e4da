// Runs a subject once, as it is measured: with a message of the right spelling, and with a look at
// whether it has done anything.

import { existsSync } from "node:fs";
import {
  type Figures,
  measureProcess,
  ProcessFailed,
} from "../host/measure_process.ts";
import { ENVIRONMENT } from "./fixtures.ts";
import { type Mail, messageFor } from "./mails.ts";
import type { Subject } from "./subjects.ts";

/** A program that does not do what it is measured for. */
export class Broken extends Error {
  override name = "Broken";
}

const ENVELOPE = "Falice@example.com\0Tbob@example.net\0\0";

/** Files for the one process that runs at a time. */
export class Desk {
  readonly output: string;
  readonly #envelope: string;

  constructor(folder: string) {
    this.output = `${folder}/output`;
    this.#envelope = `${folder}/envelope`;
    Deno.writeTextFileSync(this.#envelope, ENVELOPE);
  }

  /**
   * @param keep Have a next program that writes what it is given into the output.
   * @throws {Broken} If it exits with another code than 0, or does not write what it should.
   */
  run(subject: Subject, mail: Mail, { withPeak = false, keep = false } = {}) {
    this.#clear();
    const { command, env, fd1, name, task } = subject;
    const message = messageFor(subject, mail);
    const words = command(message, this.output);
    if (fd1 === "envelope") words.push(...nextProgram(keep && this.output));
    const environment = { ...ENVIRONMENT, ...env };
    const second = {
      envelope: this.#envelope,
      output: { output: this.output },
      nothing: { output: "/dev/null" },
    }[fd1];
    let figures: Figures;
    try {
      figures = measureProcess(words, environment, message, second, withPeak);
    } catch (error) {
      if (!(error instanceof ProcessFailed)) throw error;
      throw new Broken(`${name} (${task}): ${error.message}`);
    }
    if (fd1 !== "envelope" || keep) this.#checkOutput(subject);
    return figures;
  }

  #clear(): void {
    if (existsSync(this.output)) Deno.removeSync(this.output);
  }

  #checkOutput({ name, task, kind, result, fd1 }: Subject): void {
    if (result === "nothing" && fd1 === "output") return;
    if (!existsSync(this.output) || Deno.statSync(this.output).size === 0) {
      throw new Broken(`${name} (${task}) has written nothing`);
    }
    if (!(result instanceof RegExp)) return;
    const text = Deno.readTextFileSync(this.output);
    if (result.test(text)) return;
    const start = kind === "ours" ? text.slice(0, 500) : text;
    throw new Broken(`${name} (${task}) does not find it good: ${start}`);
  }
}

function nextProgram(output: string | false): string[] {
  return output === false
    ? ["/bin/true"]
    : ["/bin/sh", "-c", 'exec cat >"$0"', output];
}
