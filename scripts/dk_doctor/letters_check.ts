// Finds letters of DKVERIFY that do nothing, and letters that refuse good mail.

import {
  DKIM_LETTERS,
  DOMAINKEYS_LETTERS,
  parseLetters,
} from "../../lib/policy/letters.ts";
import type { Scheme } from "../../lib/ports/signing.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import { formatChange, type Setting } from "./settings.ts";

/** The value that refuses nothing, for a site that begins. */
const NO_LETTERS = "";
/** Letters of statuses that good mail has. */
const GOOD = { domainkeys: "AC", dkim: "AN" };

const TABLES = { domainkeys: DOMAINKEYS_LETTERS, dkim: DKIM_LETTERS };
const ON_DNS_TROUBLE = {
  domainkeys: DOMAINKEYS_LETTERS.cannotVerify.letter,
  dkim: DKIM_LETTERS.dnsTemporary.letter,
};

/** The fault of a letter. It does harm if it refuses good mail. */
interface Trouble {
  text: string;
  isHarm: boolean;
}

/** Checks the letters of DKVERIFY for those that do nothing and those that do harm. */
export function checkLetters(setting: Setting): Finding {
  const { value, origin } = setting;
  const given = parseLetters(value);
  const commas = value.split(",").length - 1;
  const troubles = (["domainkeys", "dkim"] as const).flatMap((scheme) =>
    [...given[scheme]].flatMap((letter) =>
      judgeLetter(scheme, letter, commas > 0) ?? []
    )
  );
  if (commas > 1) {
    const text =
      "letters of DKIM stand after the first comma: a second one does nothing";
    troubles.unshift({ text, isHarm: true });
  }
  const subject = "path" in origin
    ? `DKVERIFY=${value} in ${origin.path}`
    : `DKVERIFY=${value}`;
  if (troubles.length === 0) {
    return ok("options", subject, "each letter stands for a status");
  }
  const say = troubles.some(({ isHarm }) => isHarm) ? fail : warn;
  const detail = troubles.map(({ text }) => text).join("; ");
  return say("options", subject, detail, formatChange(setting, NO_LETTERS));
}

function judgeLetter(
  scheme: Scheme,
  letter: string,
  hasComma: boolean,
): Trouble | undefined {
  const says = `${scheme} ${JSON.stringify(letter)}`;
  const upper = letter.toUpperCase();
  if (!isLetterOf(scheme, upper)) {
    return !hasComma && isLetterOf("dkim", upper)
      ? {
        text: `${says} is a letter of DKIM, and there is no comma`,
        isHarm: true,
      }
      : { text: `${says} does nothing`, isHarm: false };
  }
  if (GOOD[scheme].includes(upper)) {
    return { text: `${says} refuses good mail`, isHarm: true };
  }
  if (letter !== ON_DNS_TROUBLE[scheme]) return undefined;
  const text = `${says} rejects mail for good when DNS does not answer`;
  return { text, isHarm: false };
}

function isLetterOf(scheme: Scheme, upper: string): boolean {
  return Object.values(TABLES[scheme]).some(({ letter }) => letter === upper);
}
