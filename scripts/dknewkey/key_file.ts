// The file of a new private key: who may read it, and that it is there whole or not at all.

import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";

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

/** The numeric id of a group of this machine, undefined if there is none. */
function findGroup(name: string): number | undefined {
  const gid = findColumn("/etc/group", name, 2);
  return gid === undefined ? undefined : Number(gid);
}

/** The line of a name in a table of this machine, and in it a column. */
function findColumn(
  table: string,
  name: string,
  column: number,
): string | undefined {
  const line = readFileSync(table, "utf8").split("\n")
    .find((line) => line.startsWith(`${name}:`));
  return line?.split(":")[column];
}

/** Who the key belongs to: root has it read by qmail's own group, anybody else by theirs. */
export function findKeyGroup(): number | undefined {
  return Deno.uid() === 0 ? findGroup("qmail") : undefined;
}

/**
 * The group of qmaild, which runs qmail-smtpd and what that starts, where it is another one.
 *
 * @param gid The group that can read the key.
 */
export function findOtherReader(gid: number): string | undefined {
  const primary = findColumn("/etc/passwd", "qmaild", 3);
  if (primary === undefined || Number(primary) === gid) return undefined;
  return readFileSync("/etc/group", "utf8").split("\n")
    .find((line) => line.split(":")[2] === primary)?.split(":")[0] ?? primary;
}

/** Leaves the whole key with its record printed, or no file at all. */
export function createKeyFile(
  file: string,
  pem: string,
  gid: number | undefined,
  record: string,
): void {
  // O_EXCL: neither a file nor a dangling symlink that came meanwhile is followed.
  const fd = openSync(file, "wx", 0o600);
  try {
    if (gid !== undefined) fchownSync(fd, 0, gid);
    fchmodSync(fd, 0o640);
    writeFileSync(fd, pem);
    fsyncSync(fd);
    writeFileSync(1, record);
  } catch (error) {
    unlinkSync(file);
    throw new Error(
      `Cannot finish "${file}", it is removed again: ${
        error instanceof Error ? error.message : error
      }`,
    );
  } finally {
    closeSync(fd);
  }
}
