// What this machine starts mail with: the run scripts of its services, qmail's own rc, the rules of
// tcpserver. Refuses to know what is wrong with any of it.

import { toText } from "../../lib/message/octets.ts";
import { messageOf } from "../command/failure.ts";
import { parseRunScript, type RunScript, splitWords } from "./run_script.ts";
import { parseRules, readRulesCdb, type Rule } from "./rules.ts";

const SERVICES = ["/service", "/var/service", "/etc/service"];
const SCRIPTS = ["/var/qmail/rc", "/etc/init.d/qmail"];
/** Where systemd has units; those of the first take the place of the others. */
const UNITS = ["/etc/systemd/system", "/usr/lib/systemd/system"];
/** What sets variables for the users of this machine. */
const PROFILES = ["/etc/environment", "/etc/profile"];
const PROFILE_FOLDER = "/etc/profile.d";

/** Where the documentation of qmail has the rules, and that of vpopmail. */
const RULES = ["/etc/tcp.smtp", "/home/vpopmail/etc/tcp.smtp"];

/** The files of rules by the name of their text; where one of both is missing it is `undefined`. */
export interface RulesFile {
  path: string;
  cdbPath: string;
  text: Rule[] | undefined;
  cdb: Rule[] | undefined;
  /** What is wrong with a file that is there. */
  troubles: { path: string; detail: string }[];
  /** A run script names it. */
  isNamed: boolean;
}

/** Where to look, where that is not as usual. */
export interface Places {
  runFiles?: string[] | undefined;
  rulesFiles?: string[] | undefined;
}

/** Reads the run scripts that have to do with mail; `unread` are those that could not be read. */
export function readRunScripts(
  prefix: string,
  { runFiles }: Places,
): { scripts: RunScript[]; unread: { path: string; detail: string }[] } {
  const usual = [
    ...findServices(),
    ...findUnits(),
    ...SCRIPTS,
    `${prefix}/rc`,
  ];
  const scripts: RunScript[] = [];
  const unread: { path: string; detail: string }[] = [];
  for (const path of new Set(runFiles ?? usual)) {
    try {
      const text = Deno.readTextFileSync(path);
      const script = path.endsWith(".service")
        ? parseRunScript(path, toScript(text))
        : parseRunScript(path, text, readIfThere);
      if (runFiles !== undefined || script.kind !== "other") {
        scripts.push(script);
      }
    } catch (error) {
      // Of what nobody has asked for, only that is read which can be.
      if (runFiles === undefined) continue;
      unread.push({ path, detail: messageOf(error) });
    }
  }
  const included = new Set(scripts.flatMap(({ included }) => included));
  return { scripts: scripts.filter(({ path }) => !included.has(path)), unread };
}

/** A folder that is a link, as svscan has them, is named by both. */
function findServices(): string[] {
  const found = new Map<string, string>();
  for (const folder of SERVICES) {
    for (const name of listFolder(folder)) {
      const path = `${folder}/${name}/run`;
      const real = realPathIfThere(path);
      if (real !== undefined && !found.has(real)) found.set(real, path);
    }
  }
  return [...found.values()];
}

function findUnits(): string[] {
  const found = new Map<string, string>();
  for (const folder of UNITS) {
    for (const name of listFolder(folder)) {
      if (!name.endsWith(".service") || found.has(name)) continue;
      const path = `${folder}/${name}`;
      if (/qmail|tcpserver/.test(readIfThere(path) ?? "")) {
        found.set(name, path);
      }
    }
  }
  return [...found.values()];
}

/** What a unit sets and starts, as a script would. */
function toScript(unit: string): string {
  return unit.split("\n").flatMap((line) => {
    const [, variables] = /^Environment=(.*)$/.exec(line) ?? [];
    const [, command] = /^ExecStart=[-@:+!]*(.*)$/.exec(line) ?? [];
    const [, user] = /^User=(.*)$/.exec(line) ?? [];
    if (user !== undefined) return [`setuidgid ${user}`];
    return variables ?? command ?? [];
  }).join("\n");
}

function realPathIfThere(path: string): string | undefined {
  try {
    return Deno.realPathSync(path);
  } catch {
    // A service without a run script.
    return undefined;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    // A program, or not ours to read: its words are not known then.
    return undefined;
  }
}

/** Reads the rules that run scripts name, and those that are where the documentation has them. */
export function readRulesFiles(
  scripts: RunScript[],
  { rulesFiles, runFiles }: Places,
): RulesFile[] {
  const named = new Set(
    scripts.flatMap(({ rules }) => rules).map((path) =>
      path.replace(/\.cdb$/, "")
    ),
  );
  const usual = runFiles === undefined ? RULES : [];
  const paths = new Set([...named, ...rulesFiles ?? usual]);
  return [...paths].map((path) => readRulesFile(path, named.has(path)))
    .filter(({ text, cdb, troubles, isNamed }) =>
      isNamed || text !== undefined || cdb !== undefined || troubles.length > 0
    );
}

function readRulesFile(path: string, isNamed: boolean): RulesFile {
  const cdbPath = `${path}.cdb`;
  const file: RulesFile = {
    path,
    cdbPath,
    text: undefined,
    cdb: undefined,
    troubles: [],
    isNamed,
  };
  const attempt = (path: string, read: () => void) => {
    try {
      read();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      file.troubles.push({ path, detail: messageOf(error) });
    }
  };
  attempt(path, () => {
    file.text = parseRules(toText(Deno.readFileSync(path)));
  });
  attempt(cdbPath, () => {
    file.cdb = readRulesCdb(Deno.readFileSync(cdbPath));
  });
  return file;
}

/** What the shells of all users read, as words. */
export function readProfiles(
  { runFiles }: Places,
): { path: string; words: string[] }[] {
  if (runFiles !== undefined) return [];
  const more = listFolder(PROFILE_FOLDER).map((name) =>
    `${PROFILE_FOLDER}/${name}`
  );
  return [...PROFILES, ...more].map((path) => ({
    path,
    words: splitWords(readIfThere(path) ?? ""),
  }));
}

function listFolder(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    // No such folder.
    return [];
  }
}
