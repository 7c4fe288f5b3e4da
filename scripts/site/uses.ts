// Finds what still uses the programs below a prefix: run scripts, folders for envdir, tcprules, files in
// the place of qmail's own programs, and running processes. Changes none of them.

import { FILTER_NAMES, identifyProgram } from "./own_program.ts";
import { readEnvdir } from "./run_script.ts";
import {
  type Places,
  readProfiles,
  readRulesFiles,
  readRunScripts,
} from "./services.ts";

/** One use of a program, and the step that ends it. */
export interface Use {
  where: string;
  what: string;
  undo: string;
}

const QMAIL_BIN = "/var/qmail/bin";
/** The programs of qmail that ours can replace. */
const REPLACED = ["qmail-remote", "qmail-queue"];
/** The processes that hand their environment on to a program that runs a filter. */
const HOLDERS =
  /^(?:qmail-(?:send|rspawn|lspawn|smtpd|qmtpd|qmqpd)|tcpserver|sslserver|tcpsvd)$/;

/** The folder below a prefix in which dk-remote is named qmail-remote, for qmail-rspawn. */
export const REMOTE_FOLDER = "lib/dk-remote";

/** Lists every use of what is installed below a prefix. */
export function findUses(
  prefix: string,
  places: Places & { processes?: string } = {},
): Use[] {
  const isOurs = matcherOf(prefix);
  const { scripts } = readRunScripts(prefix, places);
  return [
    ...scripts.flatMap(({ words, wordSources }) =>
      words.flatMap((what, at) =>
        isOurs(what)
          ? [{
            where: wordSources[at]!,
            what,
            undo: "take it out, and restart the service",
          }]
          : []
      )
    ),
    ...readProfiles(places).flatMap(({ path, words }) =>
      words.filter(isOurs).map((what) => ({
        where: path,
        what,
        undo: "take it out: the shells of users have it until they end",
      }))
    ),
    ...envdirsOf(scripts).flatMap((folder) =>
      readEnvdir(folder).filter(({ value = "" }) => isOurs(value)).map((
        { name, path, value },
      ) => ({
        where: path,
        what: `${name}=${value}`,
        undo: `rm ${path}, and restart the service`,
      }))
    ),
    ...readRulesFiles(scripts, places).flatMap(({ path, cdbPath, text, cdb }) =>
      [{ where: path, rules: text }, { where: cdbPath, rules: cdb }].flatMap((
        { where, rules = [] },
      ) =>
        rules.flatMap(({ address, env }) =>
          Object.entries(env).filter(([, value]) => isOurs(value)).map((
            [name, value],
          ) => ({
            where,
            what: `${address || "all others"}: ${name}=${value}`,
            undo: where === path
              ? "take it out"
              : `then tcprules ${cdbPath} ${path}.tmp <${path}`,
          }))
        )
      )
    ),
    ...findReplaced(prefix),
    ...findProcesses(isOurs, places.processes ?? "/proc"),
  ];
}

function envdirsOf(scripts: { path: string; envdirs: string[] }[]): string[] {
  return [
    ...new Set(scripts.flatMap(({ path, envdirs }) => [
      ...envdirs,
      `${path.slice(0, path.lastIndexOf("/"))}/env`,
    ])),
  ];
}

/** Makes a function that tells whether a word names one of our programs, or the folder of dk-remote. */
function matcherOf(prefix: string): (text: string) => boolean {
  const names = FILTER_NAMES.join("|");
  const folders = `bin/(?:${names})|${REMOTE_FOLDER}(?:/qmail-remote)?`;
  const ours = new RegExp(
    `(?<![\\w./-])${RegExp.escape(prefix)}/(?:${folders})(?![\\w.-])`,
  );
  // A path that only a shell could expand counts as ours.
  const unknown = new RegExp(
    `(?:(?:^|[\\s:=,;])(?:(?:\\./)?bin/)?|[$)\`}][\\w/]*/)(?:${names})(?![\\w./-])`,
  );
  return (text) =>
    ours.test(text) || unknown.test(text) ||
    text.split(/[\s:=,;]+/).some((word) => ours.test(resolveLink(word)));
}

/** Gives the target of an absolute path. */
function resolveLink(word: string): string {
  try {
    return word.startsWith("/") ? Deno.realPathSync(word) : "";
  } catch {
    // It does not exist.
    return "";
  }
}

/** Finds links to our programs, and copies of their launchers. */
function findReplaced(prefix: string): Use[] {
  const folders = [...new Set([`${prefix}/bin`, QMAIL_BIN])];
  return folders.flatMap((folder) =>
    REPLACED.flatMap((name) => {
      const where = `${folder}/${name}`;
      const program = identifyProgram(where);
      if (program === undefined) return [];
      if (!Deno.readTextFileSync(where).includes(`${prefix}/lib/`)) return [];
      return [{
        where,
        what: `is ${program}`,
        undo: `mv -f ${where}.orig ${where}`,
      }];
    })
  );
}

function findProcesses(
  isOurs: (text: string) => boolean,
  folder: string,
): Use[] {
  let pids: string[];
  try {
    pids = [...Deno.readDirSync(folder)].map(({ name }) => name)
      .filter((name) => /^\d+$/.test(name));
  } catch {
    // Without /proc nothing is known.
    return [];
  }
  return pids.flatMap((pid) => {
    try {
      const name = Deno.readTextFileSync(`${folder}/${pid}/comm`).trimEnd();
      if (!HOLDERS.test(name)) return [];
      const env = Deno.readTextFileSync(`${folder}/${pid}/environ`).split("\0");
      return env.filter(isOurs).map((what) => ({
        where: `process ${pid}, ${name}`,
        what,
        undo: "restart its service",
      }));
    } catch {
      // The process has ended, or we may not look at it.
      return [];
    }
  });
}
