// The command line of dk-doctor: its options as values that are checked. Refuses to open any file.

import { parseArgs as parseUntypedArgs } from "@std/cli/parse-args";
import { toALabels } from "../../lib/message/domain_name.ts";
import { encodeUtf8 } from "../../lib/message/octets.ts";
import { UsageError } from "../command/failure.ts";

export const USAGE = `usage: dk-doctor [options]

Checks an installation of qmail-dk, dk-sign, dk-verify and dk-remote, and says what
is wrong and what to do. Run it as root. It reads the run scripts, their envdirs and
the rules of tcpserver; what it finds in its own environment counts beside them.

  --prefix DIR   the programs are in DIR/bin, by default /var/qmail/bin
  --user NAME    who runs the programs and reads the keys; there may be several, by
                 default qmaild, and qmailr for dk-remote
  --domain NAME  look for the keys of this domain alone; there may be several
  --run FILE     a run script that starts mail; there may be several, by default those
                 of /service, /var/service and /etc/service, and qmail's rc
  --rules FILE   the text of rules for tcpserver, beside those that run scripts name;
                 there may be several, by default /etc/tcp.smtp
  --json         print JSON: an array of check, status, subject, detail and advice
  --help         print this text

Exits 0 if nothing fails, warnings or not, 1 if something fails, 2 if the command
line is wrong.
`;

/** What is asked for. */
export interface Command {
  /** `undefined` if not said. */
  prefix: string | undefined;
  /** `undefined` if not said. */
  users: string[] | undefined;
  /** With A-labels. */
  domains: string[];
  /** `undefined` if not said. */
  runFiles: string[] | undefined;
  /** `undefined` if not said. */
  rulesFiles: string[] | undefined;
  json: boolean;
}

interface Args {
  _: string[];
  help: boolean;
  json: boolean;
  prefix?: string;
  user: string[];
  domain: string[];
  run: string[];
  rules: string[];
}

const LISTS = ["user", "domain", "run", "rules"] as const;

const parseArgs: (
  args: string[],
  options: {
    alias: Record<string, string>;
    boolean: string[];
    string: string[];
    collect: readonly string[];
    unknown: (arg: string, key?: string) => void;
  },
) => Args = parseUntypedArgs;

/**
 * Reads the command line.
 *
 * @returns `undefined` if the usage is asked for.
 * @throws {UsageError} If it is wrong.
 */
export function parseCommand(words: string[]): Command | undefined {
  const args = parseArgs(words, {
    alias: { h: "help" },
    boolean: ["help", "json"],
    string: ["_", "prefix", ...LISTS],
    collect: LISTS,
    unknown(arg, key) {
      if (key !== undefined) throw new UsageError(`Unknown option ${arg}`);
    },
  });
  if (args.help) return undefined;
  if (args._.length > 0) {
    throw new UsageError(`Unexpected argument "${args._[0]}"`);
  }
  const empty = args.prefix === ""
    ? "prefix"
    : LISTS.find((name) => args[name].includes(""));
  if (empty !== undefined) {
    throw new UsageError(`Option "${empty}" needs a value`);
  }
  const domains = args.domain.map((text) => {
    const domain = toALabels(encodeUtf8(text));
    if (domain === undefined) {
      throw new UsageError(`Cannot use the domain "${text}"`);
    }
    return domain;
  });
  const user = args.user.find((user) => user.startsWith("-"));
  if (user !== undefined) throw new UsageError(`Cannot use the user "${user}"`);
  return {
    prefix: args.prefix,
    users: args.user.length > 0 ? args.user : undefined,
    domains,
    runFiles: args.run.length > 0 ? args.run : undefined,
    rulesFiles: args.rules.length > 0 ? args.rules : undefined,
    json: args.json,
  };
}
