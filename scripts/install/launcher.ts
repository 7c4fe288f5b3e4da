// Writes a launcher: a script for any /bin/sh that becomes the runtime. It raises the resource limits,
// removes the variables that the runtime would read for itself, and hands over the caller's own limits
// and variables in DK_CALLER (lib/system/process/caller.ts).

import { checkLine, PLAIN, quoteWord } from "./quote_word.ts";
import { formatResidentWay, type ResidentWay } from "./resident_way.ts";
import { LIMITS } from "../../lib/system/process/caller.ts";
import { VARIABLES } from "../../lib/system/configuration/variables.ts";

/** What one launcher starts. */
export interface Launch {
  /** The name of the program, for messages. */
  name: string;
  /** One line that tells a reader where the text comes from. */
  title: string;
  /** The words that start the program, with absolute paths. */
  command: string[];
  /**
   * Patterns of the shell for the first line of a file, by its path. An empty program would exit with
   * 0, which tells the caller that the mail is queued.
   */
  firstLines: Record<string, string>;
  /** The folder that is HOME to the runtime, which reads files there. */
  home: string;
  /** Set where the caller has not. */
  defaults: Record<string, string>;
  /** The path of a base64(1) that takes -w, for a program that becomes another one. */
  base64?: string;
  /** Whether it is one binary, as `deno compile` makes them. */
  isCompiled: boolean;
  /** Whether the program becomes another one, which must find the caller's environment and limits. */
  isFilter: boolean;
  /** Whether the caller is qmail-rspawn, to which any exit code but 0 and 111 is permanent. */
  isRemote: boolean;
  /** Where a resident process is asked first. */
  resident?: ResidentWay;
}

/** The variables of the runtime, which override the caller's. */
const RUNTIME_VARIABLES = {
  DENO_DIR: "/dev/null",
  DENO_NO_UPDATE_CHECK: "1",
  DENO_DISABLE_NODE_SHIM: "1",
  NO_COLOR: "1",
};

/** One variable may have 128 KiB, on Linux. */
const LINE_CHARACTERS = 100_000;

/** @throws {SyntaxError} For a word that no script can hold. */
export function formatLauncher(launch: Launch): string {
  const { title, defaults, isCompiled, isFilter } = launch;
  const variables = variablesOf(launch);
  const exported = [
    ...Object.keys(defaults),
    ...variables.map(([name]) => name),
    ...isFilter ? ["DK_CALLER"] : [],
  ];
  return [
    "#!/bin/sh",
    `# ${checkLine(title)}`,
    formatFail(launch),
    ...launch.resident === undefined
      ? []
      : [formatResidentWay(launch.resident)],
    formatLook(launch),
    RAISE_LIMITS,
    HIDE,
    isFilter ? formatCaller(launch) : `dk_all=$(${PRINT_EXPORTS})`,
    CHECK,
    ...isCompiled ? [REPAIR_TMPDIR] : [],
    "raise 2>/dev/null",
    formatHiding(launch),
    ...Object.entries(defaults).map(formatDefault),
    ...variables.map(([name, value]) => `${name}=${quoteWord(value)}`),
    `export ${exported.join(" ")}`,
    formatStart(launch),
    "",
  ].join("\n");
}

/**
 * Writes the end of a launcher that cannot go on. The mail must be deferred: with another exit code
 * qmail-rspawn bounces it. The message is read to its end, since the caller may wait for that.
 */
function formatFail({ name, isFilter, isRemote }: Launch): string {
  if (!isFilter) {
    return `fail() {
  echo "${name}: $1" >&2
  exit 1
}`;
  }
  const say = isRemote
    ? `printf 'Z${name}: %s (#4.3.0)\\n\\0' "$1" && trap - EXIT && exit 0`
    : `echo "${name}: failed exit=111 reason=\\"$1\\" qp=$$" >&2
  cat >/dev/null 2>&1`;
  return `trap 'exit 111' EXIT
[ -z "\${BASH_VERSION-}" ] || shopt -s execfail 2>/dev/null
fail() {
  ${say}
  exit
}`;
}

/**
 * Writes the check of the files. It runs in the process that reads the environment, since every
 * redirection in the launcher itself needs one more descriptor, of which the caller may leave few.
 */
function formatLook({ firstLines }: Launch): string {
  const looks = Object.entries(firstLines).map(([path, pattern]) => {
    const file = quoteWord(path);
    return `  dk_line=
  [ -r ${file} ] && exec <${file} && IFS= read -r dk_line
  case $dk_line in
  ${pattern}) ;;
  *) echo ${quoteWord(`!${path}`)}; exit 1 ;;
  esac`;
  });
  return `look() {
${[...looks, "  :"].join("\n")}
}`;
}

const CHECK = `case $dk_all in
"") fail 'Cannot start a process' ;;
!*) fail "Cannot run \${dk_all#?}: it is damaged, install it again" ;;
esac`;

/** Raises the soft limits, at most to the hard ones. */
const RAISE_LIMITS = `raise() {
  ulimit -S -v unlimited || ulimit -S -v "$(ulimit -H -v)"
  ulimit -S -d unlimited || ulimit -S -d "$(ulimit -H -d)"
  ulimit -S -s 8192 || ulimit -S -s "$(ulimit -H -s)"
  :
}`;

