// The text of a launcher: a script for any /bin/sh that gives the runtime the limits and variables
// it needs and becomes it. What the caller gave, it hands over in DK_CALLER (lib/system/process/caller.ts).

import { LIMITS } from "../../lib/system/process/caller.ts";

/** What one launcher starts. */
export interface Launch {
  /** Where the text comes from, for who opens it: one line. */
  title: string;
  /** The words that start the program, with absolute paths. */
  command: string[];
  /** Set where the caller has not. */
  defaults: Record<string, string>;
  /** base64(1) where there is one that takes -w, for a program that becomes another one. */
  base64?: string;
  /** Whether it is one binary, as `deno compile` makes them. */
  isCompiled: boolean;
  /** Whether the program becomes another one, which is to find what the caller gave. */
  isFilter: boolean;
  /** Whether the caller is qmail-rspawn, to which any exit code but 0 and 111 is permanent. */
  isRemote: boolean;
}

/** What the runtime is told, whatever the caller says. */
const RUNTIME_VARIABLES = {
  DENO_DIR: "/dev/null",
  DENO_NO_UPDATE_CHECK: "1",
  DENO_DISABLE_NODE_SHIM: "1",
  NO_COLOR: "1",
};

/** One variable may have 128 KiB, on Linux. */
const MOST_CHARACTERS = 120_000;

/** @throws {SyntaxError} For a word that no script can hold. */
export function formatLauncher(launch: Launch): string {
  // A person may have colours.
  const runtime = Object.entries(RUNTIME_VARIABLES)
    .filter(([name]) => launch.isFilter || name !== "NO_COLOR");
  const defaults = Object.entries(launch.defaults);
  const own = launch.isCompiled ? ["TMPDIR"] : [];
  const names = [
    ...Object.keys(launch.defaults),
    ...runtime.map(([name]) => name),
  ];
  return [
    "#!/bin/sh",
    `# ${checkLine(launch.title)}`,
    ...launch.isFilter ? [DEFER] : [],
    RAISE_LIMITS,
    ...launch.isFilter ? [formatCaller([...names, ...own], launch.base64)] : [],
    "raise 2>/dev/null",
    ...defaults.map(([name, value]) => formatDefault(name, value)),
    ...launch.isCompiled ? [REPAIR_TMPDIR] : [],
    ...runtime.map(([name, value]) => `${name}=${value}`),
    `export ${[...names, ...launch.isFilter ? ["DK_CALLER"] : []].join(" ")}`,
    formatStart(launch),
    "",
  ].join("\n");
}

/** Where this shell can not go on, a mail is to come again: other codes make qmail-rspawn bounce it. */
const DEFER = `trap 'exit 111' EXIT
[ -z "\${BASH_VERSION-}" ] || shopt -s execfail 2>/dev/null`;

/** Soft limits alone; where a hard one stands in the way, up to that. */
const RAISE_LIMITS = `raise() {
  ulimit -S -v unlimited || ulimit -S -v "$(ulimit -H -v)"
  ulimit -S -d unlimited || ulimit -S -d "$(ulimit -H -d)"
  ulimit -S -s 8192 || ulimit -S -s "$(ulimit -H -s)"
  :
}`;

/** A binary asks for an absolute TMPDIR before any line of ours runs. */
const REPAIR_TMPDIR =
  'case ${TMPDIR-/} in "") unset TMPDIR ;; [!/]*) TMPDIR=$PWD/$TMPDIR ;; esac';

/** In the order in which the program reads them. */
const PRINT_LIMITS = Object.values(LIMITS)
  .map(({ option }) => `ulimit -S -${option}`).join("; ");

/**
 * The environment is that of this shell as it was started, and not what the shell has made of it.
 * Opened by the shell itself: /proc may be that of others, and $$ one of theirs.
 */
function formatCaller(names: string[], base64: string | undefined): string {
  const replaced = names.map((name) => `${name}\${${name}+=$${name}}`);
  const without = `DK_CALLER="$(${PRINT_LIMITS})\n\n${replaced.join("\n")}"`;
  if (base64 === undefined) return without;
  return `{ {
  DK_CALLER=$(${PRINT_LIMITS}; raise; exec ${quoteWord(base64)} -w0 <&3) &&
  [ \${#DK_CALLER} -lt ${MOST_CHARACTERS} ]
} 3</proc/self/environ; } 2>/dev/null ||
${without}`;
}

/**
 * Sets a variable that is not set. Only words without a meaning to any shell stand in the braces:
 * how the others are quoted there is not the same for each.
 */
function formatDefault(name: string, value: string): string {
  return PLAIN.test(value)
    ? `: "\${${name}=${value}}"`
    : `dk_default=${
      quoteWord(value)
    }; : "\${${name}=$dk_default}"; unset dk_default`;
}

/** The runtime itself may fail, with code 1: for qmail-rspawn somebody has to wait for it. */
function formatStart({ command, isRemote }: Launch): string {
  const words = `${command.map(quoteWord).join(" ")} "$@"`;
  return isRemote ? `${words} && trap - EXIT` : `exec ${words}`;
}

const PLAIN = /^[\w%+,.\/:@=-]*$/;

/** A word that the shell takes as it is. */
function quoteWord(word: string): string {
  if (word !== "" && PLAIN.test(word)) return word;
  return `'${checkLine(word).replaceAll("'", `'\\''`)}'`;
}

function checkLine(text: string): string {
  if (/[\0\n]/.test(text)) {
    throw new SyntaxError(
      `Cannot write a line break into a launcher: ${JSON.stringify(text)}`,
    );
  }
  return text;
}
