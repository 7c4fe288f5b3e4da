// Checks the next program: the users of our programs must be able to run it, and it must not be one of
// ours that would send the message in a circle.

import {
  QMAIL_QUEUE,
  readQueueConfiguration,
} from "../../lib/system/configuration/queue.ts";
import { ENVIRONMENT } from "./environment.ts";
import {
  findExecutable,
  readHead,
} from "../../lib/system/process/executable.ts";
import { StepFailed } from "../../lib/qmail/exit_code.ts";
import { findRemote, RENAMED } from "../../lib/system/configuration/remote.ts";
import { messageOf } from "../command/failure.ts";
import { FILTER_NAMES, identifyProgram } from "../site/own_program.ts";
import { findBarrier, formatMode, letAll } from "./access.ts";
import { type Account, findAccount } from "./accounts.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import { letRun } from "./remote_check.ts";
import { attempt } from "./options_check.ts";

const LAUNCHER_BYTES = 1 << 20;

/** Checks the next program of those with the interface of qmail-queue. */
export async function checkQueue(
  prefix: string,
  accounts: Account[],
  last = QMAIL_QUEUE,
): Promise<Finding[]> {
  const isDefault = ENVIRONMENT.get("DKQUEUE") === undefined;
  let next: string[];
  try {
    ({ next } = readQueueConfiguration(ENVIRONMENT, []));
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    if (
      attempt(() => readQueueConfiguration(ENVIRONMENT, ["true"])) === undefined
    ) return [];
    const advice = "correct it where it is set: tcp.smtp, envdir or run";
    return [fail("next", "DKQUEUE", messageOf(error), advice)];
  }
  const [first = last, ...others] = isDefault ? [last] : next;
  const findings = await checkRunnable(first, accounts, "qmail-queue");
  if (!isOurs(first, prefix)) return findings;
  // A second program of ours gets no DKQUEUE: its next program is the default.
  const rest = others.find((word) => !isOurs(word, prefix)) ?? last;
  if (isOurs(rest, prefix)) {
    return [
      ...findings,
      fail(
        "next",
        rest,
        "is one of our own programs: a message would go round and round",
        `DKQUEUE=PATH of the real qmail-queue, in place of ${first}`,
      ),
    ];
  }
  const detail =
    `is one of our own programs: each message is read twice, and ends in ${rest}`;
  return [
    ...findings,
    warn("next", first, detail, `DKQUEUE=${rest}, if that is not wanted`),
    ...await checkRunnable(rest, accounts, "qmail-queue"),
  ];
}

/** Checks the next program of dk-remote. */
export async function checkRemote(
  prefix: string,
  accounts: Account[],
): Promise<Finding[]> {
  const next = ENVIRONMENT.get("DKREMOTE") ?? findRemote();
  const findings = await checkRunnable(next, accounts, "qmail-remote");
  return isOurs(next, prefix)
    ? [
      fail(
        "next",
        next,
        "is one of our own programs: a message would go round and round",
        `put the real qmail-remote back as ${RENAMED}`,
      ),
    ]
    : findings;
}

/** Finds the program that takes the place of qmail-queue. */
export async function checkQmailQueue(
  path: string,
  accounts: Account[],
): Promise<Finding[]> {
  return await checkRunnable(path, accounts, "QMAILQUEUE");
}

/** Gives one finding if all users may run it, else one for each who may not. */
async function checkRunnable(
  name: string,
  accounts: Account[],
  role: string,
): Promise<Finding[]> {
  const path = findExecutable(name, ENVIRONMENT) ??
    (isFile(name) ? name : undefined);
  if (path === undefined) {
    const variable = role === "qmail-remote" ? "DKREMOTE" : "DKQUEUE";
    return [
      fail(
        "next",
        name,
        "is not there, or cannot be executed",
        role === "QMAILQUEUE"
          ? `ls -l ${name}`
          : `ls -l ${name}; name the real ${role} in ${variable}`,
      ),
    ];
  }
  const findings = checkQueueFile(path, await findAccount("qmailq"));
  const remedy = identifyProgram(path) === undefined ? letAll : letRun;
  for (const account of accounts) {
    if (findings.length > 0) break;
    const barrier = await findBarrier(account, path, "execute", remedy);
    if (barrier === undefined) continue;
    findings.push(fail("next", path, barrier.reason, barrier.advice));
  }
  const names = accounts.map(({ name }) => name).join(" and ");
  return findings.length > 0
    ? findings
    : [ok("next", path, `can be executed by ${names}, as ${role}`)];
}

const SETUID = 0o4000;
const EXECUTABLE_BY_ALL = 0o111;

/**
 * Checks that the real qmail-queue becomes qmailq. Mail that another user queues is never delivered.
 * chown(1) clears setuid, so the advice sets the mode last.
 */
function checkQueueFile(path: string, qmailq: Account | undefined): Finding[] {
  if (!path.endsWith("/qmail-queue") || isScript(path)) return [];
  const { uid, mode } = Deno.statSync(path);
  const bits = mode ?? 0;
  const isTrusted = (bits & SETUID) !== 0 &&
    (qmailq === undefined || uid === qmailq.uid);
  if (isTrusted && (bits & EXECUTABLE_BY_ALL) === EXECUTABLE_BY_ALL) return [];
  const detail = isTrusted
    ? `not everybody may execute it: it has mode ${formatMode(bits)}`
    : `does not become qmailq: it has mode ${
      formatMode(bits)
    }, user ${uid}; mail is accepted and never delivered`;
  return [
    fail(
      "next",
      path,
      detail,
      `chown qmailq:qmail ${path} && chmod 4711 ${path}`,
    ),
  ];
}

/** Tells whether a file is a script, which the real qmail-queue is not. */
function isScript(path: string): boolean {
  try {
    return readHead(path, 2) === "#!";
  } catch {
    // A binary may be unreadable.
    return false;
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    // It does not exist, or we may not look.
    return false;
  }
}

/** Tells whether a program is one of ours: by its name, or as the same file as an installed one. */
function isOurs(name: string, prefix: string): boolean {
  const path = findExecutable(name, ENVIRONMENT);
  if (path === undefined) return false;
  const real = Deno.realPathSync(path);
  if (identifyProgram(real) !== undefined) return true;
  const isNamedSo = FILTER_NAMES.some((program) =>
    real.endsWith(`/${program}`)
  );
  return isNamedSo ||
    FILTER_NAMES.some((program) =>
      isSameFile(real, `${prefix}/bin/${program}`)
    );
}

function isSameFile(path: string, installed: string): boolean {
  const ours = findExecutable(installed, ENVIRONMENT);
  if (ours === undefined) return false;
  const real = Deno.realPathSync(ours);
  const sizes = [path, real].map((file) => Deno.statSync(file).size);
  if (path === real) return true;
  // A copied launcher is small: a larger file is another program.
  if (sizes[0] !== sizes[1] || sizes[0]! > LAUNCHER_BYTES) return false;
  try {
    return Deno.readTextFileSync(path) === Deno.readTextFileSync(real);
  } catch (error) {
    // qmail's own programs have mode 711: only root can compare them.
    if (error instanceof Deno.errors.PermissionDenied) return false;
    throw error;
  }
}
