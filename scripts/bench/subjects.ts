// What is measured: a subject is one program with one task. Here the floors and the programs of
// this project, in peers.ts all others.

import { bundle } from "../build/bundle.ts";
import { type Key, RUN } from "./fixtures.ts";
import { findProgram, succeeds } from "./programs.ts";

/** What a program has to do; the floors come with the first and the second. */
export type Task =
  | "sign, DKIM"
  | "sign, DomainKeys"
  | "verify, DKIM"
  | "verify, DomainKeys";

/** Which line of a target a subject stands on. */
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
  /** What is opened as fd 1; a program whose output is an argument of its own prints nothing. */
  fd1: "envelope" | "output" | "nothing";
  /** What the output has to be or to hold; of our own programs, what they hand on. */
  result: "signature field" | "signed message" | "nothing" | RegExp;
}

/** Where things are. */
export interface Surroundings {
  folder: string;
  key: Key;
  dns: string;
  /** With compiled programs, perhaps. */
  compiled: string;
  /** Lines for people about what is not measured. */
  missing: string[];
}

/** A letter for every status but a good one: a filter that does not find it good exits 31. */
const REFUSE = { dkim: ",BCDEFGHIJKLMNOPQRS", domainKeys: "BCDEFGHIJKL" };

/** The programs of this project, each as a bundle and compiled if it is there. */
export async function listOurs(at: Surroundings): Promise<Subject[]> {
  const verifying = { TCPREMOTEIP: "192.0.2.1", DNSCACHEIP: at.dns };
  const signing = { DKSIGN: at.key.pattern };
  const tasks: [Task, string, Record<string, string>][] = [
    ["sign, DKIM", "dk-sign", { ...signing, DKSIGNWITH: "dkim" }],
    ["sign, DomainKeys", "dk-sign", { ...signing, DKSIGNWITH: "domainkeys" }],
    ["verify, DKIM", "dk-verify", { ...verifying, DKVERIFY: REFUSE.dkim }],
    ["verify, DomainKeys", "dk-verify", {
      ...verifying,
      DKVERIFY: REFUSE.domainKeys,
    }],
  ];
  const forms = [
    { name: "bundle", start: await writeBundles(at.folder) },
    ...listCompiled(at),
  ];
  return tasks.flatMap(([task, program, env]) =>
    forms.map(({ name, start }): Subject => ({
      name: `${program}, ${name}`,
      task,
      kind: "ours",
      takes: "LF",
      command: () => start(program),
      env,
      fd1: "envelope",
      result: task.startsWith("sign") ? "signed message" : /^\t\w+=pass /m,
    }))
  );
}

const OPENSSL = findProgram("openssl");

/** The least that a program of this runtime costs, and the least that the task does. */
export function listFloors({ folder, key, missing }: Surroundings): Subject[] {
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

/** Something that makes the words that start a program of this project. */
export type Start = (program: string) => string[];

async function writeBundles(folder: string): Promise<Start> {
  for (const program of ["dk_sign", "dk_verify"]) {
    await Deno.writeTextFile(
      `${folder}/${program.replace("_", "-")}.js`,
      await bundle(`filters/${program}.ts`),
    );
  }
  return (program) => [Deno.execPath(), ...RUN, `${folder}/${program}.js`];
}

function listCompiled(
  { compiled, missing }: Surroundings,
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
