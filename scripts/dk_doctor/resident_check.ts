// Checks the resident processes that launchers ask: sends a message through a launcher as its user, and
// sees that the process has counted it. What costs only time is a warning, since mail goes on without it.

import { Folder, METRICS, SLOTS } from "../../lib/system/slots/folder.ts";
import { findStarting, type Places } from "../site/services.ts";
import { formatMode, isThere } from "./access.ts";
import type { Account } from "./accounts.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import { USUAL_LIMITS } from "./limits.ts";
import { listTrials } from "./program_check.ts";
import { type Metrics, parseMetrics } from "./resident_metrics.ts";
import { howToAnew, howToGive, howToStart } from "./resident_remedy.ts";
import type { Program } from "./situations.ts";
import { type Outcome, runTrial } from "./trial.ts";

/** A program whose launcher asks in a folder. */
export interface Asker {
  program: Program;
  /** Of its launcher. */
  path: string;
  account: Account;
  /** That the launcher names. */
  version: string;
}

/** A folder, and all who ask there. */
export interface Asked {
  prefix: string;
  folder: string;
  askers: Asker[];
  places: Places;
}

const CHECK = "resident";
/** The time limit of a trial: an answer takes no second. */
const LIMIT_SECONDS = 10;
/** The process writes what it has counted every ten seconds. */
const METRICS_LIMIT_MS = 15_000;
const PAUSE_MS = 200;
const TIMED_OUT = 124;
const TRIALS = 3;
const DOMAIN = "example.com";

/** Reads from a launcher where it asks first; `undefined` if it asks nobody. */
export function readAsking(
  launcher: string,
): { folder: string; version: string } | undefined {
  const [, folder] = /^ {2}dk_folder=\$\{DKRESIDENT-(.*)\}$/m.exec(launcher) ??
    [];
  const [, version] = /^# \S+ of qmail-dk (\S+): /m.exec(launcher) ?? [];
  if (folder === undefined || version === undefined) return undefined;
  return { folder: unquote(folder), version };
}

function unquote(word: string): string {
  return word.startsWith("'")
    ? word.slice(1, -1).replaceAll(`'\\''`, "'")
    : word;
}

/** Checks the process of one folder, up to the first thing that is wrong. */
export async function checkResident(asked: Asked): Promise<Finding[]> {
  const { folder, askers } = asked;
  const wrong = checkFolder(asked);
  if (wrong !== undefined) return [wrong];
  const { uid } = await Deno.stat(folder);
  const asker = askers.find(({ account }) => account.uid === uid)!;
  if (Deno.uid() !== 0 && Deno.uid() !== uid) {
    const advice = "run dk-doctor as root";
    return [warn(CHECK, folder, "only its owner can look into it", advice)];
  }
  const pid = Folder.servedBy(folder);
  if (pid === undefined) {
    return [warn(
      CHECK,
      folder,
      "no process serves it: each mail takes the way without one",
      howToStart(asked),
    )];
  }
  return [
    await checkProcess(asked, asker, pid),
    ...findStarting(folder, asked.places).length > 0 ? [] : [warn(
      CHECK,
      folder,
      `nothing supervises process ${pid}: when it ends, it is gone`,
      `kill ${pid}; ${howToStart(asked)}`,
    )],
  ];
}

/** Says what is wrong with a folder: whoever may write there may have mails signed. */
function checkFolder(asked: Asked): Finding | undefined {
  const { folder, askers, prefix } = asked;
  if (!isThere(folder)) {
    return warn(
      CHECK,
      folder,
      "is not there: each mail takes the way without a resident process",
      `deno task install --resident --prefix ${prefix}  # where the source is`,
    );
  }
  const { isDirectory, uid, mode } = Deno.lstatSync(folder);
  if (!isDirectory) {
    return fail(
      CHECK,
      folder,
      "is a link, or a file",
      `rm ${folder} && deno task install --resident --prefix ${prefix}  # where the source is`,
    );
  }
  if (!askers.some(({ account }) => account.uid === uid)) {
    const names = [...new Set(askers.map(({ account }) => account.name))];
    const detail = `belongs to the user ${uid}, and not to ${
      names.join(" or ")
    }`;
    const advice = howToGive(asked, names);
    // What is root's lets nobody in.
    return uid === 0
      ? warn(CHECK, folder, detail, advice)
      : fail(CHECK, folder, detail, advice);
  }
  if ((mode! & 0o7777) === 0o700) return undefined;
  return fail(
    CHECK,
    folder,
    `has mode ${formatMode(mode!)}, and is to be its owner's alone`,
    `chmod 700 ${folder} && ${howToAnew(asked)}`,
  );
}

