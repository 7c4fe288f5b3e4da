// Checks the variables and the control files, by the functions that the programs read them with.

import { readControlLine } from "../../lib/system/configuration/environment.ts";
import { CONTROL_FOLDER } from "../../lib/system/configuration/environment.ts";
import {
  readQueueConfiguration,
  readTimeLimit,
} from "../../lib/system/configuration/queue.ts";
import {
  readBareCr,
  readDnsOptions,
  readInboundOptions,
  readSignOptions,
} from "../../lib/system/configuration/options.ts";
import { ENVIRONMENT } from "./environment.ts";
import { isDomainName } from "../../lib/message/domain_name.ts";
import { toText } from "../../lib/message/octets.ts";
import { isPerDomain } from "../../lib/keys/key_path.ts";
import { parsePattern } from "../../lib/policy/options.ts";
import { StepFailed } from "../../lib/qmail/exit_code.ts";
import type {
  ControlName,
  VariableName,
} from "../../lib/system/configuration/variables.ts";
import { messageOf } from "../command/failure.ts";
import { findBarrier, isThere } from "./access.ts";
import type { Account } from "./accounts.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import { checkLetters } from "./letters_check.ts";
import { formatChange, type Setting } from "./settings.ts";

/** The pattern of the keys, and its origin. */
export interface Pattern {
  /** A variable, or a control file. */
  source: string;
  text: string;
  /** The one domain whose keys are there. */
  domain?: string;
}

/** Reads a setting; `undefined` if it is faulty, which checkVariables() reports. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof StepFailed || error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

/** Groups of variables that one function reads. DKQUEUE and the pattern have checks of their own. */
const GROUPS: {
  title: string;
  names: VariableName[];
  read(): unknown;
}[] = [
  { title: "DEATH", names: ["DEATH"], read: () => readTimeLimit(ENVIRONMENT) },
  {
    title: "ERROR_FD",
    names: ["ERROR_FD"],
    read: () => readQueueConfiguration(ENVIRONMENT, ["true"]),
  },
  {
    title: "DKSIGNWITH, DKIMSIGN*, DKSIGNOPTIONS, DKIMALIGN",
    names: [
      "DKSIGNWITH",
      "DKIMSIGNOPTIONS",
      "DKIMSIGNHEADERS",
      "DKIMOVERSIGN",
      "DKIMSIGNEXTRA",
      "DKSIGNOPTIONS",
      "DKIMALIGN",
    ],
    read: () => readSignOptions(ENVIRONMENT, "default"),
  },
  {
    title: "DKBARECR",
    names: ["DKBARECR"],
    read: () => readBareCr(ENVIRONMENT),
  },
  {
    title: "DNSCACHEIP, DNSTIMEOUT",
    names: ["DNSCACHEIP", "DNSTIMEOUT"],
    read: () => readDnsOptions(ENVIRONMENT),
  },
];

/**
 * Checks every variable that is set.
 *
 * @param settings Their origins. A variable without one is from our own environment.
 */
export function checkVariables(settings: Map<string, Setting>): Finding[] {
  const findings = GROUPS.map(({ title, names, read }) => {
    try {
      read();
      return ok("options", title, "can be used");
    } catch (error) {
      const culprit = names.find((name) => isReadWithout(name, read));
      const advice = culprit === undefined
        ? "correct it where it is set: tcp.smtp, envdir or run"
        : formatChange(settingOf(culprit, settings));
      return fail("options", title, messageOf(error), advice);
    }
  });
  const dkVerify = ENVIRONMENT.get("DKVERIFY");
  return dkVerify === undefined
    ? findings
    : [...findings, checkLetters(settingOf("DKVERIFY", settings))];
}

function isReadWithout(name: VariableName, read: () => unknown): boolean {
  const value = Deno.env.get(name);
  if (value === undefined) return false;
  try {
    Deno.env.delete(name);
    read();
    return true;
  } catch {
    // Another variable is faulty.
    return false;
  } finally {
    Deno.env.set(name, value);
  }
}

/** Gives a variable's value in our environment, with its origin. */
export function settingOf(
  name: VariableName,
  settings: Map<string, Setting>,
): Setting {
  return settings.get(name) ??
    {
      name,
      value: ENVIRONMENT.get(name) ?? "",
      origin: { kind: "environment" },
    };
}

