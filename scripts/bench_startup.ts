// What a filter costs: runs an empty script and the bundled filters in turn and prints the ratio of
// the medians, then what a message of 25 MB and of 100 MB adds in time and in memory. A filter's
// time goes on until the next program, which does nothing, has ended.
//
//   deno task bench [--runs N]

import { parseArgs } from "@std/cli/parse-args";
import { generateKeyPairSync } from "node:crypto";
import { sign } from "../lib/system/sign.ts";
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
  const signer = await writeScript(folder, "dk_sign", "eval");
  const signerModule = await writeScript(folder, "dk_sign", "module");
  const verifier = await writeScript(folder, "dk_verify", "eval");
  const { pattern, privateKey, record } = writeKey(folder);
  const both = { DKSIGN: pattern };
  const dkim = { ...both, DKSIGNWITH: "dkim" };
  const verifying = {
    DKVERIFY: "",
    TCPREMOTEIP: "192.0.2.1",
    DNSCACHEIP: await startDns({ "default._domainkey.example.com": [record] }),
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
}

/** Runs the subjects in turn and prints their medians, beside those of the first. */
function compare(runs: number, envelope: string, subjects: Subject[]): void {
  const rows = subjects.map((): Figures[] => []);
  const runOnce = ({ script, message, env }: Subject, withPeak: boolean) => {
    const flags = ["--no-config", "--no-lock", "--unstable-net", "--allow-all"];
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

async function writeScript(
  folder: string,
  filter: string,
  form: Form,
): Promise<string> {
  const path = `${folder}/${filter}-${form}.js`;
  await Deno.writeTextFile(path, await bundle(`filters/${filter}.ts`, form));
  return path;
}

/** @returns The pattern for DKSIGN, the key itself, and the text of its DNS record. */
function writeKey(
  folder: string,
): { pattern: string; privateKey: string; record: string } {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  Deno.mkdirSync(`${folder}/example.com`);
  Deno.writeTextFileSync(`${folder}/example.com/default`, privateKey, {
    mode: 0o600,
  });
  const record = `v=DKIM1; k=rsa; p=${new Uint8Array(publicKey).toBase64()}`;
  return { pattern: `${folder}/%/default`, privateKey, record };
}

async function signMessage(path: string, privateKey: string): Promise<string> {
  const message = await Deno.readFile(path);
  const fields = await sign(message, {
    domain: "example.com",
    selector: "default",
    privateKey,
  });
  await Deno.writeTextFile(`${path}-signed`, fields);
  await Deno.writeFile(`${path}-signed`, message, { append: true });
  return `${path}-signed`;
}

/** The measuring thread stands still while a program runs: DNS has another one. */
async function startDns(zone: Record<string, string[]>): Promise<string> {
  const worker = new Worker(new URL("bench_dns.ts", import.meta.url), {
    type: "module",
  });
  return await new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(zone);
  });
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
// The DNS server's thread would go on.
Deno.exit();
