// All checks in their order. What one of them can not do keeps none of the others back.

import { chooseAction } from "../../lib/policy/action.ts";
import { parseDkimOptions } from "../../lib/policy/options.ts";
import { readDnsConfig } from "../../lib/system/dns/config.ts";
import { readVariable } from "../../lib/system/configuration/environment.ts";
import { messageOf } from "../failure.ts";
import { readRulesFiles, readRunScripts } from "../site/services.ts";
import type { RunScript } from "../site/run_script.ts";
import type { Account } from "./accounts.ts";
import type { Command } from "./command_line.ts";
import { checkDns, checkResolvConf } from "./dns_check.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import { withVariables } from "./environment.ts";
import {
  checkKeys,
  checkRecords,
  checkSilent,
  isDefault,
  readPattern,
} from "./keys_check.ts";
import type { UsableKey } from "./key_check.ts";
import type { Place } from "./key_places.ts";
import {
  findLimitedProcesses,
  type Limit,
  parseRun,
  USUAL_LIMITS,
} from "./limits.ts";
import { checkQmailQueue, checkQueue, checkRemote } from "./next_program.ts";
import {
  attempt,
  checkControlFiles,
  checkErrorFd,
  checkPattern,
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
  type Work,
} from "./program_check.ts";
import { checkRemoteWay, checkReplaced, findReplaced } from "./remote_check.ts";
import { checkRules } from "./rules_check.ts";
import { formatChange } from "./settings.ts";
import { listSituations, type Program, type Situation } from "./situations.ts";
import { checkTemporaryFolder } from "./temporary_check.ts";
import { findUsers, triable, type Users } from "./users.ts";

/** Whose mail is sent when no key says. */
const NOBODYS_DOMAIN = "example.com";
const QMAIL_SMTPD = "/var/qmail/bin/qmail-smtpd";

/** A program, with the variables that it is run with and by whom. */
interface Run {
  program: Program;
  path: string;
  accounts: Account[];
  works: Work[] | undefined;
  /** What says so; `undefined` for our own environment. */
  situation: Situation | undefined;
}

