// Runs a subject once and measures it. Gives it a message with the line ends that it takes, and checks
// that it has done its task.

import { existsSync } from "node:fs";
import {
  type Figures,
  measureProcess,
  ProcessFailed,
} from "../host/measure_process.ts";
import { ENVIRONMENT } from "./fixtures.ts";
import { type Mail, messageFor } from "./mails.ts";
import { cpuMsOf } from "./resident.ts";
import type { Subject } from "./subjects.ts";

/** A subject that does not do its task. */
export class SubjectFailed extends Error {
  override name = "SubjectFailed";
}

const ENVELOPE = "Falice@example.com\0Tbob@example.net\0\0";

/** Runs subjects one at a time, in files of its own. */
export class Runner {
  readonly output: string;
  readonly #envelope: string;

  constructor(folder: string) {
    this.output = `${folder}/output`;
    this.#envelope = `${folder}/envelope`;
    Deno.writeTextFileSync(this.#envelope, ENVELOPE);
  }

  /**
   * @param keep Have a next program that writes what it is given into the output.
   * @throws {SubjectFailed} If it exits with another code than 0, or does not write what it should.
   */
  run(subject: Subject, mail: Mail, { withPeak = false, keep = false } = {}) {
    this.#clear();
    const { command, env, fd1, name, task, resident } = subject;
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
    const before = resident === undefined ? 0 : cpuMsOf(resident);
    try {
      figures = measureProcess(words, environment, message, second, withPeak);
    } catch (error) {
      if (!(error instanceof ProcessFailed)) throw error;
      throw new SubjectFailed(`${name} (${task}): ${error.message}`);
    }
    if (resident !== undefined) figures.cpuMs += cpuMsOf(resident) - before;
    if (fd1 !== "envelope" || keep) this.#checkOutput(subject);
    return figures;
  }

  #clear(): void {
    if (existsSync(this.output)) Deno.removeSync(this.output);
  }

  #checkOutput({ name, task, kind, result, fd1 }: Subject): void {
    if (result === "nothing" && fd1 === "output") return;
    if (!existsSync(this.output) || Deno.statSync(this.output).size === 0) {
      throw new SubjectFailed(`${name} (${task}) has written nothing`);
    }
    if (!(result instanceof RegExp)) return;
    const text = Deno.readTextFileSync(this.output);
    if (result.test(text)) return;
    const start = kind === "ours" ? text.slice(0, 500) : text;
    throw new SubjectFailed(
      `${name} (${task}) does not find it good: ${start}`,
    );
  }
}

function nextProgram(output: string | false): string[] {
  return output === false
    ? ["/bin/true"]
    : ["/bin/sh", "-c", 'exec cat >"$0"', output];
}
