// The lines of a launcher that give a mail to the resident process (lib/resident), in any /bin/sh. The
// launcher goes on by itself whenever anything is not as it should be; the message is then read from
// the file that it has been kept in.

import { takesEnvelope } from "../../lib/resident/claim.ts";
import { QMAIL_QUEUE } from "../../lib/system/configuration/queue.ts";
import {
  QMAIL_REMOTE,
  RENAMED,
} from "../../lib/system/configuration/remote.ts";
import { VARIABLES } from "../../lib/system/configuration/variables.ts";
import { SLOTS } from "../../lib/system/slots/folder.ts";
import { quoteWord } from "./quote_word.ts";

/** Where a launcher finds a resident process. */
export interface ResidentWay {
  /** The name of the launcher's program. */
  name: string;
  /** Whether it has the interface of qmail-remote. */
  isRemote: boolean;
  /** Of the launcher's program, and of the process. */
  version: string;
  /** Where they meet, unless DKRESIDENT names another place. */
  folder: string;
  /** Set where the caller has not. */
  defaults: Record<string, string>;
  /** The path of cat(1). */
  cat: string;
}

/** The lines. They leave the arguments as they are, for what comes after them. */
export function formatResidentWay(way: ResidentWay): string {
  return [
    FINISH,
    formatClaim(way),
    formatKeep(way),
    ASK,
    `dk_taken= dk_copied=
claim "$@" 2>/dev/null
[ -z "$dk_taken" ] || {
${formatAsking(way)}
${formatQueue(way)}
${way.isRemote ? REPORT : REFUSE}
${BY_ITSELF}
}`,
  ].join("\n");
}

/**
 * Takes a slot, before a byte of the message is read. What a launcher has written is its own as long as
 * it lives: a stopped one, whose slot is somebody else's by now, sees that its line is not there.
 *
 * Fds 0 and 1 are to be open, which dash only sees as it moves them, and what cat(1) is to copy without
 * O_NONBLOCK, 04000 on Linux, with which it fails.
 */
function formatClaim(way: ResidentWay): string {
  const variables = variablesOf(way).map((name) =>
    `\${${name}+"${name}=$${name}"}`
  );
  // What is there twice counts as it stands last.
  const defaults = Object.entries(way.defaults).map(([name, value]) =>
    quoteWord(`${name}=${value}`)
  );
  const parts = [
    way.name,
    quoteWord(way.version),
    '"$dk_next"',
    way.isRemote ? '"$2"' : '""',
    ...defaults,
    ...variables,
    ".",
  ];
  return `claim() {
  dk_folder=\${DKRESIDENT-${quoteWord(way.folder)}}
  [ -n "$dk_folder" ] && [ -r "$dk_folder/pid" ] || return
  read -r dk_pid <"$dk_folder/pid" && serves || return
  true 3<&0 4>&1 || return
  [ -f /dev/fd/0 ] || {
    { read -r dk_line && read -r dk_line; } 3<&0 </proc/self/fdinfo/3 || return
    case $dk_line in *[4-7]???) return ;; esac
  }
${formatNext(way)}
  dk_n=$(($$ % ${SLOTS})) dk_left=${SLOTS}
  dk_begun= dk_whole=
  set -C
  until {
    dk_begun=1
    printf '%s\\n' $$ && printf '%s\\0' ${parts.join(" ")} && dk_whole=1
  } >"$dk_folder/env.$dk_n" || [ -n "$dk_begun" ]; do
    dk_n=$(((dk_n + 1) % ${SLOTS})) dk_left=$((dk_left - 1))
    [ $dk_left -gt 0 ] || break
  done
  set +C
  [ $dk_left -gt 0 ] || { echo full 1<>"$dk_folder/request"; return; }
  ours || return
  [ -n "$dk_whole" ] && [ ! -e "$dk_folder/in.$dk_n" ] &&
    [ ! -e "$dk_folder/envelope.$dk_n" ] || { finish; return; }
  dk_taken=1
}`;
}

/** Only spaces part the words of DKQUEUE. */
const SPLIT =
  `set -f; IFS=' '; set -- \${DKQUEUE-${QMAIL_QUEUE}}; unset IFS; set +f`;

/**
 * The next program, if it is a file with a path. The process looks at its first octets: a shell would read
 * all of them, one by one.
 */
function formatNext({ isRemote }: ResidentWay): string {
  const find = isRemote
    ? `  [ $# -gt 2 ] || return
  dk_next=\${DKREMOTE-${QMAIL_REMOTE}}
  [ -n "\${DKREMOTE+x}" ] || [ ! -e ${RENAMED} ] || dk_next=${RENAMED}`
    : `  [ $# -gt 0 ] || { ${SPLIT}; }
  dk_next=\${1-}`;
  return `${find}
  case $dk_next in */*) ;; *) return ;; esac
  [ -f "$dk_next" ] && [ -x "$dk_next" ] || return`;
}

/**
 * Opened for reading too, a FIFO is there at once, also where nobody reads it any more. What has been
 * opened in a slot that is ours after that is our own.
 *
 * Only the process that serves a folder is in it: one that was killed has left its number to others.
 */
