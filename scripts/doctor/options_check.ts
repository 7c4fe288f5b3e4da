// Whether the variables and the control files can be used, by the very functions that the programs
// read them with.

import { isDomainName } from "../../lib/message/domain_name.ts";
import { isPerDomain } from "../../lib/keys/key_path.ts";
import {
  DKIM_LETTERS,
  DOMAINKEYS_LETTERS,
  parseLetters,
} from "../../lib/policy/letters.ts";
import { parsePattern } from "../../lib/policy/options.ts";
import { readDnsConfig } from "../../lib/system/dns/config.ts";
import {
  CONTROL_FOLDER,
  readControlLine,
  readInboundOptions,
  readSignOptions,
  readSite,
  readTimeLimit,
  readVariable,
} from "../../lib/system/configuration/environment.ts";
import { StepFailed } from "../../lib/qmail/exit_code.ts";
import { messageOf } from "../failure.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

/** What the pattern of the keys is, and who says so. */
export interface Pattern {
  /** A variable, or a control file. */
  source: string;
  text: string;
}

const RECOMMENDED = "DEGIJKfh,CGHIJMQRkl";

/** What is read; `undefined` where it is bad, which checkVariables() says. */
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

/** Checks every variable that is set. */
export function checkVariables(): Finding[] {
  const groups = {
    // DKQUEUE has a check of its own.
    "DEATH, ERROR_FD": () => [readTimeLimit(), readSite(["true"])],
    // The pattern has a check of its own.
    "DKSIGNWITH, DKIMSIGN*, DKSIGNOPTIONS, DKIMALIGN": () =>
      readSignOptions("default"),
    "DNSCACHEIP, DNSTIMEOUT": () => readDnsConfig(),
  };
  const findings = Object.entries(groups).map(([names, read]) => {
    try {
      read();
      return ok("options", names, "can be used");
    } catch (error) {
      const advice = "correct it where it is set: tcp.smtp, envdir or run";
      return fail("options", names, messageOf(error), advice);
    }
  });
  const dkVerify = readVariable("DKVERIFY");
  return dkVerify === undefined
    ? findings
    : [...findings, checkLetters(dkVerify)];
}

/** Checks the letters of DKVERIFY: which of them do nothing, and which do harm. */
export function checkLetters(dkVerify: string): Finding {
  const given = parseLetters(dkVerify);
  const tables = { domainkeys: DOMAINKEYS_LETTERS, dkim: DKIM_LETTERS };
  const onDnsTrouble = {
    domainkeys: DOMAINKEYS_LETTERS.cannotVerify.letter,
    dkim: DKIM_LETTERS.dnsTemporary.letter,
  };
  const troubles = (["domainkeys", "dkim"] as const).flatMap((scheme) => {
    const known = Object.values(tables[scheme]).map(({ letter }) =>
      letter as string
    );
    return [...given[scheme]].flatMap((letter) => {
      const says = `${scheme} ${JSON.stringify(letter)}`;
      if (!known.includes(letter.toUpperCase())) {
        return [`${says} does nothing`];
      }
      if (letter.toUpperCase() === "A") return [`${says} refuses good mail`];
      return letter === onDnsTrouble[scheme]
        ? [`${says} rejects mail for good when DNS does not answer`]
        : [];
    });
  });
  return troubles.length === 0
    ? ok("options", `DKVERIFY=${dkVerify}`, "each letter stands for a status")
    : warn(
      "options",
      `DKVERIFY=${dkVerify}`,
      troubles.join("; "),
      `DKVERIFY=${RECOMMENDED}`,
    );
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

/** Checks the folder of the control files, and what names us in Authentication-Results. */
export function checkControlFiles(): Finding[] {
  const folder = readVariable("CONTROLDIR") ?? CONTROL_FOLDER;
  try {
    if (!Deno.statSync(folder).isDirectory) {
      return [fail("control", folder, "is no folder", `ls -ld ${folder}`)];
    }
  } catch (error) {
    const detail = messageOf(error);
    const advice = "set CONTROLDIR, or make the folder";
    return [warn("control", folder, detail, advice), checkAuthservId(folder)];
  }
  return [ok("control", folder, "is there"), checkAuthservId(folder)];
}

function checkAuthservId(folder: string): Finding {
  const subject = `${folder}/authservid`;
  try {
    const { authservId } = readInboundOptions("");
    const source = readControlLine("authservid")
      ? "it"
      : readControlLine("me")
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
