// How old a key is, and whether its replacement stands still. Knows no record.

import { type Finding, warn } from "./finding.ts";

const DAY_MS = 86_400_000;
const OLD_DAYS = 365;
/** A record that is not everywhere after so long has not been published. */
const STILL_DAYS = 7;

/**
 * Checks the age of a key, and of the link to the next one that dk-rotate has made.
 *
 * @param path Of the key, or of the link that names its selector.
 * @param prefix Where dk-rotate is.
 */
export function checkAge(path: string, prefix: string): Finding[] {
  const rotate = `${prefix}/bin/dk-rotate`;
  const folder = path.replace(/\/[^/]*$/, "") || "/";
  const days = daysSince(Deno.statSync(path).mtime);
  const old = warn(
    "key",
    path,
    `is ${days} days old`,
    `${rotate} ${folder}`,
  );
  return [
    ...(days > OLD_DAYS ? [old] : []),
    ...checkNext(`${path}.next`, `${rotate} --dry-run ${folder}`),
  ];
}

function checkNext(path: string, advice: string): Finding[] {
  let days: number;
  let selector: string;
  try {
    days = daysSince(Deno.lstatSync(path).mtime);
    selector = Deno.readLinkSync(path);
  } catch {
    // There is no replacement under way.
    return [];
  }
  if (days <= STILL_DAYS) return [];
  const detail =
    `the replacement by ${selector} stands still since ${days} days`;
  return [warn("key", path, detail, advice)];
}

function daysSince(time: Date | null): number {
  return Math.floor((Date.now() - (time?.getTime() ?? Date.now())) / DAY_MS);
}