const FINISH = `serves() {
  [ "/proc/$dk_pid/cwd" -ef "$dk_folder" ]
}
finish() {
  echo "done $dk_n $$" 2>/dev/null 1<>"$dk_folder/request"
}
ours() {
  IFS= read -r dk_line 2>/dev/null <"$dk_folder/env.$dk_n" && [ "$dk_line" = $$ ]
}`;

/**
 * Copies the message to its end, or the envelope. A cat(1) that begins after its launcher was killed finds
 * somebody else's file there, and leaves it as it is.
 */
function formatKeep({ name, isRemote, cat }: ResidentWay): string {
  const command = quoteWord(cat);
  const failed = isRemote
    ? "fail 'Cannot keep the message'"
    : `${command} >/dev/null 2>&1
    echo "${name}: failed exit=53 reason=\\"Cannot keep the message\\" qp=$$" >&2
    trap - EXIT
    exit 53`;
  const keepIn = `${command} 2>/dev/null >"$dk_folder/in.$dk_n" && dk_copied=1`;
  const keep = takesEnvelope(name)
    ? `case $1 in
  in) ${keepIn} ;;
  *) ${command} <&1 2>/dev/null >"$dk_folder/envelope.$dk_n" ;;
  esac`
    : keepIn;
  return `keep() {
  set -C
  ${keep} || {
    finish
    ${failed}
  }
  set +C
}`;
}

/**
 * Where the process dies meanwhile, the FIFO ends. A message may have been long in coming: whether the
 * process is there still is looked at again. What it has read by a descriptor of its own must be the
 * launcher's message.
 */
const ASK = `ask() {
  dk_who= dk_word= dk_seen=
  serves 2>/dev/null && {
    echo "new $dk_n $$" 1<>"$dk_folder/request"
    IFS=' ' read -r dk_who dk_word dk_seen dk_code dk_told dk_fd &&
      IFS= read -r dk_text && IFS= read -r dk_log
  } <"$dk_folder/slot.$dk_n" || dk_word=
  [ "$dk_who" = $$ ] || dk_word=
  [ "$dk_seen" = - ] || [ -z "$dk_word" ] ||
    [ "/proc/$dk_pid/fd/$dk_seen" -ef /dev/fd/0 ] || dk_word=copy
}`;

/** A file is read where it is, and an envelope in a pipe too. What the process cannot reach is copied. */
function formatAsking({ name }: ResidentWay): string {
  const keepEnvelope = takesEnvelope(name)
    ? `
    [ -n "\${RELAYCLIENT+x}" ] || keep envelope`
    : "";
  return `  [ -f /dev/fd/0 ] || keep in
  ask
  [ "$dk_word" != copy ] || {
    [ -n "$dk_copied" ] || keep in${keepEnvelope}
    ask
  }`;
}

const KEPT_ENVELOPE =
  '[ ! -f "$dk_folder/envelope.$dk_n" ] || exec 1<"$dk_folder/envelope.$dk_n"';

const KEPT_SLOT = "ours || fail 'The slot is lost'";

/** Where nobody reads the log or the text, the mail goes on without. */
function formatQueue({ isRemote }: ResidentWay): string {
  const command = isRemote
    ? `set -- "$dk_next" "$@"
    unset DKREMOTE`
    : `[ $# -gt 0 ] || { ${SPLIT}; }
    unset DKQUEUE`;
  return `  case $dk_word in
  queue)
    exec <"$dk_folder/out.$dk_n"
    ${isRemote ? ":" : KEPT_ENVELOPE}
    ${KEPT_SLOT}
    finish
    trap '' PIPE
    [ -z "$dk_log" ] || printf '%s\\n' "$dk_log" >&2
    trap - PIPE
    ${command}
    trap 'exit ${isRemote ? 111 : 120}' EXIT
    exec "$@"
    exit ;;`;
}

const REFUSE = `  refuse)
    finish
    trap '' PIPE
    if [ -n "$dk_fd" ] && printf '%s' "$dk_text" >&"$dk_fd" 2>/dev/null; then
      dk_code=$dk_told
      [ "$dk_fd" != 2 ] || dk_log=
    fi
    [ -z "$dk_log" ] || printf '%s\\n' "$dk_log" >&2
    trap - EXIT
    exit "$dk_code" ;;`;

const REPORT = `  report)
    finish
    printf '%s\\n\\0' "$dk_text" && trap - EXIT && exit 0
    exit ;;`;

const BY_ITSELF = `  esac
  [ -z "$dk_copied" ] || exec <"$dk_folder/in.$dk_n"
  ${KEPT_ENVELOPE}
  ${KEPT_SLOT}
  finish`;

/** What the program reads; which program is next, the launcher itself decides. */
function variablesOf({ name }: ResidentWay): string[] {
  return Object.entries(VARIABLES)
    .filter(([, { programs }]) =>
      (programs as readonly string[]).includes(name)
    )
    .map(([variable]) => variable)
    .filter((variable) => !["DKQUEUE", "DKREMOTE"].includes(variable));
}
