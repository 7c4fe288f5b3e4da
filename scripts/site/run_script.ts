// What a run script of daemontools or runit starts, and with what: its words, the variables that it
// and its envdirs set, the rules of its tcpserver, its user. A shell is not run: words that only one
// could know stay as they are written. Refuses to know any variable.

/** What a run script does, as far as its words tell. */
export interface RunScript {
  path: string;
  /** The words of its commands, without comments. */
  words: string[];
  /** The file that each of them is in. */
  wordSources: string[];
  /** What it sets, and what its envdirs do. */
  env: Record<string, string>;
  /** The files in which a variable is set, or by which it is one. */
  sources: Record<string, string>;
  /** The scripts that it goes on with, and reads as if they were its own. */
  included: string[];
  /** The folders of envdir(8), and of what is like it. */
  envdirs: string[];
  /** The cdbs of `tcpserver -x`. */
  rules: string[];
  /** A number or a name of who runs the last command; `undefined` where that is not said. */
  user: string | undefined;
  kind: Kind;
}

/** Whose run script it is: of a server that takes mail in, of qmail-send, or of something else. */
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
 * @param path Of the file: what it names is counted from its folder.
 * @param readIncluded The text of a script that it goes on with, as `/var/qmail/rc`.
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

/** A number, a name, or the name that a script asks id(1) for. */
function userOf(word: string): string | undefined {
  const [, asked] = /\bid -u ([\w-]+)/.exec(word) ?? [];
  const name = asked ?? word.split(":")[0]!;
  return /^[\w-]+$/.test(name) && !name.startsWith("-") ? name : undefined;
}

/** One variable of a folder for envdir(8); an empty file takes the variable away. */
export interface EnvdirEntry {
  name: string;
  path: string;
  value: string | undefined;
}

/** Reads a folder as envdir(8) does; nothing of one that cannot be read. */
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
    // Not there, or not for us to read: who looks at the programs finds what comes of it.
    return [];
  }
}

/** Splits a script into words; `$NAME` is what the script itself has said before. */
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
/** A word, white space and operators, or a comment, which begins where a word could. */
const TOKENS = new RegExp(
  `(?<![^\\s;&|()])#[^\\n]*|(?:${QUOTED}|[^\\s;&|()<>'"\`\\\\])+|[^]`,
  "g",
);
const PARTS = /'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|\$(?:\w+|\{\w+\})/g;