/** Makes every check, and hands on what each of them found; what is found twice is said once. */
export async function examine(
  command: Command,
  report: (finding: Finding) => void,
): Promise<void> {
  const { prefix = findPrefix(), domains } = command;
  const said = new Set<string>();
  const tell = (finding: Finding) => {
    const text = JSON.stringify(finding);
    if (!said.has(text)) report(finding);
    said.add(text);
  };
  const guard = async (
    check: string,
    make: () => Promise<Finding[]> | Finding[],
  ) => {
    try {
      for (const finding of await make()) tell(finding);
    } catch (error) {
      const advice = "correct that, and run dk-doctor again";
      tell(fail(check, "the check itself", messageOf(error), advice));
    }
  };

  const { users, findings } = await findUsers(command.users);
  findings.forEach(tell);
  const { finding, programs: present } = findPrograms(prefix);
  tell(finding);
  const strange = present.filter((program) => {
    const finding = checkOwn(prefix, program);
    if (finding !== undefined) tell(finding);
    return finding !== undefined;
  });
  const programs = present.filter((program) => !strange.includes(program));

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
  const situations = await listSituations(prefix, scripts, rulesFiles, users);
  const remote = findReplaced(prefix);
  const runs = listRuns(prefix, programs, situations, users, remote);

  await guard("next", () => checkSwitches(prefix, situations, scripts));
  // Where nothing of ours is switched on, our own environment is what somebody means to switch on.
  const used = runs.flatMap(({ situation }) => situation ?? []);
  const contexts = used.length > 0 ? [...new Set(used)] : [undefined];
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
  await guard("control", () => checkControlFiles(everybody(users, runs)));
  for (const situation of contexts) {
    await inSituation(situation, async () => {
      const settings = situation?.env ?? new Map();
      await guard("options", () => checkVariables(settings));
      await guard("options", () => {
        if (readVariable("ERROR_FD") === undefined) return [];
        const caller = situation?.script?.words.find((word) =>
          word.endsWith("/qmail-smtpd")
        );
        return checkErrorFd(
          settingOf("ERROR_FD", settings),
          caller ?? QMAIL_SMTPD,
        );
      });
    });
  }

  const keys: UsableKey[] = [];
  const places = new Map<string, Place[]>();
  const patterns = await collectPatterns(
    runs,
    users,
    remote !== undefined,
    guard,
  );
  for (const { pattern, readers } of patterns) {
    await guard("key", async () => {
      const checked = await checkPatternAndKeys(
        pattern,
        domains,
        readers,
        prefix,
      );
      keys.push(...checked.keys);
      places.set(pattern.text, checked.places);
      return checked.findings;
    });
  }
  for (const { program, situation } of runs) {
    if (situation === undefined) continue;
    await inSituation(
      situation,
      () => guard("control", () => checkSilent(program, situation.name)),
    );
  }

  for (const situation of contexts) {
    await inSituation(situation, async () => {
      const config = attempt(() => readDnsConfig());
      if (config === undefined) return;
      const accounts = situation?.accounts ?? users.queue;
      await guard("dns", () => checkResolvConf(accounts));
      await guard("dns", () => checkDns(config));
      await guard("record", () => {
        const letters = readVariable("DKIMSIGNOPTIONS");
        const options = attempt(() => parseDkimOptions(letters));
        return checkRecords(keys, domains, config, options?.identity);
      });
      await guard(
        "tmpdir",
        () => checkTemporaryFolder(readVariable("TMPDIR") || "/tmp", accounts),
      );
    });
  }

  for (const { program, path, accounts, works, situation } of runs) {
    for (const account of await triable(accounts)) {
      await inSituation(situation, () =>
        guard("program", () => {
          const pattern = attempt(readPattern);
          const signing = pattern === undefined
            ? { domain: NOBODYS_DOMAIN, signers: [] }
            : chooseSigning(pattern, places.get(pattern.text) ?? [], domains);
          return checkProgram({
            path,
            program,
            account,
            limits,
            signing,
            ...works === undefined ? {} : { works },
          });
        }));
    }
  }
}

/** Runs with the variables that a situation has beside our own. */
function inSituation(
  situation: Situation | undefined,
  run: () => Promise<void>,
): Promise<void> {
  return withVariables(
    (situation?.env.values() ?? []).map(({ name, value }) => [name, value]),
    run,
  );
}

/** What is run where, and what nobody runs, in our own environment: somebody may, whom we do not see. */
function listRuns(
  prefix: string,
  programs: Program[],
  situations: Situation[],
  users: Users,
  replaced: string | undefined,
): Run[] {
  const runs: Run[] = situations.flatMap((situation) => {
    const { program, command: path, accounts, role } = situation;
    if (program === undefined || !programs.includes(program)) return [];
    const works = role === "remote" ? undefined : worksOf(program, situation);
    return [{ program, path, accounts, works, situation }];
  });
  const seen = new Set(runs.map(({ program }) => program));
  return [
    ...runs,
    ...programs.filter((program) => !seen.has(program)).map((program) => ({
      program,
      path: program === "dk-remote" && replaced !== undefined
        ? replaced
        : `${prefix}/bin/${program}`,
      accounts: program === "dk-remote" ? users.remote : users.queue,
      works: undefined,
      situation: undefined,
    })),
  ];
}

function worksOf(program: Program, { env }: Situation): Work[] | undefined {
  const valueOf = (name: string) => env.get(name)?.value ?? Deno.env.get(name);
  const action = chooseAction({
    relayClient: valueOf(RELAYCLIENT),
    dkVerify: valueOf("DKVERIFY"),
    dkSign: valueOf("DKSIGN"),
  });
  if (program !== "qmail-dk" || action === "pass on") return undefined;
  return [action];
}

/** What is read of a site alone, and not of our own environment. */
const RELAYCLIENT = "RELAYCLIENT";

