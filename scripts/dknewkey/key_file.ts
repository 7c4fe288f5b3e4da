// The file of a new private key: who may read it, and that it is there whole or not at all.

import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { messageOf } from "../command/failure.ts";

/** Says what can be known before the key is made: 8192 bits take half a minute. */
export function refuseEarly(file: string): void {
  const folder = file.slice(0, file.lastIndexOf("/") + 1) || ".";
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`Cannot find the folder "${folder}": make it first`);
  }
  if (lstatSync(file, { throwIfNoEntry: false }) !== undefined) {
    throw new Error(
      `Cannot write over "${file}": give another name, or move it away first`,
    );
  }
}

/** What is opened in the place of a descriptor that the caller has closed. */
const NOWHERE = "/dev/null";

/** Where the record would be lost, no key is made: the file alone looks like a key that is done. */
export function refuseNowhere(): void {
  const { rdev } = fstatSync(1);
  if (rdev !== 0 && rdev === statSync(NOWHERE).rdev) {
    throw new Error(
      "Cannot print the record: standard output is closed, or is /dev/null",
    );
  }
}

/** Whom a key belongs to: its owner reads it, and the members of the group. */
export interface KeyOwner {
  uid: number;
  gid: number;
}

/**
 * The three that sign: qmaild for SMTP, which owns the key; qmailr and qmails, whose group is qmail,
 * for dk-remote and for bounces.
 *
 * @returns `undefined` where we are not root, or this machine has no qmail: then it is ours alone.
 */
export function findKeyOwner(): KeyOwner | undefined {
  if (Deno.uid() !== 0) return undefined;
  const uid = findId("/etc/passwd", "qmaild");
  const gid = findId("/etc/group", "qmail");
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

/** The number of a name in a table of this machine. */
function findId(table: string, name: string): number | undefined {
  const line = readFileSync(table, "utf8").split("\n")
    .find((line) => line.startsWith(`${name}:`));
  const number = line?.split(":")[2];
  return number === undefined ? undefined : Number(number);
}

/** The mode of a key. */
export function modeFor(owner: KeyOwner | undefined): number {
  return owner === undefined ? 0o400 : 0o440;
}

/** Leaves the whole key with its record printed, or no file at all. */
export function createKeyFile(
  file: string,
  pem: string,
  owner: KeyOwner | undefined,
  record: string,
): void {
  // O_EXCL: neither a file nor a dangling symlink that came meanwhile is followed.
  const fd = openSync(file, "wx", 0o600);
  try {
    if (owner !== undefined) fchownSync(fd, owner.uid, owner.gid);
    fchmodSync(fd, modeFor(owner));
    writeFileSync(fd, pem);
    fsyncSync(fd);
    writeFileSync(1, record);
  } catch (error) {
    unlinkSync(file);
    throw new Error(
      `Cannot finish "${file}", it is removed again: ${messageOf(error)}`,
    );
  } finally {
    closeSync(fd);
  }
}
