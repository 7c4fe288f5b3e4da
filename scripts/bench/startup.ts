// Measures the start of a filter: runs an empty script and the bundled filters in turn, and prints the
// ratio of the medians. Then prints what a message of 25 MB and of 100 MB adds in time and memory, and
// what control/dkimkeys with 10,000 lines adds. The time of a filter includes the next program, which
// does nothing.
//
//   deno task bench:startup [--runs N]

import { parseArguments } from "../command/arguments.ts";
import {
  ENVIRONMENT,
  RUN,
  signMessage,
  startDns,
  writeKey,
  writeMessage,
} from "./fixtures.ts";
import { bundle, type Form } from "../build/bundle.ts";
import { type Figures, measureProcess } from "../host/measure_process.ts";

/** One row of a table. */
interface Subject {
  name: string;
  script: string;
  message: string;
  env?: Record<string, string>;
}

async function benchmark(folder: string, runs: number): Promise<void> {
  const envelope = `${folder}/envelope`;
  await Deno.writeTextFile(
    envelope,
    "Falice@example.com\0Tbob@example.net\0\0",
  );
  await Deno.writeTextFile(`${folder}/empty.js`, "");
  const signer = await writeScript(folder, "dk_sign", "eval");
  const signerModule = await writeScript(folder, "dk_sign", "module");
  const verifier = await writeScript(folder, "dk_verify", "eval");
  const { pattern, privateKey, records } = writeKey(folder);
  const both = { DKSIGN: pattern };
  const dkim = { ...both, DKSIGNWITH: "dkim" };
  const verifying = {
    // A filter that does not find the mail good exits with 31, which ends the benchmark.
    DKVERIFY: ",BCDEFGHIJKLMNOPQRS",
    TCPREMOTEIP: "192.0.2.1",
    DNSCACHEIP: await startDns(records),
  };
  const sizes = [0.01, 25, 100];
  const messages = sizes.map((mb) => writeMessage(folder, mb));
  const signed = await Promise.all(
    messages.map((path) => signMessage(path, privateKey)),
  );
  const [message = "", signedMessage = ""] = [messages[0], signed[0]];

  compare(runs, envelope, [
    { name: "empty script", script: `${folder}/empty.js`, message },
    { name: "dk-sign, DKIM", script: signer, message, env: dkim },
    {
      name: "dk-sign, DKIM and DomainKeys",
      script: signer,
      message,
      env: both,
    },
    { name: "  shipped as a module", script: signerModule, message, env: both },
    {
      name: "dk-verify, DKIM",
      script: verifier,
      message: signedMessage,
      env: verifying,
    },
  ]);
  for (
    const { title, script, env, files } of [
      { title: "sign DKIM", script: signer, env: dkim, files: messages },
      { title: "sign both", script: signer, env: both, files: messages },
      { title: "verify DKIM", script: verifier, env: verifying, files: signed },
    ]
  ) {
    const subjects = files.map((message, n) => (
      { name: `${title}, ${sizes[n]} MB`, script, message, env }
    ));
    compare(Math.ceil(runs / 5), envelope, subjects);
  }
  const subject = { name: "", script: signer, message, env: both, envelope };
  compareTables(Math.max(60, runs), folder, subject);
}

const TABLE_LINES = 10_000;
const TABLE_TARGET_MS = 2;

/** What a table adds whose last line is for the domain: the median of what pairs of runs differ by. */
function compareTables(
  pairs: number,
  folder: string,
  subject: Subject & { envelope: string },
): void {
  const line = `example.com:${folder}/%/default\n`;
  const others = Array.from(
    { length: TABLE_LINES - 1 },
    (_, n) =>
      `customer-${n}.example:/etc/domainkeys/customer-${n}.example/s1\n`,
  );
  const controls = ["", others.join("")].map((before, n) => {
    const control = `${folder}/control-${n}`;
    Deno.mkdirSync(control);
    if (before !== "") {
      Deno.writeTextFileSync(`${control}/dkimkeys`, before + line);
    }
    return control;
  });
  const runOnce = (control: string) =>
    measureProcess(
      [Deno.execPath(), ...RUN, subject.script, "/bin/true"],
      { ...ENVIRONMENT, ...subject.env, CONTROLDIR: control },
      subject.message,
      subject.envelope,
    ).cpuMs;
  controls.forEach(runOnce);
  const differences = Array.from({ length: pairs }, (_, n) => {
    // In turn: what runs first in a pair is a little slower.
    const order = n % 2 === 0 ? controls : controls.toReversed();
    const [first, second] = order.map(runOnce) as [number, number];
    return n % 2 === 0 ? second - first : first - second;
  });
  const more = median(differences);
  const verdict = more <= TABLE_TARGET_MS ? "holds" : "does not hold";
  console.log(
    `${TABLE_LINES} lines of control/dkimkeys, the last one for the domain: ${
      more.toFixed(2)
    } ms of CPU more, median of ${pairs} pairs (target: ${TABLE_TARGET_MS} ms, ${verdict})`,
  );
}

/** Runs the subjects in turn and prints their medians, beside those of the first. */
function compare(runs: number, envelope: string, subjects: Subject[]): void {
  const rows = subjects.map((): Figures[] => []);
  const runOnce = ({ script, message, env }: Subject, withPeak: boolean) => {
    const command = [Deno.execPath(), ...RUN, script, "/bin/true"];
    const environment = { ...ENVIRONMENT, ...env };
    return measureProcess(command, environment, message, envelope, withPeak);
  };
  // The first turn warms the page cache: only its memory counts.
  const peaks = subjects.map((subject) => runOnce(subject, true).peakMb);
  for (let run = 0; run < runs; run++) {
    for (const [n, subject] of subjects.entries()) {
      rows[n]!.push(runOnce(subject, false));
    }
  }
  const [first, ...others] = rows.map((figures, n) => ({
    wallMs: median(figures.map((figure) => figure.wallMs)),
    cpuMs: median(figures.map((figure) => figure.cpuMs)),
    peakMb: peaks[n]!,
  }));
  const titles = ["ms", "ratio", "ms more", "CPU ms", "MB", "MB more"];
  console.log(row(`median of ${runs}`, titles));
  for (const [n, { wallMs, cpuMs, peakMb }] of [first!, ...others].entries()) {
    const more = [
      wallMs - first!.wallMs,
      cpuMs,
      peakMb,
      peakMb - first!.peakMb,
    ];
    const columns = [wallMs, wallMs / first!.wallMs, ...more];
    console.log(
      row(subjects[n]!.name, columns.map((value) => value.toFixed(2))),
    );
  }
  console.log();
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function row(name: string, columns: string[]): string {
  return name.padEnd(30) + columns.map((text) => text.padStart(9)).join("");
}

async function writeScript(
  folder: string,
  filter: string,
  form: Form,
): Promise<string> {
  const path = `${folder}/${filter}-${form}.js`;
  await Deno.writeTextFile(path, await bundle(`filters/${filter}.ts`, form));
  return path;
}

const { runs = "40" } = parseArguments(Deno.args, { values: ["runs"] });
const folder = await Deno.makeTempDir();
try {
  await benchmark(folder, Number(runs));
} finally {
  await Deno.remove(folder, { recursive: true });
}
// The thread of the DNS server would keep the process alive.
Deno.exit();
