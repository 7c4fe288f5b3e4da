// What a site says to the programs: each environment variable and each control file, what it means
// and who reads it. For the types alone, and for what the documentation is held against: a filter
// must not load these texts.

type Program =
  | "qmail-dk"
  | "dk-sign"
  | "dk-verify"
  | "dk-remote"
  | "dktest"
  | "dk-rotate"
  | "dk-doctor";

/** Something that a site can set. */
export interface Setting {
  /** One line, as the README has it. */
  means: string;
  /** The programs that read it. */
  programs: readonly Program[];
}

const SIGNERS = ["qmail-dk", "dk-sign", "dk-remote", "dk-doctor"] as const;
const VERIFIERS = ["qmail-dk", "dk-verify", "dk-doctor"] as const;
const CHECKERS = ["qmail-dk", "dk-verify"] as const;
const QUEUERS = ["qmail-dk", "dk-sign", "dk-verify", "dk-doctor"] as const;
const FILTERS = [...QUEUERS, "dk-remote"] as const;

/** The environment variables by name. */
export const VARIABLES = {
  DKSIGN: {
    means:
      "private key file; each `%` becomes the domain, then its parents down to two labels",
    programs: SIGNERS,
  },
  NODKIMKEYS: {
    means: "set, also empty: control/dkimkeys is not read",
    programs: SIGNERS,
  },
  DKIMSIGNEXTRA: {
    means:
      "a second key file, for one more DKIM-Signature (Ed25519 beside RSA)",
    programs: SIGNERS,
  },
  DKSIGNWITH: { means: "`dkim`, `domainkeys` or both", programs: SIGNERS },
  DKIMALIGN: {
    means: "`sender`: prefer the key of Sender's domain to that of From",
    programs: SIGNERS,
  },
  DKIMSIGNOPTIONS: {
    means:
      "`-c r|s|t|u` relaxed, simple, relaxed/simple, simple/relaxed; `-l` l=; `-q` q=; `-t` no t=; `-h` z=; `-i id` i=; `-x seconds` x=",
    programs: SIGNERS,
  },
  DKIMSIGNHEADERS: {
    means: "fields to sign; a final `*` stands for any ending",
    programs: [...SIGNERS, "dk-verify"],
  },
  DKIMOVERSIGN: {
    means: "fields to sign once more than they occur",
    programs: [...SIGNERS, "dk-verify"],
  },
  DKSIGNOPTIONS: {
    means:
      "DomainKeys: `-c nofws|simple`; `-r` leave out fields that occur more than once",
    programs: SIGNERS,
  },
  DKSIGNFORWARDS: {
    means:
      "sign also what came from outside and is sent on with its From, a forged one too",
    programs: SIGNERS,
  },
  DKVERIFY: {
    means:
      "letters of what is refused, DomainKeys before the comma, DKIM after it",
    programs: VERIFIERS,
  },
  SPFVERIFY: {
    means:
      "check SPF; letters of what is refused, or a digit as SPFBEHAVIOR has it",
    programs: VERIFIERS,
  },
  DMARCVERIFY: {
    means: "check DKIM, SPF and DMARC; letters of what is refused",
    programs: VERIFIERS,
  },
  ARCVERIFY: {
    means: "set: validate the ARC chain and say so",
    programs: VERIFIERS,
  },
  ARCTRUST: {
    means: "domains at spaces: sealers whose ARC chain excuses a DMARC failure",
    programs: [...VERIFIERS, "dktest"],
  },
  ARCSEAL: {
    means:
      "private key file (RSA) of our own ARC sets; each `%` becomes the authserv-id, then its parents",
    programs: [...VERIFIERS, "dk-remote"],
  },
  SPFRULES: {
    means:
      "SPF terms that are tried before a result is fail, softfail, neutral or none",
    programs: [...VERIFIERS, "dktest"],
  },
  SPFEXP: {
    means: "why SPF refuses, where the domain does not say; with macros",
    programs: [...VERIFIERS, "dktest"],
  },
  SMTPHELOHOST: {
    means:
      "the HELO name, where the SMTP server sets it; else that of its Received field",
    programs: CHECKERS,
  },
  RELAYCLIENT: {
    means: "set by tcprules: sign, do not verify",
    programs: ["qmail-dk", "dk-verify"],
  },
  TCPREMOTEIP: {
    means:
      "set by tcpserver; without it a message from the null sender is a bounce of our own, and passed on",
    programs: [...VERIFIERS, "dk-sign"],
  },
  PROTO: {
    means:
      "set by other servers: `TCP6` or `SSL`, for the address that they tell",
    programs: CHECKERS,
  },
  TCP6REMOTEIP: {
    means: "the client's address, where PROTO is `TCP6`",
    programs: CHECKERS,
  },
  SSLREMOTEIP: {
    means: "the client's address, where PROTO is `SSL`",
    programs: CHECKERS,
  },
  DNSCACHEIP: {
    means: "DNS servers, each with an optional `:port`",
    programs: [...VERIFIERS, "dktest", "dk-rotate"],
  },
  DNSTIMEOUT: {
    means: "seconds for all questions of a message",
    programs: [...VERIFIERS, "dktest", "dk-rotate"],
  },
  DKBARECR: {
    means:
      "`pass`, `defer` or `reject` what holds a CR that is not part of CR LF",
    programs: FILTERS,
  },
  ERROR_FD: {
    means:
      "6 (notqmail 1.09), 4, or 2 (indimail): the reason goes to the SMTP client",
    programs: QUEUERS,
  },
  DKQUEUE: { means: "the next program, split at spaces", programs: QUEUERS },
  QMAILQUEUE: {
    means: "qmail's own: what it runs in place of `qmail-queue`, one of ours",
    programs: ["dk-doctor"],
  },
  DKREMOTE: {
    means: "the next program of `dk-remote`",
    programs: ["dk-remote", "dk-doctor"],
  },
  PATH: {
    means: "where a next program without a slash is looked for",
    programs: FILTERS,
  },
  CONTROLDIR: { means: "the control files", programs: FILTERS },
  TMPDIR: {
    means: "where a message over 4 MiB is kept, in a file without a name",
    programs: FILTERS,
  },
  DEATH: {
    means: "seconds after which the program gives up",
    programs: FILTERS,
  },
} as const satisfies Record<string, Setting>;

