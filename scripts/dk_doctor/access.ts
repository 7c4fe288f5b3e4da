// Tells whether a user may read, write or execute a file. The modes of the file and of all folders
// above it say what is in the way. If we can become that user, a trial decides.

import { resolve } from "node:path";
import { messageOf } from "../command/failure.ts";
import { type Account, commandAs, runCommand } from "./accounts.ts";

/** The ways to use a file, with the flag of test(1) and the bit of the mode. */
const NEEDS = {
  read: { flag: "-r", bit: 4, letter: "r" },
  write: { flag: "-w", bit: 2, letter: "rwxt" },
  execute: { flag: "-x", bit: 1, letter: "x" },
} as const;

export type Need = keyof typeof NEEDS;

/** The obstacle between a user and a file, and the remedy. */
export interface Barrier {
  /** The file or the folders above it that are in the way; none if that is not known. */
  at: { path: string; isFolder: boolean }[];
  reason: string;
  /** A line of shell. */
  advice: string;
}

/** Writes the command that lets a user use a file. */
export type Remedy = (account: Account, path: string, need: Need) => string;

/** Tells whether a file exists. A file that we may not look at counts as missing. */
export function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    // The caller reports the missing file.
    return false;
  }
}

/** @returns `undefined` if nothing keeps the user from it. */
export async function findBarrier(
  account: Account,
  path: string,
  need: Need,
  remedy: Remedy = letAll,
): Promise<Barrier | undefined> {
  const { flag } = NEEDS[need];
  const barrier = computeBarrier(account, path, need, remedy);
  const test = ["sh", "-c", `test ${flag} "$1"`, "sh", resolve(path)];
  const command = commandAs(account, test);
  if (command === undefined) return barrier;
  const { code } = await runCommand(command);
  if (code === 0) return undefined;
  return barrier ?? {
    at: [],
    reason: `${account.name} tried to ${need} it and may not`,
    advice: `namei -l ${resolve(path)}`,
  };
}

/** Looks at modes and owners alone. An access control list may allow or deny more. */
export function computeBarrier(
  account: Account,
  path: string,
  need: Need,
  remedy: Remedy = letAll,
): Barrier | undefined {
  try {
    // The way to a symbolic link is one chain of folders, the way to its target another.
    const folders = [resolve(path), Deno.realPathSync(path)].flatMap(foldersOf);
    const troubles = [
      ...[...new Set(folders)].flatMap((folder) =>
        judge(account, folder, "execute", letAll)
      ),
      ...judge(account, path, need, remedy),
    ];
    const [first] = troubles;
    return first && {
      at: troubles.map(({ path, isFolder }) => ({ path, isFolder })),
      reason: first.reason,
      advice: troubles.map(({ advice }) => advice).join(" && "),
    };
  } catch (error) {
    return {
      at: [],
      reason: `cannot look at it: ${messageOf(error)}`,
      advice: Deno.uid() === 0 ? `ls -ld ${path}` : "run dk-doctor as root",
    };
  }
}

/** Lets everybody in, whatever their groups. chmod(1) keeps the setuid bits, which chgrp(1) clears. */
export function letAll(_: Account, path: string, need: Need): string {
  return `chmod a+${NEEDS[need].letter} ${path}`;
}

function judge(
  account: Account,
  path: string,
  need: Need,
  remedy: Remedy,
): { path: string; isFolder: boolean; reason: string; advice: string }[] {
  const { uid, gid, mode, isDirectory } = Deno.statSync(path);
  const { bit } = NEEDS[need];
  const bits = mode ?? 0;
  const isOwner = uid === account.uid;
  const isMember = gid !== null && account.gids.includes(gid);
  const given = isOwner ? bits >> 6 : isMember ? bits >> 3 : bits;
  const isRoot = account.uid === 0;
  const isGiven = isRoot
    ? need !== "execute" || isDirectory || (bits & 0o111) !== 0
    : (given & bit) !== 0;
  if (isGiven) return [];
  const what = `${path} has mode ${
    formatMode(bits)
  }, user ${uid}, group ${gid}`;
  const advice = remedy(account, path, need);
  const reason = `${account.name} may not ${need} it: ${what}`;
  return [{ path, isFolder: isDirectory, reason, advice }];
}

function foldersOf(path: string): string[] {
  const components = path.split("/").slice(0, -1);
  return components.map((_, n) => components.slice(0, n + 1).join("/") || "/");
}

/** Writes a mode as chmod(1) takes it. */
export function formatMode(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}
