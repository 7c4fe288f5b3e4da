// The command line of the installer. Knows no file.

import { parseArgs as parseUntypedArgs } from "@std/cli/parse-args";
import { InstallError } from "./store.ts";
import { UsageError } from "../failure.ts";

export const USAGE = `usage: deno task install [options]

Installs the programs: each a launcher in PREFIX/bin and a man page in PREFIX/man,
everything else in PREFIX/lib/qmail-dk. Refuses to touch a file that it did not make.

  --prefix DIR  where to, /var/qmail by default
  --compile     one binary for each program, instead of JavaScript and the runtime
  --env FILE    a dotenv file of defaults for the launchers; what the caller sets
                goes first. Without it those of the installed version stay
  --dry-run     say what would be done
  --rollback    put the version before in place again; once more undoes that
  --uninstall   remove everything that was installed
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
  /** A file. */
  env: string | undefined;
}

interface Args {
  _: (string | number)[];
  prefix: string;
  env?: string;
  compile: boolean;
  "dry-run": boolean;
  rollback: boolean;
  uninstall: boolean;
  help: boolean;
}

const parseArgs: (
  args: string[],
  options: {
    boolean: string[];
    string: string[];
    default: Record<string, string>;
    unknown: (arg: string, key?: string) => boolean;
  },
) => Args = parseUntypedArgs;

/**
 * @throws {UsageError} For what makes no sense.
 * @throws {InstallError} For a prefix that can not be used.
 */
export function parseOptions(args: string[]): Options {
  const given = parseArgs(args, {
    boolean: ["compile", "dry-run", "rollback", "uninstall", "help"],
    string: ["prefix", "env"],
    default: { prefix: "/var/qmail" },
    unknown: (arg) => {
      throw new UsageError(`Unexpected argument "${arg}"`);
    },
  });
  if (given.rollback && given.uninstall) {
    throw new UsageError("Give one of --rollback and --uninstall");
  }
  const isInstall = !given.rollback && !given.uninstall;
  if (!isInstall && (given.compile || given.env !== undefined)) {
    throw new UsageError("--compile and --env are for an installation");
  }
  return {
    prefix: toAbsolute(given.prefix),
    action: given.help
      ? "help"
      : given.rollback
      ? "rollback"
      : given.uninstall
      ? "uninstall"
      : "install",
    isCompiled: given.compile,
    isDryRun: given["dry-run"],
    env: given.env,
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
