// A variable as a site sets it, with its origin, and the command that changes it. Knows no meaning of
// a variable.

import type { RunScript } from "../site/run_script.ts";

/** The place where a variable is set. */
export type Origin =
  | { kind: "environment" }
  | { kind: "envdir" | "run"; path: string }
  | { kind: "rules"; path: string; cdbPath: string };

/** A variable with its origin. */
export interface Setting {
  name: string;
  value: string;
  origin: Origin;
}

/** The advice if no line of shell can do it. */
const WHERE_IT_IS_SET = "where it is set: tcp.smtp, envdir or run";
const RESTART = "  # then restart the service";

/** Writes a line of shell that gives a variable another value, or without one removes it. */
export function formatChange(
  { name, value, origin }: Setting,
  wanted?: string,
): string {
  switch (origin.kind) {
    case "environment":
      return wanted === undefined
        ? `unset ${name}, ${WHERE_IT_IS_SET}`
        : `${name}=${wanted}, ${WHERE_IT_IS_SET}`;
    case "envdir":
      return (wanted === undefined
        ? `rm ${origin.path}`
        : `echo '${wanted}' >${origin.path}`) + RESTART;
    case "run":
      return `${
        formatSed(
          origin.path,
          `${name}=("[^"]*"|'\\''[^'\\'']*'\\''|[^ ;"'\\'']*)`,
          wanted === undefined ? "" : escapeNew(`${name}="${wanted}"`),
        )
      }${RESTART}`;
    case "rules": {
      const old = `${name}=(.)${escapeForSed(value)}\\1`;
      const sed = wanted === undefined
        ? formatSed(origin.path, `,${old}`, "")
        : formatSed(origin.path, old, escapeNew(`${name}="${wanted}"`));
      return `${sed} && ${formatRebuild(origin)}`;
    }
  }
}

/**
 * Writes a line of shell that sets one more variable where a program is switched on.
 *
 * @param place Of our own environment without one.
 */
export function formatAddition(
  place:
    | { setting: Setting | undefined; script: RunScript | undefined }
    | undefined,
  name: string,
  wanted: string,
): string {
  const { setting, script } = place ?? {};
  const origin = setting?.origin ??
    (script && { kind: "run", path: script.path });
  switch (origin?.kind) {
    case "rules": {
      const switched = `(${setting!.name}=(.)${
        escapeForSed(setting!.value)
      }\\2)`;
      const sed = formatSed(origin.path, switched, `\\1,${name}="${wanted}"`);
      return `${sed} && ${formatRebuild(origin)}`;
    }
    case "envdir": {
      const folder = origin.path.slice(0, origin.path.lastIndexOf("/"));
      return `echo '${wanted}' >${folder}/${name}${RESTART}`;
    }
    case "run":
      return origin.path.endsWith(".service")
        ? `sed -i '/^\\[Service]/a Environment=${name}=${wanted}' ${origin.path} && systemctl daemon-reload${RESTART}`
        : `sed -i '1a ${name}="${wanted}"; export ${name}' ${origin.path}${RESTART}`;
    default:
      return `${name}=${wanted}, ${WHERE_IT_IS_SET}`;
  }
}

/** Writes a line of shell that rebuilds the cdb of rules. */
export function formatRebuild(
  { path, cdbPath }: { path: string; cdbPath: string },
): string {
  return `tcprules ${cdbPath} ${path}.tmp <${path}`;
}

function formatSed(path: string, old: string, wanted: string): string {
  return `sed -E -i 's~${old}~${wanted}~' ${path}`;
}

function escapeNew(text: string): string {
  return text.replace(/[\\&~]/g, "\\$&");
}

function escapeForSed(text: string): string {
  return text.replace(/[.[\]*^$\\~(){}+?|]/g, "\\$&").replaceAll("'", "'\\''");
}