function everybody({ queue, remote }: Users, runs: Run[]): Account[] {
  const all = [
    ...queue,
    ...runs.flatMap(({ accounts, situation }) =>
      situation === undefined ? [] : accounts
    ),
    ...runs.some(({ path }) => path.endsWith("/qmail-remote")) ? remote : [],
  ];
  return all.filter(({ uid }, n) =>
    all.findIndex((other) => other.uid === uid) === n
  );
}

/** Whether anything asks for our programs, and finds them. */
async function checkSwitches(
  prefix: string,
  situations: Situation[],
  scripts: RunScript[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const situation of situations) {
    const { role, name, command, setting, program, accounts } = situation;
    if (role === "remote") {
      findings.push(...await checkRemoteWay(situation, prefix));
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
  const own = readVariable("QMAILQUEUE");
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

type Guard = (
  check: string,
  make: () => Promise<Finding[]> | Finding[],
) => Promise<void>;

/** Each pattern once, with all who have to read its keys. */
async function collectPatterns(
  runs: Run[],
  users: Users,
  withRemote: boolean,
  guard: Guard,
): Promise<{ pattern: Pattern; readers: Account[] }[]> {
  const found = new Map<string, { pattern: Pattern; readers: Account[] }>();
  const add = (pattern: Pattern, accounts: Account[]) => {
    const known = found.get(pattern.text) ?? { pattern, readers: [] };
    for (const account of accounts) {
      const isKnown = known.readers.some(({ uid }) => uid === account.uid);
      if (!isKnown) known.readers.push(account);
    }
    found.set(pattern.text, known);
  };
  const signers = runs.filter(({ program, works, situation }) =>
    situation !== undefined && program !== "dk-verify" &&
    works?.includes("sign") !== false
  );
  const here: Reader = {
    program: undefined,
    accounts: withRemote ? [...users.queue, ...users.remote] : users.queue,
    situation: undefined,
  };
  const isUsed = runs.some(({ situation }) => situation !== undefined);
  const asked: Reader[] = isUsed ? signers : [here];
  for (const { program, accounts, situation } of asked) {
    await inSituation(situation, () =>
      guard("key", () => {
        const pattern = readPattern();
        const isSilent = isDefault(pattern) && situation !== undefined &&
          program !== undefined && program !== "qmail-dk";
        if (!isSilent) add(pattern, accounts);
        const extra = readVariable("DKIMSIGNEXTRA");
        if (extra !== undefined) {
          add({ source: "DKIMSIGNEXTRA", text: extra }, accounts);
        }
        return [];
      }));
  }
  return [...found.values()];
}

/** Who reads the keys that a situation names. */
type Reader =
  & Pick<Run, "accounts" | "situation">
  & { program: Program | undefined };

async function checkPatternAndKeys(
  pattern: Pattern,
  domains: string[],
  readers: Account[],
  prefix: string,
) {
  const finding = checkPattern(pattern);
  if (finding.status === "fail") {
    return { findings: [finding], keys: [], places: [] };
  }
  const checked = await checkKeys(pattern, domains, readers, prefix);
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

/** The limits of run scripts, but for those that are known already. */
function readLimits(scripts: RunScript[], known: Limit[]) {
  const findings: Finding[] = [];
  const limits: Limit[] = [];
  for (const { path } of scripts) {
    const run = parseRun(Deno.readTextFileSync(path));
    if (run === undefined) {
      findings.push(ok("run", path, "sets no limit"));
      continue;
    }
    const { limit, unknown } = run;
    if (![...known, ...limits].some(({ name }) => name === limit.name)) {
      limits.push({ ...limit, path });
    }
    const advice = "dk-doctor --run FILE, with a copy that has numbers there";
    findings.push(
      unknown.length > 0
        ? warn("run", path, `no number in ${unknown.join(", ")}`, advice)
        : ok("run", path, `sets ${limit.name}`),
    );
  }
  return { limits, findings };
}

function describeProcesses(): Finding[] {
  return findLimitedProcesses().map(({ pid, name, detail }) =>
    fail(
      "run",
      `process ${pid}, ${name}`,
      `${detail}: what it starts dies`,
      `prlimit --pid ${pid} --as=unlimited --data=unlimited  # until it is started again: see who starts it`,
    )
  );
}
