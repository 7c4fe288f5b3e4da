// Runs all checks in their order. A check that fails to run does not stop the others.

import { readDnsOptions } from "../../lib/system/configuration/options.ts";
import { ENVIRONMENT } from "./environment.ts";
import { resolve } from "node:path";
import { parseDkimOptions } from "../../lib/policy/options.ts";
import {
  type Places,
  readRulesFiles,
  readRunScripts,
} from "../site/services.ts";
import { BareCrCheck } from "./bare_cr_check.ts";
import type { Command } from "./command_line.ts";
import { checkDns, checkResolvConf } from "./dns_check.ts";
import { checkDomains } from "./domain_check.ts";
import { fail, type Finding } from "./finding.ts";
import { type Guard, openGuard } from "./guard.ts";
import type { UsableKey } from "./key_check.ts";
import type { Place } from "./key_places.ts";
import { checkRecords, isDefault, readPattern } from "./keys_check.ts";
import { checkAllKeys, type KeySite } from "./keys_examination.ts";
import { type ResourceLimits, USUAL_LIMITS } from "./limits.ts";
import { checkMethods } from "./methods_check.ts";
import { checkQueue, checkRemote } from "./next_program.ts";
import {
  attempt,
  checkControlFiles,
  checkErrorFd,
  checkVariables,
  type Pattern,
  settingOf,
} from "./options_check.ts";
import { findPrefix } from "./prefix.ts";
import {
  checkOwn,
  checkProgram,
  findPrograms,
  type Signing,
} from "./program_check.ts";
import { checkQmqp } from "./qmqp_check.ts";
import { findReplaced } from "./remote_check.ts";
import { type Asker, checkResident, readAsking } from "./resident_check.ts";
import { checkRules } from "./rules_check.ts";
import { describeProcesses, readLimits } from "./run_check.ts";
import { inSituation, listRuns, readersOf } from "./runs.ts";
import { checkHelo, serverOf } from "./helo_check.ts";
import { addSeal, checkSeal, type Seal } from "./seal_check.ts";
import { listSituations, type Program, type Situation } from "./situations.ts";
import { checkSwitches } from "./switches_check.ts";
import { checkTemporaryFolder } from "./temporary_check.ts";
import { checkTypes } from "./types_check.ts";
import { findUsers, triable } from "./users.ts";

/** The sender's domain in trials without a key. */
const NOBODYS_DOMAIN = "example.com";
const QMAIL_SMTPD = "/var/qmail/bin/qmail-smtpd";

/** The facts that all checks share. */
interface Site extends KeySite {
  /** The run scripts and rules of the command line. */
  files: Places;
  /** The programs that are as they were installed. */
  programs: Program[];
  situations: Situation[];
  /** The situations in which a program of ours runs; without any, `undefined` for our own environment. */
  contexts: (Situation | undefined)[];
  limits: ResourceLimits[];
}

/** Runs every check, and reports each finding once. */
export async function examine(
  command: Command,
  report: (finding: Finding) => void,
): Promise<void> {
  const guard = openGuard(report);
  const site = await readSite(command, guard);
  await checkNext(site);
  await checkOptions(site);
  const { keys, places } = await checkAllKeys(site);
  await checkMachine(site, keys);
  await checkResidents(site);
  await tryPrograms(site, places);
}

async function readSite(command: Command, guard: Guard): Promise<Site> {
  const { domains } = command;
  // Trials run in another folder: a relative prefix would not hold there.
  const prefix = resolve(command.prefix ?? findPrefix());
  const { users, findings } = await findUsers(command.users);
  await guard("user", () => findings);
  const { finding, programs: present } = findPrograms(prefix);
  await guard("install", () => [finding]);
  const strange = new Map(
    present.map((program) => [program, checkOwn(prefix, program)]),
  );
  await guard(
    "program",
    () => [...strange.values()].flatMap((finding) => finding ?? []),
  );
  const programs = present.filter((program) => !strange.get(program));
  const { scripts, unread } = readRunScripts(prefix, command);
  const rulesFiles = readRulesFiles(scripts, command);
  const limits = [...USUAL_LIMITS];
  await guard("run", () => {
    const read = readLimits(scripts, limits);
    limits.push(...read.limits);
    const lost = unread.map(({ path, detail }) =>
      fail("run", path, detail, `ls -l ${path}`)
    );
    return [...lost, ...read.findings, ...describeProcesses()];
  });
  for (const file of rulesFiles) {
    await guard("rules", () => checkRules(file, users.queue));
  }
  await guard("rules", () => checkQmqp(scripts, rulesFiles));
  const situations = await listSituations(prefix, scripts, rulesFiles, users);
  await guard("next", () => checkSwitches(prefix, situations, scripts));
  const replaced = findReplaced(prefix);
  const runs = listRuns(prefix, programs, situations, users, replaced);
  const used = runs.flatMap(({ situation }) => situation ?? []);
  const contexts = used.length > 0 ? [...new Set(used)] : [undefined];
  return {
    ...{ prefix, files: command, domains, users, programs, situations },
    ...{ runs, contexts, limits, guard },
  };
}

