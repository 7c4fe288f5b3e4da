// Whether the installed programs do their work: a message goes through each of them, as each user
// that runs it, under the limits of each run script.

import { EXIT } from "../../lib/qmail/exit_code.ts";
import { findBarrier } from "./access.ts";
import type { Account } from "./accounts.ts";
import { fail, type Finding, ok } from "./finding.ts";
import { findLowHardLimit, type Limit } from "./limits.ts";
import { type Outcome, runTrial, type Trial } from "./trial.ts";

/** The programs that stand between qmail and its queue, or the network. */
export const PROGRAMS = [
  "qmail-dk",
  "dk-sign",
  "dk-verify",
  "dk-remote",
] as const;

export type Program = typeof PROGRAMS[number];

/** Which mail is signed. */
export interface Signing {
  /** A domain that has a key, or any other. */
  domain: string;
  /** The programs that sign its mail. */
  signers: Program[];
}

/** Of a shell that can not execute the runtime, and of a launcher that says so itself. */
const CANNOT_EXECUTE: number[] = [111, EXIT.exec, 126, 127];
const TIMED_OUT = 124;
const FIRST_SIGNAL = 128;

/** Finds the programs that are there; one line says which. */
export function findPrograms(
  prefix: string,
): { finding: Finding; programs: Program[] } {
  const programs = PROGRAMS.filter((program) => {
    try {
      return Deno.statSync(`${prefix}/bin/${program}`).isFile;
    } catch {
      // Whatever is in the way, it is not there for us: the line says so.
      return false;
    }
  });
  const subject = `${prefix}/bin`;
  const finding = programs.length > 0
    ? ok("install", subject, `has ${programs.join(", ")}`)
    : fail(
      "install",
      subject,
      `has none of ${PROGRAMS.join(", ")}`,
      `deno task install --prefix ${prefix}, or dk-doctor --prefix with the folder above bin`,
    );
  return { finding, programs };
}

/** Tries one program as one user: a line for each thing that it does. */
export async function checkProgram(
  path: string,
  program: Program,
  account: Account,
  limits: Limit[],
  signing: Signing,
): Promise<Finding[]> {
  const barrier = await findBarrier(account, path, "execute");
  if (barrier !== undefined) {
    return [fail("program", path, barrier.reason, barrier.advice)];
  }
  const findings: Finding[] = [];
  for (const { work, trial } of listTrials(path, program, signing)) {
    findings.push(await checkWork(work, trial, account, limits));
  }
  return findings;
}

function listTrials(
  path: string,
  program: Program,
  { domain, signers }: Signing,
): { work: string; trial: Trial }[] {
  const common = { program: path, isRemote: program === "dk-remote", domain };
  const isSigned = signers.includes(program);
  const signing = {
    work: isSigned ? `sign for ${domain}` : "pass mail on without a key",
    trial: {
      ...common,
      expected: isSigned ? "*[DK]*-Signature:*" : "*",
      env: { RELAYCLIENT: "" },
    },
  };
  const verifying = {
    work: "verify",
    trial: {
      ...common,
      expected: "*Authentication-Results:*",
      env: { DKVERIFY: "", RELAYCLIENT: undefined, TCPREMOTEIP: "127.0.0.1" },
    },
  };
  switch (program) {
    case "qmail-dk":
      return [signing, verifying];
    case "dk-verify":
      return [verifying];
    case "dk-sign":
    case "dk-remote":
      return [signing];
  }
}

async function checkWork(
  work: string,
  trial: Trial,
  account: Account,
  limits: Limit[],
): Promise<Finding> {
  const times: number[] = [];
  for (const limit of limits) {
    const outcome = await runTrial(trial, limit, account);
    if (!outcome.arrived) {
      return describeFailure(work, trial, account, limit, outcome);
    }
    times.push(outcome.ms);
  }
  const names = limits.map(({ name }) => name).join(", ");
  const ms = times.sort((a, b) => a - b)[times.length >> 1]!;
  return ok(
    "program",
    trial.program,
    `can ${work} as ${account.name} in ${ms.toFixed()} ms, under ${names}`,
  );
}

async function describeFailure(
  work: string,
  trial: Trial,
  account: Account,
  limit: Limit,
  { code, said }: Outcome,
): Promise<Finding> {
  const what = code === TIMED_OUT
    ? "was not done in time"
    : code > FIRST_SIGNAL
    ? `died of signal ${code - FIRST_SIGNAL}`
    : code === 0 && !trial.isRemote
    ? "ended with 0 and lost the message"
    : `ended with ${code}`;
  const low = await findLowHardLimit(limit, account);
  const who = `as ${account.name} under ${limit.name}`;
  const detail = `can not ${work} ${who}: ${what}: ${said}`;
  return fail(
    "program",
    trial.program,
    low === undefined ? detail : `${detail}; ${low}`,
    low === undefined
      ? adviceFor(code, trial)
      : "take hard limits out of the run script: ulimit -H -v unlimited, ulimit -H -d unlimited",
  );
}

function adviceFor(code: number, { program }: Trial): string {
  if (code === EXIT.configuration || code === EXIT.noSuchKey) {
    return "see the lines of key, control and options";
  }
  if (CANNOT_EXECUTE.includes(code)) {
    return `cat ${program}, and namei -l for what it executes: each folder has to let the user in`;
  }
  return `install it anew: deno task install; then look at ${program}`;
}
