// Time and memory of whole processes: all subjects in turn, for each size of a mail.

import type { Figures } from "../host/measure_process.ts";
import { checkSubject } from "./checks.ts";
import type { Key } from "./fixtures.ts";
import {
  formatSize,
  type Mail,
  removeMail,
  tamperMail,
  writeMail,
} from "./mails.ts";
import { type Runner, SubjectFailed } from "./process.ts";
import type { Kind, Subject, Task } from "./subjects.ts";

/** How often a size is measured. */
export interface Size {
  megabytes: number;
  runs: number;
  /** Leave peers out, which would take minutes in a quick run. */
  withoutPeers?: boolean;
}

/** The cost of one subject at one size: medians, and the peak memory. */
export interface Cost extends Figures {
  task: Task;
  name: string;
  kind: Kind;
  megabytes: number;
  runs: number;
  /** Its time divided by that of our bundle with the same task. */
  ratio?: number;
}

/** @throws {SubjectFailed} For the first subject that does not do its task. */
export async function measureCosts(
  subjects: Subject[],
  sizes: Size[],
  runner: Runner,
  folder: string,
  key: Key,
  report: (line: string) => void,
): Promise<Cost[]> {
  report("checking every program");
  const small = await writeMail(folder, 0.005, key);
  const tampered = tamperMail(small);
  for (const subject of subjects) {
    await checkSubject(subject, small, tampered, runner, key);
  }
  const costs: Cost[] = [];
  for (const { megabytes, runs, withoutPeers } of sizes) {
    const those = withoutPeers
      ? subjects.filter(({ kind }) => kind !== "script" && kind !== "C")
      : subjects;
    const times = `${runs + 1} times ${those.length} programs`;
    report(`${formatSize(megabytes)}: ${times}`);
    const mail = await writeMail(folder, megabytes, key);
    costs.push(...measureSize(those, mail, runs, runner));
    removeMail(mail);
  }
  return costs.map((cost) => ({ ...cost, ratio: ratioOf(cost, costs) }));
}

function measureSize(
  subjects: Subject[],
  mail: Mail,
  runs: number,
  runner: Runner,
): Cost[] {
  const figures = subjects.map((): Figures[] => []);
  // The first turn warms the page cache: only its memory counts.
  const peaks = subjects.map((subject) =>
    runner.run(subject, mail, { withPeak: true }).peakMb
  );
  for (let run = 0; run < runs; run++) {
    for (const [n, subject] of subjects.entries()) {
      figures[n]!.push(runner.run(subject, mail));
    }
  }
  return subjects.map(({ task, name, kind }, n) => ({
    task,
    name,
    kind,
    megabytes: mail.megabytes,
    runs,
    wallMs: median(figures[n]!.map(({ wallMs }) => wallMs)),
    cpuMs: median(figures[n]!.map(({ cpuMs }) => cpuMs)),
    peakMb: peaks[n]!,
  }));
}

function ratioOf(cost: Cost, costs: Cost[]): number {
  const ours = costs.find(({ kind, task, megabytes }) =>
    kind === "ours" && task === cost.task && megabytes === cost.megabytes
  );
  if (ours === undefined) {
    throw new SubjectFailed(`Nothing of ours: ${cost.task}`);
  }
  return cost.wallMs / ours.wallMs;
}

/** The median. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[half]!
    : (sorted[half - 1]! + sorted[half]!) / 2;
}
