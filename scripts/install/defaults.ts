// The site's defaults: what `--env FILE` says, for the launchers. Knows no variable of ours by name,
// but those that belong to the launcher, the runtime or a shell.

import { parse as parseUntyped } from "@std/dotenv/parse";
import { InstallError } from "./store.ts";

const parse: (text: string) => Record<string, string> = parseUntyped;

/** Variables that a launcher, the runtime or a shell sets itself. */
const TAKEN =
  /^(?:DK_CALLER.*|DK_KEPT_.*|DK_WAITS|DENO_.*|NODE_.*|OTEL_.*|NO_COLOR|PATH|HOME|IFS|PWD|OLDPWD|SHLVL|PPID|UID|EUID|OPT(?:ARG|IND|ERR)|PS[1-4]|ENV|BASH.*|SHELLOPTS|LINENO|RANDOM|SECONDS|_)$/;

/**
 * Reads the file of `--env`.
 *
 * @throws {InstallError} For a variable that no launcher can set.
 */
export function parseDefaults(text: string): Record<string, string> {
  const defaults = parse(text);
  for (const [name, value] of Object.entries(defaults)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || TAKEN.test(name)) {
      throw new InstallError(`Cannot set a default for "${name}"`);
    }
    if (/[\0\n\r]/.test(value)) {
      throw new InstallError(
        `Cannot set a default with a line break: ${name}=${
          JSON.stringify(value)
        }`,
      );
    }
  }
  return defaults;
}