async function checkNext(
  { prefix, users, programs, contexts, guard }: Site,
): Promise<void> {
  for (const context of contexts) {
    await inSituation(context, async () => {
      if (context?.role !== "remote") {
        const accounts = context?.accounts ?? users.queue;
        await guard("next", () => checkQueue(prefix, accounts));
      }
      const hasRemote = context === undefined
        ? programs.includes("dk-remote")
        : context.role === "remote";
      if (hasRemote) {
        await guard("next", () => checkRemote(prefix, users.remote));
      }
    });
  }
}

async function checkOptions(
  { users, runs, situations, contexts, guard }: Site,
): Promise<void> {
  await guard(
    "control",
    () => checkControlFiles((name) => readersOf(name, users, runs)),
  );
  const bareCr = new BareCrCheck(situations, users.remote[0]);
  for (const context of contexts) {
    await inSituation(context, async () => {
      await guard("bare CR", () => bareCr.check(context));
      const settings = context?.env ?? new Map();
      await guard("options", () => checkVariables(settings));
      await guard("options", () => checkMethods(settings));
      await guard("options", () => {
        if (ENVIRONMENT.get("ERROR_FD") === undefined) return [];
        const caller = context?.script?.words.find((word) =>
          word.endsWith("/qmail-smtpd")
        ) ?? QMAIL_SMTPD;
        return checkErrorFd(settingOf("ERROR_FD", settings), caller);
      });
    });
  }
}

/** Checks DNS and TMPDIR, each setting once for all situations that share it. */
async function checkMachine(
  { prefix, domains, users, programs, contexts, guard }: Site,
  keys: UsableKey[],
): Promise<void> {
  const seals = new Map<string, Seal>();
  const seen = new Set<string>();
  const isNew = (...parts: unknown[]) => {
    const text = JSON.stringify(parts);
    const isNew = !seen.has(text);
    seen.add(text);
    return isNew;
  };
  for (const context of contexts) {
    await inSituation(context, async () => {
      const config = attempt(() => readDnsOptions(ENVIRONMENT));
      const accounts = context?.accounts ?? users.queue;
      const folder = ENVIRONMENT.get("TMPDIR") || "/tmp";
      const letters = ENVIRONMENT.get("DKIMSIGNOPTIONS");
      await guard("dns", () => checkResolvConf(accounts));
      if (config !== undefined && isNew(config)) {
        await guard("dns", () => checkDns(config));
        const signed = keys.flatMap(({ domain }) => domain ?? domains);
        await guard("dmarc", () => checkDomains(signed, config));
      }
      if (config !== undefined) {
        const sealers = context?.role === "remote" ? [] : accounts;
        const renewers = context === undefined
          ? programs.includes("dk-remote") ? users.remote : []
          : context.role === "remote"
          ? accounts
          : [];
        await guard("key", () => addSeal(seals, sealers, renewers, config));
      }
      const asksSpf = ENVIRONMENT.get("SPFVERIFY") !== undefined ||
        ENVIRONMENT.get("DMARCVERIFY") !== undefined;
      if (asksSpf) {
        if (config !== undefined) await guard("dns", () => checkTypes(config));
        const server = context && serverOf(context);
        if (server !== undefined && isNew(server)) {
          await guard("helo", () => checkHelo(server, context!));
        }
      }
      if (config !== undefined && isNew(config, letters)) {
        await guard("record", () => {
          const options = attempt(() => parseDkimOptions(letters));
          return checkRecords(keys, domains, config, options?.identity);
        });
      }
      if (isNew(folder, accounts)) {
        await guard("tmpdir", () => checkTemporaryFolder(folder, accounts));
      }
    });
  }
  for (const seal of seals.values()) {
    await guard("key", () => checkSeal(seal, prefix));
  }
}

/** Checks each resident process once for all who ask it. */
async function checkResidents(
  { prefix, runs, guard, files }: Site,
): Promise<void> {
  const asked = new Map<string, Asker[]>();
  for (const { program, path, accounts, situation } of runs) {
    await guard("resident", async () => {
      const asking = readAsking(await Deno.readTextFile(path));
      const folder = situation?.env.get("DKRESIDENT")?.value ??
        Deno.env.get("DKRESIDENT") ?? asking?.folder;
      if (asking === undefined || !folder) return [];
      const { version } = asking;
      const askers = accounts.map((account) => ({
        ...{ program, path, account, version },
      }));
      asked.set(folder, [...asked.get(folder) ?? [], ...askers]);
      return [];
    });
  }
  for (const [folder, askers] of asked) {
    await guard(
      "resident",
      () => checkResident({ prefix, folder, askers, places: files }),
    );
  }
}

async function tryPrograms(
  { domains, runs, limits, guard }: Site,
  places: Map<string, Place[]>,
): Promise<void> {
  for (const { program, path, accounts, works, situation } of runs) {
    for (const account of await triable(accounts)) {
      await inSituation(situation, () =>
        guard("program", () => {
          const pattern = attempt(readPattern);
          const signing = pattern === undefined
            ? { domain: NOBODYS_DOMAIN, signers: [] }
            : chooseSigning(pattern, places.get(pattern.text) ?? [], domains);
          return checkProgram({
            ...{ path, program, account, limits, signing },
            ...works === undefined ? {} : { works },
          });
        }));
    }
  }
}

/** Chooses the domain that trials send from, by the first key that exists. */
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
