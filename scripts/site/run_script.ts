// Reads a run script of daemontools or runit: its words, the variables that it and its envdirs set, the
// rules of its tcpserver, its user. Runs no shell: a word that only a shell could expand stays as it is
// written. Knows no variable.

/** The content of a run script, as far as its words tell. */
export interface RunScript {
  path: string;
  /** The words of its commands, without comments. */
  words: string[];
  /** The file that each of them is in. */
  wordSources: string[];
  /** The variables that it and its envdirs set. */
  env: Record<string, string>;
  /** The file that sets each variable. */
  sources: Record<string, string>;
  /** The scripts that it includes or goes on with. */
  included: string[];
  /** The folders of envdir(8) and of programs like it. */
  envdirs: string[];
  /** The cdbs of `tcpserver -x`. */
  rules: string[];
  /** The user of the last command, by number or name; `undefined` if the script does not say. */
  user: string | undefined;
  kind: Kind;
}

/** Tells what a run script starts: a server that takes mail in, qmail-send, or something else. */
export type Kind = "server" | "send" | "other";

const SERVERS =
  /^(?:qmail-(?:smtpd|qmtpd|qmqpd)|.*front-qmail|mailfront|ofmipd|rblsmtpd|spamdyke)$/;
const SENDERS = /^(?:qmail-(?:start|send)|notqmail-start)$/;
const TCPSERVERS = /^(?:tcpserver|sslserver|tcpsvd|sslio)$/;
const ENVDIRS = /^(?:s6-|tcp-)?envdir$/;
const USERS = /^(?:s6-)?(?:setuidgid|envuidgid)$/;

/**
 * Reads a run script.
 *
 * @param path The path of the script. Relative paths in it count from its folder.
 * @param readIncluded Reads a script that this one goes on with, like `/var/qmail/rc`.
 */
export function parseRunScript(
  path: string,
  text: string,
  readIncluded: (path: string) => string | undefined = () => undefined,
): RunScript {
  const folder = path.slice(0, path.lastIndexOf("/")) || "/";
  const script: RunScript = {
    path,
    words: [],
    wordSources: [],
    env: {},
    sources: {},
    included: [],
    envdirs: [],
    rules: [],
    user: undefined,
    kind: "other",
  };
  const known: Record<string, string> = {};
  read(splitWords(text, known), path);
  return script;

  function read(words: string[], source: string): void {
    let command = "";
    for (const [at, word] of words.entries()) {
      script.words.push(word);
      script.wordSources.push(source);
      const name = word.slice(word.lastIndexOf("/") + 1);
      const next = words[at + 1] ?? "";
      const [, variable, value = ""] = /^([A-Za-z_]\w*)=(.*)$/s.exec(word) ??
        [];
      if (variable !== undefined) {
        script.env[variable] = value;
        script.sources[variable] = source;
      } else if (command === "env" && /^-i?$/.test(word)) {
        script.env = {};
        script.sources = {};
      } else if (
        ENVDIRS.test(command) || command === "chpst" && isE(words, at)
      ) {
        if (!word.startsWith("-")) addEnvdir(word);
      } else if (USERS.test(command) || isUserOption(command, words[at - 1])) {
        script.user ??= userOf(word);
      } else if (TCPSERVERS.test(command) && /^-\w*x$/.test(word)) {
        script.rules.push(absolute(next));
      } else if (TCPSERVERS.test(command) && /^-\w*x./.test(word)) {
        script.rules.push(absolute(word.replace(/^-\w*?x/, "")));
      }
      if (SENDERS.test(name)) script.kind = "send";
      else if (SERVERS.test(name) && script.kind === "other") {
        script.kind = "server";
      }
      const isCommand = TCPSERVERS.test(name) || ENVDIRS.test(name) ||
        USERS.test(name) || name === "env" || name === "chpst";
      if (isCommand) command = name;
      else if (
        !word.startsWith("-") && variable === undefined &&
        (ENVDIRS.test(command) || USERS.test(command))
      ) command = "";
      const included = name === "rc" && source === path && word.startsWith("/")
        ? readIncluded(word)
        : undefined;
      if (included !== undefined) {
        script.included.push(word);
        read(splitWords(included, known), word);
      }
    }
  }

  function absolute(name: string): string {
    return name.startsWith("/")
      ? name
      : `${folder}/${name.replace(/^\.\//, "")}`;
  }

  function addEnvdir(name: string): void {
    const envdir = absolute(name);
    script.envdirs.push(envdir);
    for (const { name, path, value } of readEnvdir(envdir)) {
      if (value === undefined) delete script.env[name];
      else script.env[name] = value;
      script.sources[name] = path;
    }
  }
}

function isE(words: string[], at: number): boolean {
  return words[at - 1] === "-e";
}

function isUserOption(command: string, before = ""): boolean {
  return TCPSERVERS.test(command) && /^-\w*u$/.test(before) ||
    command === "chpst" && before === "-u";
}

/** Reads a user: a number, a name, or the argument of id(1). */
function userOf(word: string): string | undefined {
  const [, asked] = /\bid -u ([\w-]+)/.exec(word) ?? [];
  const name = asked ?? word.split(":")[0]!;
  return /^[\w-]+$/.test(name) && !name.startsWith("-") ? name : undefined;
}

/** Reads one variable of a folder for envdir(8). An empty file removes the variable. */
export interface EnvdirEntry {
  name: string;
  path: string;
  value: string | undefined;
}

/** Reads a folder as envdir(8) does. A folder that cannot be read gives nothing. */
export function readEnvdir(folder: string): EnvdirEntry[] {
  try {
    return [...Deno.readDirSync(folder)].flatMap(({ name }) => {
      if (name.startsWith(".") || name.includes("=")) return [];
      const path = `${folder}/${name}`;
      const text = Deno.readTextFileSync(path);
      const value = text === ""
        ? undefined
        : text.split("\n", 1)[0]!.replace(/[ \t]+$/, "").replaceAll("\0", "\n");
      return [{ name, path, value }];
    });
  } catch {
    // Without its variables the programs are tried as they are: a trial shows what is wrong.
    return [];
  }
}

/** Splits a script into words. `$NAME` is expanded if the script itself has set it before. */
export function splitWords(
  text: string,
  known: Record<string, string> = {},
): string[] {
  const words: string[] = [];
  for (const [token] of text.replaceAll("\\\n", "").matchAll(TOKENS)) {
    if (/^(?:[\s;&|()<>]|#)/.test(token)) continue;
    const word = token.replace(
      PARTS,
      (part, single?: string, double?: string, escaped?: string) =>
        single ?? (double === undefined ? escaped ?? expand(part) : expand(
          double.replace(/\\(["\\$`])/g, "$1"),
        )),
    );
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(word) ?? [];
    if (name !== undefined) known[name] = value!;
    words.push(word);
  }
  return words;

  function expand(part: string): string {
    return part.replace(
      /\$(?:(\w+)|\{(\w+)\})/g,
      (all, plain?: string, braced?: string) => known[plain ?? braced!] ?? all,
    );
  }
}

const QUOTED =
  "'[^']*'|\"(?:[^\"\\\\]|\\\\[^])*\"|`[^`]*`|\\$\\([^)]*\\)|\\\\[^]";
/** A word, white space and operators, or a comment. A comment begins only where a word could. */
const TOKENS = new RegExp(
  `(?<![^\\s;&|()])#[^\\n]*|(?:${QUOTED}|[^\\s;&|()<>'"\`\\\\])+|[^]`,
  "g",
);
const PARTS = /'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|\$(?:\w+|\{\w+\})/g;
