// The command line of the installer. Knows no file.

import { InstallError } from "./store.ts";
import { parseArguments, refuseOperands } from "../command/arguments.ts";
import { UsageError } from "../command/failure.ts";

export const USAGE = `usage: deno task install [options]

Installs the programs: each a launcher in PREFIX/bin and a man page in PREFIX/man,
everything else in PREFIX/lib/qmail-dk. Refuses to touch a file that it did not make.

  --prefix DIR  where to, /var/qmail by default
  --compile     one binary for each program, instead of JavaScript and the runtime
  --env FILE    a dotenv file of defaults for the launchers; what the caller sets
                goes first. Without it those of the installed version stay
  --resident    write services for warm processes, and let the launchers ask these
                first: a mail costs a tenth then. See dk-resident(8)
  --no-resident without them; where neither is said the installed version decides
  --dry-run     say what would be done
  --rollback    put the version before in place again; once more undoes that
  --uninstall   remove everything that was installed, unless something still asks
                for it: run scripts, their envdirs, tcp.smtp and its cdb, a
                qmail-remote that is dk-remote, a process
  --force       with --uninstall: whatever asks for it
  --run FILE    with --uninstall: a run script to look at; there may be several, by
                default those of /service, /var/service and /etc/service, and qmail's rc
  --rules FILE  with --uninstall: the text of rules for tcpserver, beside those that run
                scripts name; there may be several, by default /etc/tcp.smtp
  --help        print this text

Exits 0 if all went well, 1 if something failed, 2 if the command line is wrong.
`;

/** What the command line asks for. */
export interface Options {
  /** Absolute. */
  prefix: string;
  action: "install" | "rollback" | "uninstall" | "help";
  isCompiled: boolean;
  isDryRun: boolean;
  isForced: boolean;
  /** `undefined` if not said. */
  isResident: boolean | undefined;
  /** A file. */
  env: string | undefined;
  /** `undefined` if not said. */
  runFiles: string[] | undefined;
  /** `undefined` if not said. */
  rulesFiles: string[] | undefined;
}

const LISTS = ["run", "rules"] as const;

/**
 * @throws {UsageError} For what makes no sense.
 * @throws {InstallError} For a prefix that cannot be used.
 */
export function parseOptions(args: string[]): Options {
  const given = parseArguments(args, {
    flags: [
      ...["compile", "resident", "no-resident", "dry-run"] as const,
      ...["rollback", "uninstall", "force"] as const,
    ],
    values: ["prefix", "env"],
    lists: LISTS,
  });
  refuseOperands(given);
  if (given.rollback && given.uninstall) {
    throw new UsageError("Give one of --rollback and --uninstall");
  }
  const isInstall = !given.rollback && !given.uninstall;
  if (given.resident && given["no-resident"]) {
    throw new UsageError("Give one of --resident and --no-resident");
  }
  const isResident = given.resident
    ? true
    : given["no-resident"]
    ? false
    : undefined;
  if (
    !isInstall &&
    (given.compile || given.env !== undefined || isResident !== undefined)
  ) {
    throw new UsageError(
      "--compile, --env, --resident and --no-resident are for an installation",
    );
  }
  const hasLists = LISTS.some((name) => given[name].length > 0);
  if (!given.uninstall && (given.force || hasLists)) {
    throw new UsageError("--force, --run and --rules are for --uninstall");
  }
  return {
    prefix: toAbsolute(given.prefix ?? "/var/qmail"),
    action: given.help
      ? "help"
      : given.rollback
      ? "rollback"
      : given.uninstall
      ? "uninstall"
      : "install",
    isCompiled: given.compile,
    isDryRun: given["dry-run"],
    isForced: given.force,
    isResident,
    env: given.env,
    runFiles: given.run.length > 0 ? given.run : undefined,
    rulesFiles: given.rules.length > 0 ? given.rules : undefined,
  };
}

/** Launchers name what they start by an absolute path. */
function toAbsolute(prefix: string): string {
  // deno-lint-ignore no-control-regex
  if (prefix === "" || /[\0-\x1f\x7f]/.test(prefix)) {
    throw new InstallError(`Cannot use the prefix ${JSON.stringify(prefix)}`);
  }
  const words: string[] = [];
  const path = prefix.startsWith("/") ? prefix : `${Deno.cwd()}/${prefix}`;
  for (const word of path.split("/")) {
    if (word === "..") words.pop();
    else if (word !== "" && word !== ".") words.push(word);
  }
  return `/${words.join("/")}`;
}
