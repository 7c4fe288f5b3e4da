// Checks what a site says of SPF, DMARC and ARC: letters that do nothing or refuse good mail, terms, texts
// and sealers that cannot be used. Reads them by the functions of the programs.

import {
  CONTROL_FOLDER,
  readControlLine,
  readControlLines,
} from "../../lib/system/configuration/environment.ts";
import { isDomainName } from "../../lib/message/domain_name.ts";
import { DMARC_LETTERS } from "../../lib/policy/dmarc_letters.ts";
import { parseSpfLetters, SPF_LETTERS } from "../../lib/policy/spf_letters.ts";
import {
  parseExplanation,
  parseLocalRules,
} from "../../lib/policy/spf_terms.ts";
import { messageOf } from "../command/failure.ts";
import { ENVIRONMENT } from "./environment.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import { settingOf } from "./options_check.ts";
import { formatChange, type Setting } from "./settings.ts";

/** What a letter does to mail that nobody wants refused. */
interface Harm {
  letter: string;
  text: string;
}

const SPF_HARM: Harm[] = [
  { letter: SPF_LETTERS.pass, text: "refuses good mail" },
  { letter: SPF_LETTERS.none, text: "refuses all domains without a record" },
];
const DMARC_HARM: Harm[] = [
  { letter: DMARC_LETTERS.ok, text: "refuses good mail" },
  {
    letter: DMARC_LETTERS.noRecord,
    text: "refuses all domains without a record",
  },
  { letter: DMARC_LETTERS.excused, text: "refuses what ARCTRUST excuses" },
];

/** A setting of a variable, or of the control file that stands in for it. */
interface Given {
  subject: string;
  text: string;
  /** A line of shell that takes it away. */
  removal: string;
}

/** Checks all that is set. */
export function checkMethods(settings: Map<string, Setting>): Finding[] {
  const rules = given(
    ENVIRONMENT.get("SPFRULES"),
    "SPFRULES",
    settings,
    () => readControlLine(ENVIRONMENT, "spfrules"),
  );
  const explanation = given(
    ENVIRONMENT.get("SPFEXP"),
    "SPFEXP",
    settings,
    () => readControlLine(ENVIRONMENT, "spfexp"),
  );
  const sealers = given(
    ENVIRONMENT.get("ARCTRUST"),
    "ARCTRUST",
    settings,
    () => readControlLines(ENVIRONMENT, "arctrust").join(" "),
  );
  return [
    ...checkSpfVerify(settings),
    ...checkDmarcVerify(settings),
    ...checkText("SPFRULES", rules, parseLocalRules),
    ...checkText("SPFEXP", explanation, parseExplanation),
    ...checkArcTrust(sealers),
  ];
}

function checkSpfVerify(settings: Map<string, Setting>): Finding[] {
  if (ENVIRONMENT.get("SPFVERIFY") === undefined) return [];
  const setting = settingOf("SPFVERIFY", settings);
  try {
    const letters = parseSpfLetters(setting.value);
    const known = Object.values(SPF_LETTERS);
    // What a digit stands for is what the SPF patch does.
    return /^[0-9]$/.test(setting.value)
      ? [ok("options", nameOf(setting), "a digit of SPFBEHAVIOR")]
      : [
        checkLetters(setting, letters, known, SPF_HARM, SPF_LETTERS.temperror),
      ];
  } catch (error) {
    const advice = formatChange(setting, "");
    return [fail("options", nameOf(setting), messageOf(error), advice)];
  }
}

function checkDmarcVerify(settings: Map<string, Setting>): Finding[] {
  if (ENVIRONMENT.get("DMARCVERIFY") === undefined) return [];
  const setting = settingOf("DMARCVERIFY", settings);
  const known = Object.values(DMARC_LETTERS);
  const { dnsTemporary } = DMARC_LETTERS;
  return [
    checkLetters(setting, setting.value, known, DMARC_HARM, dnsTemporary),
  ];
}

function checkLetters(
  setting: Setting,
  letters: string,
  known: readonly string[],
  harms: Harm[],
  onDnsTrouble: string,
): Finding {
  const found = [...letters].flatMap((letter) => {
    const upper = letter.toUpperCase();
    const says = JSON.stringify(letter);
    const harm = harms.find((harm) => harm.letter === upper);
    if (harm !== undefined) {
      return { isHarm: true, text: `${says} ${harm.text}` };
    }
    const text = known.includes(upper)
      ? letter === onDnsTrouble
        ? `${says} rejects mail for good when DNS does not answer`
        : undefined
      : `${says} does nothing`;
    return text === undefined ? [] : { isHarm: false, text };
  });
  const subject = nameOf(setting);
  if (found.length === 0) {
    return ok("options", subject, "each letter stands for a result");
  }
  const say = found.some(({ isHarm }) => isHarm) ? fail : warn;
  const detail = found.map(({ text }) => text).join("; ");
  return say("options", subject, detail, formatChange(setting, ""));
}

function checkText(
  name: string,
  setting: Given | undefined,
  parse: (text: string) => unknown,
): Finding[] {
  if (setting === undefined) return [];
  const { subject, text, removal } = setting;
  try {
    parse(text);
    return [ok("options", subject, `${name} can be used`)];
  } catch (error) {
    return [fail("options", subject, messageOf(error), removal)];
  }
}

/** A sealer is looked for by its A-labels. */
function checkArcTrust(setting: Given | undefined): Finding[] {
  if (setting === undefined) return [];
  const { subject, text, removal } = setting;
  const sealers = text.split(/\s+/).filter((word) => word !== "");
  const strange = sealers.filter((word) => !isDomainName(word));
  if (strange.length > 0) {
    const detail = `no sealer has such a name: ${strange.join(", ")}`;
    return [warn("options", subject, detail, removal)];
  }
  return [ok("options", subject, `${sealers.length} sealers can excuse`)];
}

/** Reads what a variable says, else its control file. */
function given(
  value: string | undefined,
  name: "SPFRULES" | "SPFEXP" | "ARCTRUST",
  settings: Map<string, Setting>,
  readControl: () => string | undefined,
): Given | undefined {
  if (value !== undefined) {
    const setting = settingOf(name, settings);
    const removal = formatChange(setting);
    return { subject: nameOf(setting), text: value, removal };
  }
  const text = readControl();
  if (text === undefined || text === "") return undefined;
  const folder = ENVIRONMENT.get("CONTROLDIR") ?? CONTROL_FOLDER;
  const path = `${folder}/${name.toLowerCase()}`;
  return { subject: path, text, removal: `mv ${path} ${path}.bad` };
}

function nameOf({ name, value, origin }: Setting): string {
  return "path" in origin
    ? `${name}=${value} in ${origin.path}`
    : `${name}=${value}`;
}
