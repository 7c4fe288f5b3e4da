// Checks every key that a site signs with: the origin of the pattern, the file and the record.

import { readControlLine } from "../../lib/system/configuration/environment.ts";
import { CONTROL_FOLDER } from "../../lib/system/configuration/environment.ts";
import { openKeyTable } from "../../lib/system/configuration/sign_rules.ts";
import { DEFAULT_PATTERN } from "../../lib/system/configuration/options.ts";
import { ENVIRONMENT } from "./environment.ts";
import { DnsClient } from "../../lib/system/dns/client.ts";
import type { DnsConfig } from "../../lib/system/dns/config.ts";
import type { Account } from "./accounts.ts";
import { fail, type Finding, warn } from "./finding.ts";
import { checkPlace, makeKey, type UsableKey } from "./key_check.ts";
import { listPlaces, type Place } from "./key_places.ts";
import type { Pattern } from "./options_check.ts";
import { checkRecord } from "./record_check.ts";

/** The number of records that are asked for at a time, which every cache can take. */
const QUESTIONS = 20;

const DEFAULT_SOURCE = "the default";

/**
 * Reads the pattern of the keys, as qmail-dk does for relay clients.
 *
 * @throws {StepFailed} For a control file that cannot be read.
 */
export function readPattern(): Pattern {
  const dkSign = ENVIRONMENT.get("DKSIGN");
  if (dkSign !== undefined) return { source: "DKSIGN", text: dkSign };
  const line = readControlLine(ENVIRONMENT, "dksign");
  return line === undefined
    ? { source: DEFAULT_SOURCE, text: DEFAULT_PATTERN }
    : { source: "control/dksign", text: line };
}

/** Tells whether the pattern is the default one. Only qmail-dk signs with that. */
export function isDefault({ source }: Pattern): boolean {
  return source === DEFAULT_SOURCE;
}

/** Checks that dk-sign and dk-remote have a pattern. Without one they pass everything on. */
export function checkSilent(program: string, where: string): Finding[] {
  const signs = program === "dk-sign" || program === "dk-remote";
  if (!signs || !isDefault(readPattern())) return [];
  if (openKeyTable(ENVIRONMENT) !== undefined) return [];
  const folder = ENVIRONMENT.get("CONTROLDIR") ?? CONTROL_FOLDER;
  return [
    fail(
      "control",
      `${folder}/dksign`,
      `is not there, and neither is DKSIGN: ${program} of ${where} signs nothing`,
      `echo ${DEFAULT_PATTERN} >${folder}/dksign`,
    ),
  ];
}

/**
 * Checks the files of a pattern.
 *
 * @param namedElsewhere Domains that have a line of their own: they need no key here.
 */
export async function checkKeys(
  pattern: Pattern,
  domains: string[],
  accounts: Account[],
  prefix: string,
  namedElsewhere: string[],
): Promise<{ findings: Finding[]; keys: UsableKey[]; places: Place[] }> {
  const places = listPlaces(pattern.text, domains).filter((place) =>
    place.kind !== "no key" || place.domain === undefined ||
    !namedElsewhere.includes(place.domain)
  );
  const [first] = places;
  const isNothing = first === undefined ||
    first.kind === "unreadable" && isDefault(pattern);
  if (isNothing) {
    const subject = `${pattern.source} ${pattern.text}`;
    const path = pattern.text.replaceAll("%", "example.com");
    const advice = makeKey(prefix, path, "example.com");
    const say = isDefault(pattern) ? warn : fail;
    const finding = say("key", subject, "no key, nothing is signed", advice);
    return { findings: [finding], keys: [], places: [] };
  }
  const checked = [];
  for (const place of places) {
    checked.push(await checkPlace(place, accounts, prefix));
  }
  return {
    findings: checked.flatMap(({ findings }) => findings),
    keys: checked.flatMap(({ key }) => key ?? []),
    places,
  };
}

/** Checks the records of keys. */
export async function checkRecords(
  keys: UsableKey[],
  domains: string[],
  config: DnsConfig,
  identity: string | undefined,
): Promise<Finding[]> {
  const pairs = keys.flatMap((key) =>
    (key.domain === undefined ? domains : [key.domain]).map((domain) => ({
      key,
      domain,
    }))
  );
  const findings: Finding[] = keys.filter(({ domain }) =>
    domain === undefined && domains.length === 0
  ).map(({ path }) => {
    const detail =
      "signs for every domain, and which have a record is not known";
    return warn("record", path, detail, "dk-doctor --domain NAME");
  });
  for (let at = 0; at < pairs.length; at += QUESTIONS) {
    const asked = pairs.slice(at, at + QUESTIONS).map(({ key, domain }) =>
      checkRecord(key, domain, new DnsClient(config), identity)
    );
    findings.push(...await Promise.all(asked));
  }
  return findings;
}