const HIDE = `hide() {
  command unset -v "$1"
}
dk_replaced=`;

/** A binary asks for an absolute TMPDIR before any line of ours runs. */
const REPAIR_TMPDIR =
  'case ${TMPDIR-/} in "") unset TMPDIR ;; [!/]*) TMPDIR=$PWD/$TMPDIR ;; esac';

/** The mark comes after the exports, whatever somebody wrote into a variable. */
const PRINT_EXPORTS = 'look; export -p; echo "#$$"';

/** The resource limits, in the order in which the program reads them. */
const PRINT_LIMITS = Object.values(LIMITS)
  .map(({ option }) => `ulimit -S -${option}`).join("; ");

/**
 * Writes the part that collects the caller's state: the exports, a mark, the resource limits, and the
 * environment in base64. The environment is the one that this shell was started with. The shell opens
 * /proc/self itself, since $$ may be a number of another process namespace.
 */
function formatCaller({ base64, ...launch }: Launch): string {
  const print = `${PRINT_EXPORTS}; ${PRINT_LIMITS}`;
  const without = formatReplacing(launch, print);
  if (base64 === undefined) return without;
  return `{ {
  dk_all=$(${print}; raise; exec ${quoteWord(base64)} -w${LINE_CHARACTERS} <&3)
} 3</proc/self/environ; } 2>/dev/null || {
${without}
}`;
}

/** Writes the same for a machine without /proc or base64(1): keeps every hidden or replaced variable by another name. */
function formatReplacing(launch: Omit<Launch, "base64">, print: string) {
  const { defaults, isCompiled, isRemote } = launch;
  const seen = [...Object.keys(defaults), ...isCompiled ? ["TMPDIR"] : []];
  const replaced = [
    ...seen,
    ...variablesOf(launch).map(([name]) => name),
    ...isRemote ? ["DK_WAITS"] : [],
  ];
  return `dk_all=$(${print})
hide() {
  case $1 in
  *[!${LETTERS}]*) ;;
  *) eval "DK_KEPT_$1=\\$$1; export DK_KEPT_$1"; command unset -v "$1" ;;
  esac
}
dk_replaced='

${replaced.join("\n")}'
${
    seen.map((name) =>
      `[ -z "\${${name}+x}" ] || export DK_KEPT_${name}="$${name}"`
    ).join("\n")
  }`.trimEnd();
}

const LETTERS =
  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

/**
 * Hides all variables from the runtime but those of our programs and of the loader. The runtime reads
 * some hundred variables, and a single one can end it with 0 before our first line runs. After the mark
 * come the lines of DK_CALLER, and those that exceed the size of one variable.
 */
function formatHiding({ isFilter, defaults }: Launch): string {
  const names = new Set([...Object.keys(VARIABLES), ...Object.keys(defaults)]);
  const ours = [
    ...[...names].map((name) => `":export ${name}"`),
    ...isFilter ? [] : ['":export NO_COLOR"'],
    '":export LD_"*',
  ];
  return `set -f
IFS='=
'
dk_at= dk_caller=
for dk_line in $dk_all; do
  case $dk_at:$dk_line in
  ":#$$") dk_at=1 ;;
  [1-5]:*)
    dk_caller=$dk_caller\${dk_caller:+
}$dk_line dk_at=$((dk_at + 1)) ;;
  [1-9]*:*)
    eval "DK_CALLER_$dk_at=\\$dk_line; export DK_CALLER_$dk_at"
    dk_at=$((dk_at + 1)) ;;
  ${ours.join("|")}|":export dk_"*) ;;
  ":export "*) hide "\${dk_line#export }" ;;
  esac
done 2>/dev/null${isFilter ? "\nDK_CALLER=$dk_caller$dk_replaced" : ""}`;
}

/**
 * Sets a variable that is not set. Only plain words stand in the braces, since shells differ in how
 * they quote there.
 */
function formatDefault([name, value]: [string, string]): string {
  return PLAIN.test(value)
    ? `: "\${${name}=${value}}"`
    : `dk_default=${
      quoteWord(value)
    }; : "\${${name}=$dk_default}"; unset dk_default`;
}

/**
 * Starts the program. The runtime itself may fail with code 1, which qmail-rspawn takes as permanent:
 * for qmail-rspawn the launcher stays and waits, to change that code.
 *
 * It waits in the foreground: qmail-rspawn blocks SIGCHLD, and with that dash would wait for ever for a
 * child in the background. So a signal kills the launcher. The program knows the launcher's number from
 * DK_WAITS, and sends no mail once it is gone. SIGINT needs a trap: without one the shell would end with
 * the program and not tell its exit code.
 */
function formatStart(launch: Launch): string {
  return launch.isRemote
    ? `trap : INT\nexport DK_WAITS=$$\n${wordsOf(launch)} && trap - EXIT`
    : `exec ${wordsOf(launch)}`;
}

function wordsOf({ command }: Launch): string {
  return `${command.map(quoteWord).join(" ")} "$@"`;
}

/** Lists the variables for the runtime. Only a program for people may print colours. */
function variablesOf(
  { home, isFilter }: Omit<Launch, "base64">,
): [string, string][] {
  return Object.entries({ HOME: home, ...RUNTIME_VARIABLES })
    .filter(([name]) => isFilter || name !== "NO_COLOR");
}
