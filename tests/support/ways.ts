// The ways in which the programs of an installation run, and what of tests/e2e differs in one of them by
// decision: the only table of that. All else in tests/e2e holds in every way.

/** How a program runs: by itself from one file or from one binary, or by a resident process. */
export const WAYS = ["bundled", "compiled", "resident"] as const;
export type Way = typeof WAYS[number];

/** Tests that fail in a way, and are to. */
export interface Difference {
  way: Way;
  reason: string;
  /** Each test of such a name fails. */
  tests: RegExp;
  /** What the failure of each says: that is how it is instead. */
  instead: RegExp;
}

/** Files of tests/e2e that bring programs of their own, and why. */
export const OTHER_FILES: [reason: string, files: string[]][] = [
  ["installs", [
    "install",
    "install_resident",
    "install_surroundings",
    "qmail_upgrade",
    "uninstall",
  ]],
  ["writes its launchers", [
    "dk_remote_launcher",
    "launcher",
    "launcher_ways",
    "resident_shells",
  ]],
  ["its runtime may not call the C library", ["without_ffi"]],
];

const KILLED = /^Error: Killed \S+ after 20000 ms/;

export const DIFFERENCES: Difference[] = [
  ...(["bundled", "compiled"] as const).flatMap((way): Difference[] => [
    {
      way,
      reason:
        "the launcher of dk-remote stays, and makes every code but 0 a 111",
      tests: /^`dk-remote` ends as qmail-remote does$/,
      instead: /^- +111\n\+ +1$/m,
    },
    {
      way,
      reason:
        "the launcher of dk-remote stays: qmail-remote has another number",
      tests: /^`dk-remote` becomes qmail-remote in its process, /,
      instead: /^- +\d+\n\+ +\d+$/m,
    },
    {
      way,
      reason: "the launcher of dk-remote is killed, and the program says so",
      tests: /^killed before its end, `dk-remote` has sent nothing$/,
      instead: /Zdk-remote: Nobody waits any more/,
    },
  ]),
  {
    way: "compiled",
    reason: "a binary takes only arguments in UTF-8",
    tests: /^`dk-remote` hands on addresses that are not UTF-8$/,
    instead: /reading 'args'/,
  },
  {
    way: "resident",
    reason:
      "a shell exports PWD, and hands on no variable whose name is none of a shell's",
    tests:
      /` (hands on (an empty environment|empty, odd and long variables|variables that are not UTF-8|PATH and HOME|an empty PATH|a PATH that is not UTF-8|what an SMTP session sets|all but DKQUEUE)|becomes qmail-remote in its process, and hands on all that it was given)$/,
    instead: /^- +"PWD=/m,
  },
  {
    way: "resident",
    reason: "the next program reads the envelope of a signed mail first",
    tests:
      /^`dk-sign` that signs exits \d+ when the envelope |^`dk-sign` exits 54 when fd 1 (is a folder|can only be written to)$/,
    instead: /dk-sign: signed |^- +1,\n- +true,$/m,
  },
  {
    way: "resident",
    reason: "the next program reads the envelope, and here to the end of fd 1",
    tests:
      /^`dk-sign` takes the end of the envelope for its end, |^`dk-sign` exits 52 after DEATH seconds when the envelope /,
    instead: KILLED,
  },
  {
    way: "resident",
    reason: "the time of DEATH begins when the message has ended",
    tests:
      /^`dk-sign` exits 52 after DEATH seconds (when the message|however fast) ?|^`dk-remote` defers for a time limit$/,
    instead: KILLED,
  },
  {
    way: "resident",
    reason: "the message is there to its end before anybody looks at it",
    tests: /^`dk-verify` asks when the header has ended, and reads the body /,
    instead: KILLED,
  },
  {
    way: "resident",
    reason: "cat(1) says no more than that it failed",
    tests:
      /^`[\w-]+` exits 54 when fd 0 (is a folder|can only be written to)$|^`(dk-verify|qmail-dk)` exits 54 when fd 1 (is a folder|can only be written to)$|^`dk-remote` defers for a folder on fd 0$/,
    instead: /^- +53,$|Zdk-remote: Cannot keep the message/m,
  },
  {
    way: "resident",
    reason: "cat(1) is what is killed for the size of a file",
    tests:
      /^`dk-sign` queues nothing when it is killed for the size of a message /,
    instead: /^- +null,\n\+ +"SIGXFSZ",$/m,
  },
  {
    way: "resident",
    reason: "the process writes the finished file, and has limits of its own",
    tests: /^`dk-remote` defers for a limit of file sizes$/,
    instead: /cat: -: File too large/,
  },
  {
    way: "resident",
    reason: "nothing is kept in TMPDIR",
    tests:
      /^`dk-sign` (exits 53 when TMPDIR |exits 53 for 8 MiB when TMPDIR |exits 55 when TMPDIR is not UTF-8$|escapes control characters and quotes of TMPDIR$)|^`dk-remote` defers for no room for a large message$/,
    instead: /dk-sign: (un)?signed |rfine|^- +0,\n- +true,$/m,
  },
  {
    way: "resident",
    reason: "DKQUEUE is the launcher's alone",
    tests: /^`dk-sign` exits 55 when DKQUEUE is not UTF-8$/,
    instead: /^- +0,\n- +true,$/m,
  },
  {
    way: "resident",
    reason: "the shell says what it could not start",
    tests:
      /^`dk-sign` exits 120 when the program of its \w+ has an interpreter that is missing$|^`dk-remote` defers for a DKREMOTE without an interpreter$/,
    instead: /exec: \S+: not found/,
  },
  {
    way: "resident",
    reason: "dk-remote finds itself behind itself when the second one begins",
    tests:
      /^`dk-remote` defers for a DKREMOTE that is a launcher of dk-remote$/,
    instead: /Zdk-remote: Cannot execute "\/var\/qmail\/bin\/qmail-remote"/,
  },
  {
    way: "resident",
    reason: "fd 1 is the caller's own",
    tests: /^`dk-sign` hands on finished files without a name, /,
    instead: /envelope_fifo" to match/,
  },
  {
    way: "resident",
    reason: "a shell that waits for cat(1) blocks no signal",
    tests:
      /^`dk-sign` hands on a mask in which SIGCHLD and SIGTERM are blocked$/,
    instead: /^- +SigBlk: 0,$/m,
  },
  {
    way: "resident",
    reason: "nothing needs the working directory",
    tests:
      /` fails for a while, and queues nothing, in a folder that has been removed$/,
    instead: /^- +true,\n\+ +false,$/m,
  },
  {
    way: "resident",
    reason: "the process has the rights and the mounts of its own, here root's",
    tests:
      /(a folder that may not be entered|when nothing is said|cannot read resolv.conf, logs that, and asks nobody|when control\/authservid cannot be read|^`dk-remote` defers for a key that may not be read)$/,
    instead:
      /reason="no key"|^- +nobody$|verify_dns_test|verified domainkeys=none|rfine/m,
  },
];
