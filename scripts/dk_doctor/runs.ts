// Which of our programs are run, with which variables and as whom; those that nothing runs, with our own
// variables. Refuses to find anything wrong with it.

import { chooseAction } from "../../lib/policy/action.ts";
import type { Account } from "./accounts.ts";
import { withVariables } from "./environment.ts";
import type { Work } from "./program_check.ts";
import type { Program, Situation } from "./situations.ts";
import type { Users } from "./users.ts";

/** A program, with the variables that it is run with and by whom. */
export interface Run {
  program: Program;
  path: string;
  accounts: Account[];
  works: Work[] | undefined;
  /** What says so; `undefined` for our own environment. */
  situation: Situation | undefined;
}

/** Runs with the variables that a situation has beside our own. */
export function inSituation(
  situation: Situation | undefined,
  run: () => Promise<void>,
): Promise<void> {
  return withVariables(
    (situation?.env.values() ?? []).map(({ name, value }) => [name, value]),
    run,
  );
}

/** What is run where, and what nobody runs, in our own environment: somebody may, whom we do not see. */
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
    ].some((value) => value !== undefined),
    dkSign: valueOf("DKSIGN"),
  });
  if (program !== "qmail-dk" || action === "pass on") return undefined;
  return [action];
}

/** What is read of a site alone, and not of our own environment. */
const RELAYCLIENT = "RELAYCLIENT";

/** All who run something, for what all of them read. */
export function everybody({ queue, remote }: Users, runs: Run[]): Account[] {
  const all = [
    ...queue,
    ...runs.flatMap(({ accounts, situation }) =>
      situation === undefined ? [] : accounts
    ),
    ...runs.some(({ path }) => path.endsWith("/qmail-remote")) ? remote : [],
  ];
  return all.filter(({ uid }, n) =>
    all.findIndex((other) => other.uid === uid) === n
  );
}
