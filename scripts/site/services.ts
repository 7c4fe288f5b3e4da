// Finds the files by which this machine runs mail: the run scripts of its services, qmail's own rc, the
// rules of tcpserver. Judges none of them.

import { toText } from "../../lib/message/octets.ts";
import { messageOf } from "../command/failure.ts";
import { parseRunScript, type RunScript, splitWords } from "./run_script.ts";
import { parseRules, readRulesCdb, type Rule } from "./rules.ts";

/** The folders that supervisors look into. */
export const SERVICES = ["/service", "/var/service", "/etc/service"];
const SCRIPTS = ["/var/qmail/rc", "/etc/init.d/qmail"];
/** The folders of systemd's units. A unit in an earlier folder replaces those in later ones. */
const UNITS = ["/etc/systemd/system", "/usr/lib/systemd/system"];
/** The files that set variables for all users of this machine. */
const PROFILES = ["/etc/environment", "/etc/profile"];
const PROFILE_FOLDER = "/etc/profile.d";

/** The places of the rules in the documentation of qmail and of vpopmail. */
const RULES = ["/etc/tcp.smtp", "/home/vpopmail/etc/tcp.smtp"];

/** A text of rules with its cdb; a missing one of the two is `undefined`. */
export interface RulesFile {
  path: string;
  cdbPath: string;
  text: Rule[] | undefined;
  cdb: Rule[] | undefined;
  /** The fault of a file that cannot be used. */
  troubles: { path: string; detail: string }[];
  /** Whether a run script names it. */
  isNamed: boolean;
}

/** Other places to look at than the usual ones. */
export interface Places {
  runFiles?: string[] | undefined;
  rulesFiles?: string[] | undefined;
}

/** Reads the run scripts of mail services. `unread` lists those that could not be read. */
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
      // A script that nobody asked for is left out if it cannot be read.
      if (runFiles === undefined) continue;
      unread.push({ path, detail: messageOf(error) });
    }
  }
  const included = new Set(scripts.flatMap(({ included }) => included));
  return { scripts: scripts.filter(({ path }) => !included.has(path)), unread };
}

/** Lists the run scripts of all services. A folder that is also linked, as svscan has them, counts once. */
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

/** Reads a unit as if it were a run script. */
function toScript(unit: string): string {
  return unit.split("\n").flatMap((line) => {
    const [, variables] = /^Environment=(.*)$/.exec(line) ?? [];
    const [, command] = /^ExecStart=[-@:+!]*(.*)$/.exec(line) ?? [];
    const [, user] = /^User=(.*)$/.exec(line) ?? [];
    if (user !== undefined) return [`setuidgid ${user}`];
    return variables ?? command ?? [];
  }).join("\n");
}

/** Lists the run scripts and units that start a resident process for a folder. */
export function findStarting(folder: string, { runFiles }: Places): string[] {
  const units = UNITS.flatMap((folder) =>
    listFolder(folder).filter((name) => name.endsWith(".service"))
      .map((name) => `${folder}/${name}`)
  );
  const files = runFiles ?? [...findServices(), ...units];
  return files.filter((file) => {
    const text = readIfThere(file) ?? "";
    return text.includes("bin/dk-resident") && text.includes(folder);
  });
}

function realPathIfThere(path: string): string | undefined {
  try {
    return Deno.realPathSync(path);
  } catch {
    // The service has no run script.
    return undefined;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    // It is a binary, or we may not read it: its words are not known.
    return undefined;
  }
}

/** Reads the rules that run scripts name, and those at the places of the documentation. */
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

/** Reads the files of all users' shells, as words. */
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
    // The folder does not exist.
    return [];
  }
}
