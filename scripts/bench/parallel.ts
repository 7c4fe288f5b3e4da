// Mails a second and CPU a mail, with eight processes at a time: what a busy host has. Each subject is
// run by the same loops of a shell; what the resident process takes is counted too.

import { measureProcess } from "../host/measure_process.ts";
import { median } from "./costs.ts";
import { ENVIRONMENT } from "./fixtures.ts";
import { type Mail, messageFor } from "./mails.ts";
import { cpuMsOf } from "./resident.ts";
import type { Subject } from "./subjects.ts";

/** What one subject takes when eight are running. */
export interface Load {
  name: string;
  perSecond: number;
  /** Of all processes. */
  cpuMs: number;
}

const AT_ONCE = 8;

/** Arguments: runs of each loop, the message, the envelope, the words that start the subject. */
const LOOPS = `n=$1 message=$2 envelope=$3
shift 3
loop() {
  i=0
  while [ $i -lt "$n" ]; do
    "$@" <"$message" 1<"$envelope" 2>/dev/null || exit
    i=$((i + 1))
  done
}
for one in 1 2 3 4 5 6 7 8; do loop "$@" & done
for one in 1 2 3 4 5 6 7 8; do wait || exit; done
`;

/** Runs all subjects in turn. */
export function measureLoads(
  subjects: Subject[],
  mail: Mail,
  folder: string,
  runs: number,
  rounds: number,
): Load[] {
  const script = `${folder}/loops`;
  const envelope = `${folder}/loop-envelope`;
  Deno.writeTextFileSync(script, LOOPS);
  Deno.writeTextFileSync(envelope, "Falice@example.com\0Tbob@example.net\0\0");
  const all = subjects.map((): { seconds: number; cpuMs: number }[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [n, subject] of subjects.entries()) {
      const { command, env, fd1, resident } = subject;
      const message = messageFor(subject, mail);
      const words = command(message, "/dev/null");
      if (fd1 === "envelope") words.push("/bin/true");
      const before = resident === undefined ? 0 : cpuMsOf(resident);
      const { wallMs, cpuMs } = measureProcess(
        ["/bin/sh", script, String(runs), message, envelope, ...words],
        { ...ENVIRONMENT, ...env },
        "/dev/null",
        { output: "/dev/null" },
      );
      const after = resident === undefined ? 0 : cpuMsOf(resident);
      all[n]!.push({
        seconds: wallMs / 1000,
        cpuMs: (cpuMs + after - before) / (AT_ONCE * runs),
      });
    }
  }
  return subjects.map(({ name, task }, n) => ({
    name: `${name}: ${task}`,
    perSecond: median(
      all[n]!.map(({ seconds }) => AT_ONCE * runs / seconds),
    ),
    cpuMs: median(all[n]!.map(({ cpuMs }) => cpuMs)),
  }));
}
