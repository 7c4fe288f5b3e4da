// Checks that qmail-rspawn finds dk-remote, also after an upgrade of qmail. Knows no keys.

import { ENVIRONMENT } from "./environment.ts";
import { findExecutable } from "../../lib/system/process/executable.ts";
import {
  QMAIL_REMOTE,
  RENAMED,
} from "../../lib/system/configuration/remote.ts";
import { identifyProgram } from "../site/own_program.ts";
import type { RunScript } from "../site/run_script.ts";
import { REMOTE_FOLDER } from "../site/uses.ts";
import { findBarrier, type Remedy } from "./access.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import { formatChange } from "./settings.ts";
import type { Situation } from "./situations.ts";

/** Lets everybody run a launcher. A script must be readable too. */
export const letRun: Remedy = (_, path) => `chmod 755 ${path}`;

const QMAIL_BIN = "/var/qmail/bin";

/** Finds a link to dk-remote, or a copy of it, in the place of qmail-remote. */
export function findReplaced(prefix: string): string | undefined {
  return [QMAIL_REMOTE, `${prefix}/bin/qmail-remote`].find((path) =>
    identifyProgram(path) === "dk-remote"
  );
}

/** Checks the program that qmail-rspawn runs by one run script of qmail-send. */
export async function checkRemoteProgram(
  { name, command, setting, program, script, accounts }: Situation,
  prefix: string,
): Promise<Finding[]> {
  if (
    setting !== undefined && findExecutable(command, ENVIRONMENT) === undefined
  ) {
    const detail = "is not there, or cannot be executed: all mail bounces";
    const advice = formatChange(setting, `${prefix}/bin/dk-remote`);
    return [fail("next", `QMAILREMOTE=${command}`, detail, advice)];
  }
  const folder = `${prefix}/${REMOTE_FOLDER}`;
  if (program === undefined && script?.env.PATH?.includes(folder)) {
    const detail = "has no dk-remote: mail leaves unsigned";
    const advice =
      `deno task install --prefix ${prefix}  # where the source is`;
    return [fail("next", folder, detail, advice)];
  }
  if (program === "dk-remote" && command !== QMAIL_REMOTE) {
    for (const account of accounts) {
      const barrier = await findBarrier(account, command, "execute", letRun);
      if (barrier === undefined) continue;
      const what = setting === undefined
        ? "mail leaves unsigned"
        : "all mail bounces";
      const detail = `${barrier.reason}: ${what}`;
      return [fail("next", command, detail, barrier.advice)];
    }
    return [ok("next", name, `has ${command} sign what leaves`)];
  }
  if (findReplaced(prefix) !== undefined) return [];
  const advice = script === undefined ? null : formatPath(script, prefix);
  const detail =
    "has no dk-remote: bounces, lists and mail of local users leave unsigned";
  return [ok("next", name, detail, advice)];
}

/** Warns of a dk-remote in the place of qmail-remote: the next upgrade of qmail overwrites it. */
export function checkReplaced(
  prefix: string,
  script: RunScript | undefined,
): Finding[] {
  const path = findReplaced(prefix);
  if (path === undefined) return checkLeftOver();
  const isLink = Deno.lstatSync(path).isSymlink;
  const detail = isLink
    ? "is a link to dk-remote: an upgrade of qmail writes through it, and mail leaves unsigned"
    : "is a copy of dk-remote: an upgrade of qmail puts its own there, and mail leaves unsigned";
  const undo = `mv -f ${path}.orig ${path}`;
  const advice = script === undefined
    ? `${undo}  # and in the run script of qmail-send PATH="${prefix}/${REMOTE_FOLDER}:${QMAIL_BIN}:$PATH"`
    : `${undo} && ${formatPath(script, prefix)}`;
  return [warn("next", path, detail, advice)];
}

/** Warns of a renamed qmail-remote: dk-remote prefers it to the newer one of an upgrade. */
function checkLeftOver(): Finding[] {
  const isLeft = findExecutable(RENAMED, ENVIRONMENT) !== undefined &&
    findExecutable(QMAIL_REMOTE, ENVIRONMENT) !== undefined;
  if (!isLeft) return [];
  const detail =
    `is what dk-remote goes on with, and not ${QMAIL_REMOTE}, which is newer perhaps`;
  return [warn("next", RENAMED, detail, `mv -f ${RENAMED} ${RENAMED}.old`)];
}

/** Writes a line of shell that puts our folder before qmail's in the PATH of qmail-start. */
function formatPath(
  { path, env, sources, included }: RunScript,
  prefix: string,
): string {
  const file = sources.PATH ?? included.at(-1) ?? path;
  const ours = `${prefix}/${REMOTE_FOLDER}`;
  const edit = env.PATH?.includes(QMAIL_BIN)
    ? `s~PATH=(["'\\'']?)(.*)${QMAIL_BIN}~PATH=\\1${ours}:\\2${QMAIL_BIN}~`
    : `s~^(.*qmail-start)~PATH="${ours}:${QMAIL_BIN}:$PATH"; export PATH\\n\\1~`;
  return `sed -E -i '${edit}' ${file}  # then restart the service`;
}