/** Checks ERROR_FD=2: only indimail's qmail-smtpd reads the text there, for others it goes to the log. */
export function checkErrorFd(
  setting: Setting,
  caller: string,
): Finding[] {
  if (setting.value !== "2") return [];
  let text: string;
  try {
    text = toText(Deno.readFileSync(caller));
  } catch {
    // Without its text nothing is known of the caller.
    return [];
  }
  if (text.includes("ERROR_FD")) return [];
  return [
    fail(
      "options",
      "ERROR_FD=2",
      `${caller} is none of indimail, and takes what is rejected (88) for deferred`,
      formatChange(setting),
    ),
  ];
}

/** Checks that a pattern ends in a selector, and has its `%` where folders are. */
export function checkPattern({ source, text }: Pattern): Finding {
  try {
    parsePattern(source, text);
  } catch (error) {
    const advice = `${source}: /etc/domainkeys/%/default`;
    return fail("control", source, messageOf(error), advice);
  }
  const subject = `${source} ${text}`;
  if (!text.startsWith("/")) {
    return warn(
      "control",
      subject,
      "counts from the folder that a program is started in",
      "give a path that begins with a slash",
    );
  }
  const components = text.split("/").filter(isPerDomain);
  if (components.some((component) => component !== "%")) {
    return warn(
      "control",
      subject,
      "the % is not a folder's whole name",
      `give each domain a folder: ${source} /etc/domainkeys/%/default`,
    );
  }
  const detail = components.length === 0
    ? "one key for every domain"
    : "a key for each domain";
  return ok("control", subject, detail);
}

/**
 * Checks the folder of the control files, the authserv-id, and that the users can read both.
 *
 * @param readersOf The users who read a control file.
 */
export async function checkControlFiles(
  readersOf: (name: ControlName) => Account[],
): Promise<Finding[]> {
  const folder = ENVIRONMENT.get("CONTROLDIR") ?? CONTROL_FOLDER;
  const isOfQmail = folder === CONTROL_FOLDER;
  try {
    if (!(await Deno.stat(folder)).isDirectory) {
      return [fail("control", folder, "is no folder", `ls -ld ${folder}`)];
    }
  } catch (error) {
    const detail = messageOf(error);
    return isOfQmail
      ? [fail("control", folder, detail, "install qmail, or set CONTROLDIR")]
      : [
        warn("control", folder, detail, `mkdir -p ${folder}`),
        checkAuthservId(folder),
      ];
  }
  const barriers = await findControlBarriers(folder, readersOf);
  if (barriers.length > 0) return barriers;
  const me = `${folder}/me`;
  if (isOfQmail && !isThere(me)) {
    const detail = "is not there: qmail takes no mail without it";
    return [fail("control", me, detail, `hostname -f >${me}`)];
  }
  return [ok("control", folder, "is there"), checkAuthservId(folder)];
}

const CONTROL_NAMES: ControlName[] = [
  ...["dkimkeys", "dksign", "authservid", "me"] as const,
  ...["arcseal", "arctrust", "spfrules", "spfexp"] as const,
];

/** Finds control files that a user who runs the programs cannot read: his mail is deferred (55). */
async function findControlBarriers(
  folder: string,
  readersOf: (name: ControlName) => Account[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of CONTROL_NAMES) {
    const path = `${folder}/${name}`;
    for (const account of readersOf(name)) {
      const barrier = isThere(path)
        ? await findBarrier(account, path, "read")
        : await findBarrier(account, folder, "execute");
      if (barrier === undefined) continue;
      const finding = fail("control", path, barrier.reason, barrier.advice);
      const isSaid = findings.some(({ advice }) => advice === finding.advice);
      if (!isSaid) findings.push(finding);
    }
  }
  return findings;
}

function checkAuthservId(folder: string): Finding {
  const subject = `${folder}/authservid`;
  try {
    const { authservId } = readInboundOptions(ENVIRONMENT, {});
    const source = readControlLine(ENVIRONMENT, "authservid")
      ? "it"
      : readControlLine(ENVIRONMENT, "me")
      ? "control/me"
      : "the host name";
    const detail =
      `Authentication-Results will say ${authservId}, from ${source}`;
    if (!isDomainName(authservId)) {
      const advice = `echo mail.example.com > ${subject}`;
      return warn("control", subject, `${detail}: no domain name`, advice);
    }
    return source === "the host name" && !authservId.includes(".")
      ? warn("control", subject, detail, `hostname -f > ${subject}`)
      : ok("control", subject, detail);
  } catch (error) {
    const advice = `ls -l ${folder}; cat ${folder}/me ${subject}`;
    return fail("control", subject, messageOf(error), advice);
  }
}