async function checkProcess(
  { folder }: Asked,
  asker: Asker,
  pid: number,
): Promise<Finding> {
  if (isStopped(pid)) {
    const detail = `process ${pid} is stopped, and mail waits for it`;
    return fail(CHECK, folder, detail, `kill -CONT ${pid}`);
  }
  const before = readMetrics(folder);
  const warm = await tryWith(asker, folder);
  const failed = warm.find(({ arrived }) => !arrived);
  if (failed !== undefined) {
    return fail(
      CHECK,
      folder,
      failed.code === TIMED_OUT
        ? `process ${pid} has not answered ${asker.account.name} in ${LIMIT_SECONDS} s, and mail waits for it`
        : `a mail of ${asker.account.name} ended with ${failed.code}: ${failed.said}`,
      `kill -9 ${pid}  # what supervises it starts it again`,
    );
  }
  const after = await waitForMetrics(folder);
  const isOther = after !== undefined && after.version !== asker.version;
  if (isOther) {
    return warn(
      CHECK,
      folder,
      `process ${pid} is of version ${after.version}, the launchers are of ${asker.version}`,
      `kill ${pid}  # if it is still there; what supervises it starts the new one`,
    );
  }
  if (after === undefined || !hasCounted(before, after)) {
    return warn(
      CHECK,
      folder,
      `process ${pid} is there, and a mail of ${asker.account.name} took the way without it`,
      `kill ${pid}  # what supervises it starts it again`,
    );
  }
  const cold = await tryWith(asker, "");
  return ok(
    CHECK,
    folder,
    `process ${pid} answers ${asker.account.name}: ${msOf(warm)} ms a mail, ${
      msOf(cold)
    } without it; at most ${after.mostTaken} of ${SLOTS} slots taken, ${after.full} mails found none`,
  );
}

/** Sends mails with a folder to ask in, none if it is empty. */
async function tryWith(
  { path, program, account }: Asker,
  folder: string,
): Promise<Outcome[]> {
  const signing = { domain: DOMAIN, signers: [] };
  const { trial } = listTrials(path, program, signing)[0]!;
  const env = {
    ...trial.env,
    DKRESIDENT: folder,
    // No key: it is the way that is tried.
    DKSIGN: "/nonexistent/%/none",
    DKIMSIGNEXTRA: undefined,
    CONTROLDIR: undefined,
  };
  const outcomes: Outcome[] = [];
  for (let n = 0; n < TRIALS; n++) {
    const outcome = await runTrial(
      { ...trial, env },
      USUAL_LIMITS[0]!,
      account,
      LIMIT_SECONDS,
    );
    outcomes.push(outcome);
    if (!outcome.arrived) break;
  }
  return outcomes;
}

function msOf(outcomes: Outcome[]): string {
  const times = outcomes.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return times[times.length >> 1]!.toFixed();
}

function isStopped(pid: number): boolean {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return /^State:\s+[Tt]/m.test(status);
}

function readMetrics(folder: string): Metrics | undefined {
  const text = Folder.read(folder, METRICS);
  if (text === undefined) return undefined;
  const { mtime } = Deno.statSync(`${folder}/${METRICS}`);
  return parseMetrics(text, mtime!.getTime());
}

/** Waits until the process has written what it has counted up to now. */
async function waitForMetrics(folder: string): Promise<Metrics | undefined> {
  const start = Date.now();
  for (;;) {
    const metrics = readMetrics(folder);
    if (metrics !== undefined && metrics.writtenMs >= start) return metrics;
    if (Date.now() - start > METRICS_LIMIT_MS) return undefined;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** What another process has written before counts for nothing. */
function hasCounted(before: Metrics | undefined, after: Metrics): boolean {
  const isSame = before !== undefined && before.writtenMs >= after.startedMs;
  return after.done > (isSame ? before.done : 0);
}
