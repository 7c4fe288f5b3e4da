// Checks that the name that a client gives in HELO is found in what the SMTP server of a site writes: SPF
// needs it for bounces. Hands the server one message, and nothing is queued.

import { parseHeader } from "../../lib/message/header.ts";
import { findHelo } from "../../lib/pass/client.ts";
import { parseClientAddress } from "../../lib/spf/address.ts";
import { findExecutable } from "../../lib/system/process/executable.ts";
import { ENVIRONMENT } from "./environment.ts";
import { type Finding, ok, warn } from "./finding.ts";
import type { Situation } from "./situations.ts";
import { CLIENT, type Taken, trySmtp } from "./smtp_trial.ts";
import { triable } from "./users.ts";

/** Servers that need no arguments. */
const SERVERS = /^(?:.*\/)?(?:qmail-smtpd|smtpfront-qmail)$/;
/** qmail 1.03 as it was published would queue the message. */
const QMAIL_SMTPD = /(?:^|\/)qmail-smtpd$/;

const SHOWN_CHARS = 80;

/** The SMTP server that a run script starts, if it is one that can be tried. */
export function serverOf({ script }: Situation): string | undefined {
  const word = script?.words.find((word) => SERVERS.test(word));
  return word === undefined ? undefined : findExecutable(word, ENVIRONMENT);
}

/** Checks one server. */
export async function checkHelo(
  server: string,
  { accounts, script }: Situation,
): Promise<Finding[]> {
  const notTried = (why: string) => [
    warn(
      "helo",
      server,
      `not tried whether HELO is found in its mail: ${why}`,
      "dktest -v --ip IP FILE, with a bounce that it took from IP: spf= is to tell smtp.helo=",
    ),
  ];
  if (QMAIL_SMTPD.test(server) && !await hasQmailQueue(server)) {
    return notTried("it does not know QMAILQUEUE");
  }
  const [account] = await triable(accounts);
  const outcome = await trySmtp([server], account!, script?.env ?? {});
  return "reason" in outcome
    ? notTried(outcome.reason)
    : [judge(server, outcome)];
}

function judge(server: string, { message, smtpHeloHost }: Taken): Finding {
  const [header = ""] = message.split("\n\n", 1);
  const found = smtpHeloHost ||
    findHelo(parseHeader(`${header}\n`), parseClientAddress(CLIENT.ip)!);
  if (found === CLIENT.helo) {
    return ok("helo", server, "HELO is found in its mail, as SPF needs it");
  }
  const top = header.replace(/\s+/g, " ").slice(0, SHOWN_CHARS);
  return warn(
    "helo",
    server,
    `HELO is not found in "${top}...": spf= of bounces is none`,
    "have the server export SMTPHELOHOST, as qmail-spp does; without it no mail is refused that would not be else",
  );
}

async function hasQmailQueue(server: string): Promise<boolean> {
  const program = await Deno.readFile(server);
  return new TextDecoder("latin1").decode(program).includes("QMAILQUEUE");
}
