// Tries the installed programs: sends a message through each of them, as each user that runs it, under
// the resource limits of each run script.

import { EXIT } from "../../lib/qmail/exit_code.ts";
import { FILTER_NAMES, identifyProgram } from "../site/own_program.ts";
import { findBarrier } from "./access.ts";
import type { Account } from "./accounts.ts";
import { fail, type Finding, ok } from "./finding.ts";
import {
  findLowHardLimit,
  type ResourceLimits,
  withoutEach,
} from "./limits.ts";
import type { Program } from "./situations.ts";
import { type Outcome, runTrial, type Trial } from "./trial.ts";

/** The mail that is signed. */
export interface Signing {
  /** A domain that has a key, or any other. */
  domain: string;
  /** The programs that sign its mail. */
  signers: Program[];
}

/** The exit codes of a launcher or a shell that cannot execute the runtime. */
const CANNOT_EXECUTE: number[] = [111, EXIT.exec, 126, 127];
const TIMED_OUT = 124;
const FIRST_SIGNAL = 128;

/** Finds the programs that are installed, with one finding about all of them. */
export function findPrograms(
  prefix: string,
): { finding: Finding; programs: Program[] } {
  const programs = FILTER_NAMES.filter((program) => {
    try {
      return Deno.statSync(`${prefix}/bin/${program}`).isFile;
    } catch {
      // A program that we cannot reach counts as missing, and is missing in the finding.
      return false;
    }
  });
  const subject = `${prefix}/bin`;
  const finding = programs.length > 0
    ? ok("install", subject, `has ${programs.join(", ")}`)
    : fail(
      "install",
      subject,
      `has none of ${FILTER_NAMES.join(", ")}`,
      `deno task install --prefix ${prefix}, or dk-doctor --prefix with the folder above bin`,
    );
  return { finding, programs };
}

/** Checks that a file is our program. Another one is never run: a real qmail-remote would send mail. */
export function checkOwn(
  prefix: string,
  program: Program,
): Finding | undefined {
  const path = `${prefix}/bin/${program}`;
  if (identifyProgram(path) === program) return undefined;
  const remote = `${prefix}/bin/qmail-remote`;
  const isBehindLink = program === "dk-remote" && linksTo(remote, path);
  return fail(
    "program",
    path,
    `is not what was installed, and is not run${
      isBehindLink ? ": an upgrade of qmail has written through a link" : ""
    }`,
    `mv -f ${path} ${
      isBehindLink ? remote : `${path}.old`
    } && deno task install --prefix ${prefix}  # where the source is`,
  );
}

function linksTo(path: string, target: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink &&
      Deno.realPathSync(path) === Deno.realPathSync(target);
  } catch {
    // It does not exist.
    return false;
  }
}

/** The trials of one program. */
export interface Trying {
  path: string;
  program: Program;
  account: Account;
  limits: ResourceLimits[];
  signing: Signing;
  /** Its work in this situation; everything that it can do, if not said. */
  works?: Work[];
}

export type Work = "sign" | "verify";

/** Tries one program as one user, with one finding for each kind of work. */
export async function checkProgram(
  { path, program, account, limits, signing, works }: Trying,
): Promise<Finding[]> {
  const barrier = await findBarrier(
    account,
    path,
    "execute",
    (_, path) => `chmod 755 ${path}`,
  );
  if (barrier !== undefined) {
    return [fail("program", path, barrier.reason, barrier.advice)];
  }
  const findings: Finding[] = [];
  for (const { work, says, trial } of listTrials(path, program, signing)) {
    if (works?.includes(work) === false) continue;
    findings.push(await checkWork(says, trial, account, limits));
  }
  return findings;
}

/** Lists the trials of a program. They ask no resident process. */
export function listTrials(
  path: string,
  program: Program,
  { domain, signers }: Signing,
): { work: Work; says: string; trial: Trial }[] {
  const common = { program: path, isRemote: program === "dk-remote", domain };
  const isSigned = signers.includes(program);
  const signing = {
    work: "sign" as const,
    says: isSigned ? `sign for ${domain}` : "pass mail on without a key",
    trial: {
      ...common,
      expected: isSigned ? "*[DK]*-Signature:*" : "*",
      env: { DKRESIDENT: "", RELAYCLIENT: "" },
    },
  };
  const verifying = {
    work: "verify" as const,
    says: "verify",
    trial: {
      ...common,
      expected: "*Authentication-Results:*",
      env: {
        DKRESIDENT: "",
        DKVERIFY: "",
        RELAYCLIENT: undefined,
        TCPREMOTEIP: "127.0.0.1",
      },
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
  limits: ResourceLimits[],
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
  limit: ResourceLimits,
  outcome: Outcome,
): Promise<Finding> {
  const { code, said } = outcome;
  const what = code === TIMED_OUT
    ? "was not done in time"
    : code > FIRST_SIGNAL
    ? `died of signal ${code - FIRST_SIGNAL}`
    : code === 0 && !trial.isRemote
    ? "ended with 0 and lost the message"
    : `ended with ${code}`;
  const who = `as ${account.name} under ${limit.name}`;
  const detail = `cannot ${work} ${who}: ${what}: ${said}`;
  const low = await findLowHardLimit(limit, account);
  if (low !== undefined) {
    return fail(
      "program",
      trial.program,
      `${detail}; ${low}`,
      limit.path === undefined
        ? "give us higher hard limits: ulimit -H -v unlimited, ulimit -H -d unlimited"
        : `sed -E -i 's~prlimit( +-\\S+)+ +~~;s~ulimit( +-[HS])* +-[vdm] +[0-9]+~:~' ${limit.path}  # then restart the service`,
    );
  }
  for (const { left, out } of withoutEach(limit)) {
    const { arrived } = await runTrial(trial, left, account);
    if (!arrived) continue;
    const advice = limit.path === undefined
      ? `take ${out} out of what softlimit is given`
      : `sed -i 's/ ${
        out.replace(" ", " *")
      }\\>//' ${limit.path}  # then restart the service`;
    return fail(
      "program",
      trial.program,
      `${detail}; without softlimit ${out} it works`,
      advice,
    );
  }
  return fail("program", trial.program, detail, adviceFor(outcome, trial));
}

function adviceFor(
  { code, said }: Outcome,
  { program, isRemote }: Trial,
): string {
  const isReported = isRemote && code === 0 && said.startsWith("Z");
  if (
    isReported || code === EXIT.configuration || code === EXIT.noSuchKey
  ) {
    return "see the lines of key, control and options";
  }
  if (CANNOT_EXECUTE.includes(code)) {
    return `cat ${program}, and namei -l for what it executes: each folder has to let the user in`;
  }
  return `install it anew: deno task install; then look at ${program}`;
}
