// The text of a launcher: a script for any /bin/sh that gives the runtime the limits and variables
// it needs, and none that it reads for itself, and becomes it. What the caller gave, it hands over in
// DK_CALLER (lib/system/process/caller.ts).

import { checkLine, PLAIN, quoteWord } from "./quote_word.ts";
import { formatResidentWay, type ResidentWay } from "./resident_way.ts";
import { LIMITS } from "../../lib/system/process/caller.ts";
import { VARIABLES } from "../../lib/system/configuration/variables.ts";

/** What one launcher starts. */
export interface Launch {
  /** The program, for what is said of it. */
  name: string;
  /** Where the text comes from, for who opens it: one line. */
  title: string;
  /** The words that start the program, with absolute paths. */
  command: string[];
  /**
   * Patterns of the shell for the first line of a file, by its path: an empty program ends with 0,
   * to a caller that the mail is queued.
   */
  firstLines: Record<string, string>;
  /** The folder that is HOME to the runtime, which reads files there. */
  home: string;
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
  /** Where a resident process is asked first. */
  resident?: ResidentWay;
}

/** What the runtime is told, whatever the caller says. */
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
 * Where this shell cannot go on, a mail is to come again: other codes make qmail-rspawn bounce it. A
 * caller may wait until somebody has read the message.
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
 * In the process that reads the environment, which ends where this one fails: here each redirection
 * would take one more descriptor from a caller who has few.
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

/** Soft limits alone; where a hard one stands in the way, up to that. */
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

/** The mark ends what anybody may have written into a variable. */
const PRINT_EXPORTS = 'look; export -p; echo "#$$"';

/** In the order in which the program reads them. */
const PRINT_LIMITS = Object.values(LIMITS)
  .map(({ option }) => `ulimit -S -${option}`).join("; ");

/**
 * Lines with what this shell exports, a mark, the limits, and the environment in base64: that of this
 * shell as it was started, and not what the shell has made of it. Opened by the shell itself: /proc
 * may be that of others, and $$ one of theirs.
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

/** Where the environment cannot be had, what is hidden or replaced is kept by another name. */
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
 * Keeps from the runtime what is not for our programs or the loader: it reads some hundred variables,
 * of which one is enough to end it with 0 before any line of ours runs. Behind the mark are the lines
 * of DK_CALLER, and those beyond its size.
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
 * Sets a variable that is not set. Only words without a meaning to any shell stand in the braces:
 * how the others are quoted there is not the same for each.
 */
function formatDefault([name, value]: [string, string]): string {
  return PLAIN.test(value)
    ? `: "\${${name}=${value}}"`
    : `dk_default=${
      quoteWord(value)
    }; : "\${${name}=$dk_default}"; unset dk_default`;
}

/**
 * The runtime itself may fail, with code 1: for qmail-rspawn somebody has to wait for it. In front of
 * the shell, since qmail-rspawn has SIGCHLD blocked, and what dash has put after it then waits for
 * ever; so it hears no signal. It dies of one, and the program, which is told by whom it is waited
 * for, sees to it that no mail goes out any more. Of SIGINT a shell does not die before what it waits
 * for: without a trap it would not tell how that ended.
 */
function formatStart(launch: Launch): string {
  return launch.isRemote
    ? `trap : INT\nexport DK_WAITS=$$\n${wordsOf(launch)} && trap - EXIT`
    : `exec ${wordsOf(launch)}`;
}

function wordsOf({ command }: Launch): string {
  return `${command.map(quoteWord).join(" ")} "$@"`;
}

/** What is set for the runtime. A person may have colours. */
function variablesOf(
  { home, isFilter }: Omit<Launch, "base64">,
): [string, string][] {
  return Object.entries({ HOME: home, ...RUNTIME_VARIABLES })
    .filter(([name]) => isFilter || name !== "NO_COLOR");
}
