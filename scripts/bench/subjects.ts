// The subjects of the measurement: a subject is one program with one task. This file has the floors and
// the programs of this project, peers.ts all others.

import { bundle, bundleLater, LATER } from "../build/bundle.ts";
import { type Key, RUN } from "./fixtures.ts";
import { findProgram, succeeds } from "./programs.ts";
import { type Start, startResident } from "./resident.ts";

/** The task of a program. */
export type Task =
  | "sign, DKIM"
  | "sign, DomainKeys"
  | "sign, both"
  | "verify, DKIM"
  | "verify, DomainKeys"
  /** DKIM, SPF, DMARC and a chain of one ARC set. */
  | "verify, all";

/** The role of a subject in a target. */
export type Kind = "empty" | "floor" | "ours" | "script" | "C";

/** One program with one task. */
export interface Subject {
  name: string;
  task: Task;
  /** `script` is a peer in Perl, Python or Node. */
  kind: Kind;
  /** Line ends of the message that it takes. */
  takes: "LF" | "CRLF";
  /** The words that start it. The message is its fd 0 too. */
  command: (message: string, output: string) => string[];
  env?: Record<string, string>;
  /** The process id of the resident process, whose time counts too. */
  resident?: number;
  /** The file that is opened as fd 1; `nothing` for a program with an argument for its output. */
  fd1: "envelope" | "output" | "nothing";
  /** The expected output; for our own programs the message that they hand on. */
  result: "signature field" | "signed message" | "nothing" | RegExp;
}

/** What every subject is given: where its files and its DNS server are. */
export interface Setup {
  folder: string;
  key: Key;
  dns: string;
  /** May hold compiled programs. */
  compiled: string;
  /** Lines for people about what is not measured. */
  missing: string[];
}

/** The letters of every status but a good one: a filter exits with 31 unless all is good. */
const REFUSE = {
  dkim: ",BCDEFGHIJKLMNOPQRS",
  domainKeys: "BCDEFGHIJKL",
  spf: "BCDEFG",
  dmarc: "BCDEFGH",
};

/** Lists the programs of this project: as bundles, by a resident process, and as binaries if they exist. */
export async function listOurs(setup: Setup): Promise<Subject[]> {
  const verifying = { TCPREMOTEIP: "192.0.2.1", DNSCACHEIP: setup.dns };
  const signing = { DKSIGN: setup.key.pattern };
  const tasks: [Task, string, Record<string, string>][] = [
    ["sign, DKIM", "dk-sign", { ...signing, DKSIGNWITH: "dkim" }],
    ["sign, DomainKeys", "dk-sign", { ...signing, DKSIGNWITH: "domainkeys" }],
    ["sign, both", "dk-sign", signing],
    ["verify, DKIM", "dk-verify", { ...verifying, DKVERIFY: REFUSE.dkim }],
    ["verify, DomainKeys", "dk-verify", {
      ...verifying,
      DKVERIFY: REFUSE.domainKeys,
    }],
    ["verify, all", "dk-verify", {
      ...verifying,
      DKVERIFY: REFUSE.dkim,
      SPFVERIFY: REFUSE.spf,
      DMARCVERIFY: REFUSE.dmarc,
      ARCVERIFY: "",
    }],
  ];
  const forms: { name: string; start: Start; pid?: number }[] = [
    { name: "bundle", start: await writeBundles(setup.folder) },
    ...listCompiled(setup),
    { name: "resident", ...await startResident(setup.folder) },
  ];
  return tasks.flatMap(([task, program, env]) =>
    forms.map(({ name, start, pid }): Subject => ({
      name: `${program}, ${name}`,
      task,
      kind: "ours",
      takes: "LF",
      command: () => start(program),
      env,
      ...pid === undefined ? {} : { resident: pid },
      fd1: "envelope",
      result: task.startsWith("sign")
        ? "signed message"
        : task === "verify, all"
        ? /^\tdkim=pass [^]*\tspf=pass [^]*\tdmarc=pass [^]*\tarc=pass /m
        : /^\t\w+=pass /m,
    }))
  );
}

const OPENSSL = findProgram("openssl");

/** Lists the floors: an empty program of this runtime, and one that does the task and nothing else. */
export function listFloors({ folder, key, missing }: Setup): Subject[] {
  const empty = `${folder}/empty.js`;
  Deno.writeTextFileSync(empty, "");
  const tasks = ["sign, DKIM", "verify, DKIM"] as const;
  const floors = tasks.map((task): Subject => ({
    name: "empty Deno script",
    task,
    kind: "empty",
    takes: "LF",
    command: () => [Deno.execPath(), ...RUN, empty],
    fd1: "output",
    result: "nothing",
  }));
  if (OPENSSL === undefined) {
    missing.push("openssl dgst: not installed");
    return floors;
  }
  const dgst = [OPENSSL, "dgst", "-sha256"];
  return [
    ...floors,
    {
      name: "openssl dgst -sign",
      task: "sign, DKIM",
      kind: "floor",
      takes: "LF",
      command: (
        message,
        output,
      ) => [...dgst, "-sign", key.privatePath, "-out", output, message],
      fd1: "nothing",
      result: "nothing",
    },
    {
      name: "openssl dgst -verify",
      task: "verify, DKIM",
      kind: "floor",
      takes: "LF",
      command: (message) => {
        const signature = `${message}.sig`;
        const { publicPath } = key;
        const words = [...dgst, "-verify", publicPath, "-signature", signature];
        return [...words, message];
      },
      fd1: "output",
      result: /^Verified OK$/m,
    },
  ];
}

/** Writes what the second floor verifies. */
export async function signByOpenssl(
  message: string,
  { privatePath }: Key,
): Promise<void> {
  if (OPENSSL === undefined) return;
  const output = `${message}.sig`;
  const words = ["dgst", "-sha256", "-sign", privatePath, "-out", output];
  if (!await succeeds([OPENSSL, ...words, message])) {
    throw new Error(`Cannot sign "${message}" by openssl`);
  }
}

async function writeBundles(folder: string): Promise<Start> {
  for (const program of ["dk_sign", "dk_verify"]) {
    await Deno.writeTextFile(
      `${folder}/${program.replace("_", "-")}.js`,
      await bundle(`filters/${program}.ts`),
    );
  }
  for (const name of Object.keys(LATER)) {
    await Deno.writeTextFile(`${folder}/${name}`, await bundleLater(name));
  }
  return (program) => [Deno.execPath(), ...RUN, `${folder}/${program}.js`];
}

function listCompiled(
  { compiled, missing }: Setup,
): { name: string; start: Start }[] {
  try {
    for (const program of ["dk-sign", "dk-verify"]) {
      const { mode } = Deno.statSync(`${compiled}/${program}`);
      if (((mode ?? 0) & 0o111) === 0) throw new Deno.errors.NotFound();
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    missing.push(`compiled programs: none in ${compiled} (--compiled FOLDER)`);
    return [];
  }
  const folder = Deno.realPathSync(compiled);
  return [{ name: "compiled", start: (program) => [`${folder}/${program}`] }];
}
