// Writes the file of a new private key, whole or not at all, and sets who may read it.

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

/** Finds faults before the key is made, which takes half a minute for 8192 bits. */
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

/** The runtime opens this file in the place of a closed descriptor. */
const NOWHERE = "/dev/null";

/** Refuses to make a key whose record would be lost. */
export function refuseNowhere(): void {
  const { rdev } = fstatSync(1);
  if (rdev !== 0 && rdev === statSync(NOWHERE).rdev) {
    throw new Error(
      "Cannot print the record: standard output is closed, or is /dev/null",
    );
  }
}

/** The owner and the group of a key, who both can read it. */
export interface KeyOwner {
  uid: number;
  gid: number;
}

/**
 * Finds owner and group for the three users that sign: qmaild, the owner, for SMTP; qmailr for dk-remote
 * and qmails for bounces, whose group is qmail.
 *
 * @returns `undefined` if we are not root or this machine has no qmail: then the key is ours alone.
 */
export function findKeyOwner(): KeyOwner | undefined {
  if (Deno.uid() !== 0) return undefined;
  const uid = findId("/etc/passwd", "qmaild");
  const gid = findId("/etc/group", "qmail");
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

/** Finds the number of a name in /etc/passwd or /etc/group. */
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

/** Writes the key and prints its record, or leaves no file. */
export function createKeyFile(
  file: string,
  pem: string,
  owner: KeyOwner | undefined,
  record: string,
): void {
  // O_EXCL: fails if a file or a dangling link has come meanwhile.
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