/** An environment variable that a program can read. */
export type VariableName = keyof typeof VARIABLES;

/** What the launchers of programs read, and the programs themselves do not. */
export const LAUNCHER_VARIABLES = {
  DKRESIDENT: {
    means:
      "the folder of the resident process that is asked first; empty: none is",
    programs: FILTERS,
  },
} as const satisfies Record<string, Setting>;

/** An environment variable that a launcher can read. */
export type LauncherVariableName = keyof typeof LAUNCHER_VARIABLES;

/** The files of CONTROLDIR by name; but for dkimkeys the first line counts. */
export const CONTROL_FILES = {
  dkimkeys: {
    means:
      "a line `domain:key[:VAR=value,...]` for each domain with a key or options of its own, before DKSIGN",
    programs: SIGNERS,
  },
  dksign: { means: "what DKSIGN would be", programs: SIGNERS },
  arcseal: {
    means: "what ARCSEAL would be, for `dk-remote`",
    programs: ["dk-remote", "dk-doctor"],
  },
  arctrust: {
    means: "what ARCTRUST would be, a domain a line",
    programs: VERIFIERS,
  },
  spfrules: { means: "what SPFRULES would be", programs: VERIFIERS },
  spfexp: { means: "what SPFEXP would be", programs: VERIFIERS },
  authservid: {
    means:
      "the name in our Authentication-Results fields; else `me`, else the host name",
    programs: FILTERS,
  },
  me: {
    means: "qmail's own: the name of this host",
    programs: FILTERS,
  },
} as const satisfies Record<string, Setting>;

/** A control file that a program can read. */
export type ControlName = keyof typeof CONTROL_FILES;
