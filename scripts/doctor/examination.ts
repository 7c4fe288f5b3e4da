// All checks in their order. What one of them can not do keeps none of the others back.

import { parseDkimOptions } from "../../lib/policy/options.ts";
import { readDnsConfig } from "../../lib/system/dns/config.ts";
import { readVariable } from "../../lib/system/configuration/environment.ts";
import { messageOf } from "../failure.ts";
import type { Command } from "./command_line.ts";
import { checkDns } from "./dns_check.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import {
  checkKeys,
  checkRecords,
  isDefault,
  readPattern,
} from "./keys_check.ts";
import type { UsableKey } from "./key_check.ts";
import type { Place } from "./key_places.ts";
import { findRunFiles, type Limit, parseRun, USUAL_LIMITS } from "./limits.ts";
import {
  checkQmailQueue,
  checkQueue,
  checkRemote,
  isRemoteReplaced,
} from "./next_program.ts";
import {
  attempt,
  checkControlFiles,
  checkPattern,
  checkVariables,
  type Pattern,
} from "./options_check.ts";
import { checkProgram, findPrograms, type Signing } from "./program_check.ts";
import { checkTemporaryFolder } from "./temporary_check.ts";
import { findUsers, triable, type Users } from "./users.ts";

const DEFAULT_PREFIX = "/var/qmail";
/** Whose mail is sent when no key says. */
const NOBODYS_DOMAIN = "example.com";

/** Makes every check, and hands on what each of them found. */
export async function examine(
  { prefix = findPrefix(), users: names, domains, runFiles }: Command,
  report: (finding: Finding) => void,
): Promise<void> {
  const guard = async (
    check: string,
    make: () => Promise<Finding[]> | Finding[],
  ) => {
    try {
      for (const finding of await make()) report(finding);
    } catch (error) {
      const advice = "correct that, and run dk-doctor again";
      report(fail(check, "the check itself", messageOf(error), advice));
    }
  };

  const { users, findings } = await findUsers(names);
  findings.forEach(report);
  const { finding, programs } = findPrograms(prefix);
  report(finding);
  await guard("next", () => checkQueue(prefix, users.queue));
  await guard("next", async () => [await checkQmailQueue(users.queue)]);
  if (programs.includes("dk-remote")) {
    await guard("next", () => checkRemote(prefix, users.remote));
  }
  await guard("control", checkControlFiles);
  await guard("options", checkVariables);

  let signing: Signing = { domain: NOBODYS_DOMAIN, signers: [] };
  const keys: UsableKey[] = [];
  const readers = readersOf(users, isRemoteReplaced(prefix));
  await guard("key", async () => {
    const pattern = readPattern();
    const checked = await checkPatternAndKeys(pattern, domains, readers);
    keys.push(...checked.keys);
    signing = chooseSigning(pattern, checked.places, domains);
    return checked.findings;
  });
  const extra = readVariable("DKIMSIGNEXTRA");
  if (extra !== undefined) {
    await guard("key", async () => {
      const pattern = { source: "DKIMSIGNEXTRA", text: extra };
      const checked = await checkPatternAndKeys(pattern, domains, readers);
      keys.push(...checked.keys);
      return checked.findings;
    });
  }
  const config = attempt(() => readDnsConfig());
  if (config !== undefined) {
    await guard("dns", () => checkDns(config));
    await guard("record", () => {
      const letters = readVariable("DKIMSIGNOPTIONS");
      const options = attempt(() => parseDkimOptions(letters));
      return checkRecords(keys, domains, config, options?.identity);
    });
  }
  await guard(
    "tmpdir",
    () => checkTemporaryFolder(readVariable("TMPDIR") || "/tmp", users.queue),
  );

  const limits = [...USUAL_LIMITS];
  await guard("run", () => {
    const read = readLimits(runFiles ?? findRunFiles(), limits);
    limits.push(...read.limits);
    return read.findings;
  });
  for (const program of programs) {
    const own = program === "dk-remote" ? users.remote : users.queue;
    for (const account of await triable(own)) {
      await guard("program", () =>
        checkProgram(
          `${prefix}/bin/${program}`,
          program,
          account,
          limits,
          signing,
        ));
    }
  }
}

async function checkPatternAndKeys(
  pattern: Pattern,
  domains: string[],
  readers: Users["queue"],
) {
  const finding = checkPattern(pattern);
  if (finding.status === "fail") {
    return { findings: [finding], keys: [], places: [] };
  }
  const checked = await checkKeys(pattern, domains, readers);
  return { ...checked, findings: [finding, ...checked.findings] };
}

/** The first key that is there signs what is sent on trial. */
function chooseSigning(
  pattern: Pattern,
  places: Place[],
  domains: string[],
): Signing {
  const place = places.find(({ kind }) => kind === "key");
  if (place?.kind !== "key") return { domain: NOBODYS_DOMAIN, signers: [] };
  return {
    domain: place.domain ?? domains[0] ?? NOBODYS_DOMAIN,
    signers: isDefault(pattern)
      ? ["qmail-dk"]
      : ["qmail-dk", "dk-sign", "dk-remote"],
  };
}

function readersOf({ queue, remote }: Users, withRemote: boolean) {
  const all = withRemote ? [...queue, ...remote] : queue;
  return all.filter(({ uid }, n) =>
    all.findIndex((other) => other.uid === uid) === n
  );
}

/** The limits of run scripts, but for those that are known already. */
function readLimits(files: string[], known: Limit[]) {
  const findings: Finding[] = [];
  const limits: Limit[] = [];
  for (const file of files) {
    let text: string;
    try {
      text = Deno.readTextFileSync(file);
    } catch (error) {
      findings.push(fail("run", file, messageOf(error), `ls -l ${file}`));
      continue;
    }
    const run = parseRun(text);
    if (run === undefined) {
      findings.push(ok("run", file, "sets no limit"));
      continue;
    }
    const { limit, unknown } = run;
    if (![...known, ...limits].some(({ name }) => name === limit.name)) {
      limits.push(limit);
    }
    const advice = "dk-doctor --run FILE, with a copy that has numbers there";
    findings.push(
      unknown.length > 0
        ? warn("run", file, `no number in ${unknown.join(", ")}`, advice)
        : ok("run", file, `sets ${limit.name}`),
    );
  }
  return { limits, findings };
}

/** The folder above the bin that dk-doctor itself is in. */
function findPrefix(): string {
  const folders = [new URL(Deno.mainModule).pathname, Deno.execPath()]
    .flatMap((path) => {
      const components = path.split("/").slice(0, -1);
      return components.map((_, n) => components.slice(0, n + 1).join("/"));
    });
  const own = folders.find((folder) => {
    try {
      return Deno.statSync(`${folder}/bin/dk-doctor`).isFile;
    } catch {
      // Not there: another folder may have it.
      return false;
    }
  });
  return own ?? DEFAULT_PREFIX;
}
