// Lists the situations in which this machine runs our programs: by the rules of tcpserver, by a server
// without rules, by qmail-send for bounces, by qmail-rspawn. Judges none of them.

import { ENVIRONMENT } from "./environment.ts";
import { findExecutable } from "../../lib/system/process/executable.ts";
import { QMAIL_REMOTE } from "../../lib/system/configuration/remote.ts";
import type {
  LauncherVariableName,
  VariableName,
} from "../../lib/system/configuration/variables.ts";
import { FILTER_NAMES, identifyProgram } from "../site/own_program.ts";
import type { RulesFile } from "../site/services.ts";
import type { RunScript } from "../site/run_script.ts";
import { type Account, findAccount } from "./accounts.ts";
import type { Setting } from "./settings.ts";
import type { Users } from "./users.ts";

/** The variables that the programs read, or that name them. */
const NAMES = [
  "DKSIGN",
  "NODKIMKEYS",
  "DKIMSIGNEXTRA",
  "DKSIGNWITH",
  "DKIMALIGN",
  "DKIMSIGNOPTIONS",
  "DKIMSIGNHEADERS",
  "DKIMOVERSIGN",
  "DKSIGNOPTIONS",
  "DKSIGNFORWARDS",
  "DKVERIFY",
  "SPFVERIFY",
  "DMARCVERIFY",
  "ARCVERIFY",
  "ARCTRUST",
  "ARCSEAL",
  "SPFRULES",
  "SPFEXP",
  "DKBARECR",
  "RELAYCLIENT",
  "DNSCACHEIP",
  "DNSTIMEOUT",
  "ERROR_FD",
  "DKQUEUE",
  "QMAILQUEUE",
  "DKREMOTE",
  "CONTROLDIR",
  "TMPDIR",
  "DEATH",
  "DKRESIDENT",
] as const satisfies (VariableName | LauncherVariableName)[];

/** One of our filters. */
export type Program = typeof FILTER_NAMES[number];

/** A program that something runs, with its users and its variables. */
export interface Situation {
  /** Its name for a person: the file that says so. */
  name: string;
  role: "server" | "bounces" | "remote";
  /** The program, ours or another one. */
  command: string;
  /** The setting that names it; `undefined` if PATH is searched. */
  setting: Setting | undefined;
  /** Our program, if it is one. */
  program: Program | undefined;
  env: Map<string, Setting>;
  accounts: Account[];
  script: RunScript | undefined;
}

/** Tells which program of ours a path names, even if the file is missing. */
export function programOf(path: string, prefix: string): Program | undefined {
  const name = identifyProgram(path) ??
    FILTER_NAMES.find((name) => path === `${prefix}/bin/${name}`);
  return FILTER_NAMES.find((other) => other === name);
}

/** Lists the situations in which a program runs in the place of one of qmail's. */
export async function listSituations(
  prefix: string,
  scripts: RunScript[],
  rulesFiles: RulesFile[],
  users: Users,
): Promise<Situation[]> {
  const situations: Situation[] = [];
  const add = (
    situation: Omit<Situation, "program" | "command">,
    command: string,
  ) => {
    const program = programOf(command, prefix);
    situations.push({ ...situation, command, program });
  };
  const named = new Set<RulesFile>();
  for (const script of scripts) {
    const env = settingsOf(script);
    const role = script.kind === "send" ? "bounces" : "server";
    if (script.kind === "other") continue;
    const accounts = await accountsOf(script, users);
    const base = { name: script.path, env, role, accounts, script } as const;
    const files = rulesFiles.filter(({ path, cdbPath }) =>
      script.rules.some((named) => named === cdbPath || named === path)
    );
    files.forEach((file) => named.add(file));
    for (const file of files) addRules(file, base);
    const setting = env.get("QMAILQUEUE");
    if (files.length === 0 && setting !== undefined) {
      add({ ...base, setting }, firstWord(setting.value));
    }
    if (script.kind === "send") addRemote(script, env);
  }
  for (const file of rulesFiles) {
    if (named.has(file)) continue;
    addRules(file, {
      name: file.path,
      role: "server",
      accounts: users.queue,
      env: new Map(),
      script: undefined,
    });
  }
  return situations;

  /** Adds the rules of a file. Rules with the same variables are one situation. */
  function addRules(
    file: RulesFile,
    base: Omit<Situation, "program" | "command" | "setting">,
  ): void {
    const seen = new Map<string, Situation>();
    for (const { address, isAllowed, env } of file.cdb ?? file.text ?? []) {
      if (!isAllowed) continue;
      const settings = new Map(base.env);
      for (const [name, value] of Object.entries(env)) {
        if (!isOurs(name)) continue;
        const { path, cdbPath } = file;
        const origin = { kind: "rules", path, cdbPath } as const;
        settings.set(name, { name, value, origin });
      }
      const setting = settings.get("QMAILQUEUE");
      if (setting === undefined) continue;
      const key = JSON.stringify(Object.entries(env));
      const before = seen.get(key);
      const said = address === "" ? "all others" : address;
      if (before !== undefined) {
        before.name += `, ${said}`;
        continue;
      }
      const name = `${file.path}, ${said}`;
      add({ ...base, name, env: settings, setting }, firstWord(setting.value));
      seen.set(key, situations.at(-1)!);
    }
  }

  function addRemote(script: RunScript, env: Map<string, Setting>): void {
    const setting = env.get("QMAILREMOTE");
    const command = setting?.value ?? searchPath(script) ?? QMAIL_REMOTE;
    add({
      name: script.path,
      role: "remote",
      env,
      setting,
      accounts: users.remote,
      script,
    }, command);
  }
}

/** Searches PATH for qmail-remote, as qmail-rspawn does. */
function searchPath({ env }: RunScript): string | undefined {
  const folders = (env.PATH ?? "").split(":");
  return folders.filter((folder) => folder.startsWith("/"))
    .map((folder) => `${folder.replace(/(?<=.)\/+$/, "")}/qmail-remote`)
    // qmail-rspawn skips a dk-remote that may not be executed. Here it counts, to be reported.
    .find((path) =>
      findExecutable(path, ENVIRONMENT) !== undefined ||
      identifyProgram(path) !== undefined
    );
}

/** Lists the variables of a run script, without those that only a shell could expand. */
function settingsOf(script: RunScript): Map<string, Setting> {
  const settings = new Map<string, Setting>();
  for (const [name, value] of Object.entries(script.env)) {
    if (!isOurs(name) || /[$`]/.test(value)) continue;
    const path = script.sources[name] ?? script.path;
    const isEnvdir = script.envdirs.some((folder) =>
      path.startsWith(`${folder}/`)
    );
    const kind = isEnvdir ? "envdir" : "run";
    settings.set(name, { name, value, origin: { kind, path } });
  }
  return settings;
}

function isOurs(name: string): boolean {
  return name === "QMAILREMOTE" || NAMES.some((other) => other === name);
}

/** indimail splits QMAILQUEUE at spaces. */
function firstWord(text: string): string {
  return text.split(" ")[0]!;
}

async function accountsOf(
  { kind, user }: RunScript,
  users: Users,
): Promise<Account[]> {
  if (kind === "send") return users.bounce;
  const own = user === undefined || users.isAsked
    ? undefined
    : await findAccount(user);
  return own === undefined ? users.queue : [own];
}
