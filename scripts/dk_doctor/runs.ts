// Lists the runs of our programs: with which variables, and as which users. A program that nothing runs
// is listed with our own variables. Judges nothing.

import { chooseAction } from "../../lib/policy/action.ts";
import type { ControlName } from "../../lib/system/configuration/variables.ts";
import type { Account } from "./accounts.ts";
import { withVariables } from "./environment.ts";
import type { Work } from "./program_check.ts";
import type { Program, Situation } from "./situations.ts";
import type { Users } from "./users.ts";

/** A program with the users and the situation that it runs in. */
export interface Run {
  program: Program;
  path: string;
  accounts: Account[];
  works: Work[] | undefined;
  /** The situation; `undefined` for our own environment. */
  situation: Situation | undefined;
}

/** Runs a function with our own variables and those of a situation. */
export function inSituation(
  situation: Situation | undefined,
  run: () => Promise<void>,
): Promise<void> {
  return withVariables(
    (situation?.env.values() ?? []).map(({ name, value }) => [name, value]),
    run,
  );
}

/** Lists all runs. A program that nothing seems to run gets one in our own environment. */
export function listRuns(
  prefix: string,
  programs: Program[],
  situations: Situation[],
  users: Users,
  replaced: string | undefined,
): Run[] {
  const runs: Run[] = situations.flatMap((situation) => {
    const { program, command: path, accounts, role } = situation;
    if (program === undefined || !programs.includes(program)) return [];
    const works = role === "remote" ? undefined : worksOf(program, situation);
    return [{ program, path, accounts, works, situation }];
  });
  const seen = new Set(runs.map(({ program }) => program));
  return [
    ...runs,
    ...programs.filter((program) => !seen.has(program)).map((program) => ({
      program,
      path: program === "dk-remote" && replaced !== undefined
        ? replaced
        : `${prefix}/bin/${program}`,
      accounts: program === "dk-remote" ? users.remote : users.queue,
      works: undefined,
      situation: undefined,
    })),
  ];
}

function worksOf(program: Program, { env }: Situation): Work[] | undefined {
  const valueOf = (name: string) => env.get(name)?.value ?? Deno.env.get(name);
  const action = chooseAction({
    relayClient: valueOf(RELAYCLIENT),
    isVerified: [
      valueOf("DKVERIFY"),
      valueOf("SPFVERIFY"),
      valueOf("DMARCVERIFY"),
      valueOf("ARCVERIFY"),
    ].some((value) => value !== undefined),
    dkSign: valueOf("DKSIGN"),
  });
  if (program !== "qmail-dk" || action === "pass on") return undefined;
  return [action];
}

/** Read from a site's settings alone, never from our own environment. */
const RELAYCLIENT = "RELAYCLIENT";

const VERIFIERS: Program[] = ["qmail-dk", "dk-verify"];
/** What some programs alone read. */
const READERS: Partial<Record<ControlName, Program[]>> = {
  arcseal: ["dk-remote"],
  arctrust: VERIFIERS,
  spfrules: VERIFIERS,
  spfexp: VERIFIERS,
};

/** Lists the users who read a control file. */
export function readersOf(
  name: ControlName,
  users: Users,
  runs: Run[],
): Account[] {
  const programs = READERS[name];
  if (programs === undefined) return everybody(users, runs);
  return distinct(
    runs.filter(({ program }) => programs.includes(program))
      .flatMap(({ accounts }) => accounts),
  );
}

/** Lists every user who runs something. */
function everybody({ queue, remote }: Users, runs: Run[]): Account[] {
  const all = [
    ...queue,
    ...runs.flatMap(({ accounts, situation }) =>
      situation === undefined ? [] : accounts
    ),
    ...runs.some(({ path }) => path.endsWith("/qmail-remote")) ? remote : [],
  ];
  return distinct(all);
}

function distinct(accounts: Account[]): Account[] {
  return accounts.filter(({ uid }, n) =>
    accounts.findIndex((other) => other.uid === uid) === n
  );
}
