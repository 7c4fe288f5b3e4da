// What a filter costs: runs an empty script and the bundled filter in turn and prints the ratio of
// the medians, then what a message of 25 MB and of 100 MB adds in time and in memory. The filter's
// time goes on until the next program, which does nothing, has ended.
//
//   deno task bench [--runs N]

import { parseArgs } from "@std/cli/parse-args";
import { generateKeyPairSync } from "node:crypto";
import { bundle, type Form } from "./bundle.ts";
import { type Figures, measureProcess } from "./measure_process.ts";

/** What the launcher sets: without it the runtime writes caches and looks for a newer version. */
const ENVIRONMENT = {
  PATH: "/usr/bin:/bin",
  DENO_DIR: "/dev/null",
  DENO_NO_UPDATE_CHECK: "1",
  DENO_DISABLE_NODE_SHIM: "1",
  NO_COLOR: "1",
};

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
  const script = await writeScript(folder, "eval");
  const asModule = await writeScript(folder, "module");
  const signing = { DKSIGN: writeKey(folder) };
  const dkim = { ...signing, DKSIGNWITH: "dkim" };
  const [message, ...large] = [0.01, 25, 100].map((mb) =>
    writeMessage(folder, mb)
  );

  compare(runs, envelope, [
    { name: "empty script", script: `${folder}/empty.js`, message: message! },
    { name: "dk-sign, DKIM, 10 KB", script, message: message!, env: dkim },
    {
      name: "dk-sign, DKIM and DomainKeys",
      script,
      message: message!,
      env: signing,
    },
    {
      name: "  shipped as a module",
      script: asModule,
      message: message!,
      env: signing,
    },
  ]);
  const largeRuns = Math.ceil(runs / 5);
  for (
    const [scheme, env] of [["DKIM", dkim], [
      "DKIM and DomainKeys",
      signing,
    ]] as const
  ) {
    compare(largeRuns, envelope, [
      { name: `${scheme}, 10 KB`, script, message: message!, env },
      { name: `${scheme}, 25 MB`, script, message: large[0]!, env },
      { name: `${scheme}, 100 MB`, script, message: large[1]!, env },
    ]);
  }
}

/** Runs the subjects in turn and prints their medians, beside those of the first. */
function compare(runs: number, envelope: string, subjects: Subject[]): void {
  const rows = subjects.map((): Figures[] => []);
  const runOnce = ({ script, message, env }: Subject, withPeak: boolean) => {
    const flags = ["--no-config", "--no-lock", "--allow-all"];
    const command = [Deno.execPath(), "run", ...flags, script, "/bin/true"];
    const environment = { ...ENVIRONMENT, ...env };
    return measureProcess(command, environment, message, envelope, withPeak);
  };
  // The first turn warms the page cache, and is watched for its memory alone.
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

async function writeScript(folder: string, form: Form): Promise<string> {
  const path = `${folder}/${form}.js`;
  await Deno.writeTextFile(path, await bundle("filters/dk_sign.ts", form));
  return path;
}

/** @returns The pattern for DKSIGN. */
function writeKey(folder: string): string {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  Deno.mkdirSync(`${folder}/example.com`);
  Deno.writeTextFileSync(`${folder}/example.com/default`, privateKey, {
    mode: 0o600,
  });
  return `${folder}/%/default`;
}

/** A mail with an attachment in base64. */
function writeMessage(folder: string, megabytes: number): string {
  const header = [
    "From: Alice <alice@example.com>",
    "To: Bob <bob@example.net>",
    "Subject: Minutes of the meeting",
    "Date: Thu, 19 Mar 2009 10:00:00 +0000",
    "Message-ID: <1@example.com>",
    "MIME-Version: 1.0",
    "Content-Type: application/octet-stream",
    "Content-Transfer-Encoding: base64",
  ];
  const line =
    "VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZywgYW5kIHRoZW4gc29t\n";
  const path = `${folder}/message-${megabytes}`;
  Deno.writeTextFileSync(path, header.join("\n") + "\n\n");
  const block = line.repeat(100);
  for (let written = 0; written < megabytes * 1e6; written += block.length) {
    Deno.writeTextFileSync(path, block, { append: true });
  }
  return path;
}

const { runs = 40 } = parseArgs(Deno.args) as { runs?: number };
const folder = await Deno.makeTempDir();
try {
  await benchmark(folder, runs);
} finally {
  await Deno.remove(folder, { recursive: true });
}
