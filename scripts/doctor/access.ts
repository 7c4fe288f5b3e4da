// Whether a user may read, write or execute a file: by the modes of the file and of every folder on
// its way, which also tells what is in the way, and by trying as that user where we can.

import { messageOf } from "../failure.ts";
import { type Account, commandAs, runCommand } from "./accounts.ts";

/** What is to be done with a file, as `test` has it. */
const NEEDS = {
  read: { flag: "-r", bit: 4, letter: "r" },
  write: { flag: "-w", bit: 2, letter: "w" },
  execute: { flag: "-x", bit: 1, letter: "x" },
} as const;

export type Need = keyof typeof NEEDS;

/** What keeps a user from a file, and what to type. */
export interface Barrier {
  /** The file, or a folder on its way; `undefined` where that is not known. */
  at?: string;
  reason: string;
  advice: string;
}

/** @returns `undefined` if nothing keeps the user from it. */
export async function findBarrier(
  account: Account,
  path: string,
  need: Need,
): Promise<Barrier | undefined> {
  const { flag } = NEEDS[need];
  const barrier = computeBarrier(account, path, need);
  const test = ["sh", "-c", `test ${flag} "$1"`, "sh", path];
  const command = commandAs(account, test);
  if (command === undefined) return barrier;
  const { code } = await runCommand(command);
  if (code === 0) return undefined;
  return barrier ?? {
    reason: `${account.name} tried to ${need} it and may not`,
    advice: `namei -l ${path}`,
  };
}

/** Knows modes and owners alone: an access control list can say something else. */
export function computeBarrier(
  account: Account,
  path: string,
  need: Need,
): Barrier | undefined {
  try {
    // A symbolic link is reached through its own folders, what it names through others.
    const folders = [path, Deno.realPathSync(path)].flatMap(foldersOf);
    for (const folder of new Set(folders)) {
      const barrier = judge(account, folder, "execute");
      if (barrier !== undefined) return barrier;
    }
    return judge(account, path, need);
  } catch (error) {
    return {
      reason: `cannot look at it: ${messageOf(error)}`,
      advice: Deno.uid() === 0 ? `ls -ld ${path}` : "run dk-doctor as root",
    };
  }
}

function judge(
  account: Account,
  path: string,
  need: Need,
): Barrier | undefined {
  const { uid, gid, mode, isDirectory } = Deno.statSync(path);
  const { bit, letter } = NEEDS[need];
  const bits = mode ?? 0;
  const isOwner = uid === account.uid;
  const isMember = gid !== null && account.gids.includes(gid);
  const given = isOwner ? bits >> 6 : isMember ? bits >> 3 : bits;
  const isRoot = account.uid === 0;
  const isGiven = isRoot
    ? need !== "execute" || isDirectory || (bits & 0o111) !== 0
    : (given & bit) !== 0;
  if (isGiven) return undefined;
  const what = `${path} has mode ${
    formatMode(bits)
  }, user ${uid}, group ${gid}`;
  const chmod = isOwner || isRoot ? `u+${letter}` : `g+${letter}`;
  const advice = isOwner || isMember || isRoot
    ? `chmod ${chmod} ${path}`
    : `chgrp ${account.group} ${path} && chmod ${chmod} ${path}`;
  const reason = `${account.name} may not ${need} it: ${what}`;
  return { at: path, reason, advice };
}

function foldersOf(path: string): string[] {
  const components = path.split("/").slice(0, -1);
  return components.map((_, n) => components.slice(0, n + 1).join("/") || "/");
}

/** As chmod takes it. */
export function formatMode(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}
