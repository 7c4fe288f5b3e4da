// Checks that something runs our programs, and can find them. Knows nothing of what they do.

import { ENVIRONMENT } from "./environment.ts";
import type { RunScript } from "../site/run_script.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import { checkQmailQueue } from "./next_program.ts";
import { checkRemoteProgram, checkReplaced } from "./remote_check.ts";
import { formatChange } from "./settings.ts";
import type { Situation } from "./situations.ts";

/** Checks every situation, and that there is one at all. */
export async function checkSwitches(
  prefix: string,
  situations: Situation[],
  scripts: RunScript[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const situation of situations) {
    const { role, name, command, setting, program, accounts } = situation;
    if (role === "remote") {
      findings.push(...await checkRemoteProgram(situation, prefix));
      continue;
    }
    for (const found of await checkQmailQueue(command, accounts)) {
      const isMissing = found.status === "fail" &&
        found.advice?.startsWith("ls ") && setting !== undefined;
      const advice = isMissing
        ? formatChange(setting, `${prefix}/bin/qmail-dk`)
        : found.advice;
      findings.push({ ...found, advice });
    }
    const signs = role === "bounces" &&
      (program === "dk-sign" || program === "qmail-dk") &&
      setting !== undefined;
    if (!signs) continue;
    findings.push(fail(
      "key",
      `QMAILQUEUE=${command} in ${name}`,
      "runs as each user whose .qmail forwards, and such a user may read no key: that mail is deferred",
      `${
        formatChange(setting)
      }; dk-remote signs all that leaves, see dk-remote(8)`,
    ));
  }
  const send = scripts.find(({ kind }) => kind === "send");
  findings.push(...checkReplaced(prefix, send));
  const own = ENVIRONMENT.get("QMAILQUEUE");
  if (own !== undefined) {
    findings.push(...await checkQmailQueue(own, []));
    return findings;
  }
  const isAsked = situations.some(({ program }) => program !== undefined);
  if (isAsked) return findings;
  const servers = scripts.filter(({ kind }) => kind === "server");
  const advice =
    `in tcp.smtp, or in the run script of qmail-smtpd: QMAILQUEUE="${prefix}/bin/qmail-dk"`;
  findings.push(
    servers.length > 0
      ? warn(
        "next",
        "QMAILQUEUE",
        `names none of our programs, in ${
          servers.map(({ path }) => path).join(", ")
        } and what they read`,
        advice,
      )
      : ok(
        "next",
        "QMAILQUEUE",
        "is not set here, and no service was found",
        advice,
      ),
  );
  return findings;
}
