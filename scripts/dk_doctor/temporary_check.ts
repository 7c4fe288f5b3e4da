// Checks the folder of TMPDIR, which takes large messages: that the users may write there, and its free
// space.

import { resolve } from "node:path";
import { findBarrier } from "./access.ts";
import { type Account, runCommand } from "./accounts.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

/** The free space for some large messages at a time. */
const ENOUGH_KB = 200 * 1024;
/** The free space for one message of the size that most servers accept. */
const LEAST_KB = 32 * 1024;

/** Checks the folder for each user. */
export async function checkTemporaryFolder(
  folder: string,
  accounts: Account[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const account of accounts) {
    const barrier = await findBarrier(account, folder, "write") ??
      await findBarrier(account, folder, "execute");
    if (barrier === undefined) continue;
    const advice = `${barrier.advice}  # or set TMPDIR to another folder`;
    findings.push(fail("tmpdir", folder, barrier.reason, advice));
  }
  if (findings.length > 0) return findings;
  const { code, stdout, stderr } = await runCommand([
    "df",
    "-Pk",
    resolve(folder),
  ]);
  const freeKb = Number(stdout.trim().split("\n").at(-1)?.split(/\s+/)[3]);
  if (code !== 0 || Number.isNaN(freeKb)) {
    return [fail("tmpdir", folder, `df says ${stderr.trim()}`, `df ${folder}`)];
  }
  const names = accounts.map(({ name }) => name).join(" and ");
  const detail = `${names} can write there, ${
    Math.floor(freeKb / 1024)
  } MB are free`;
  if (freeKb < LEAST_KB) {
    const advice = `make room, or set TMPDIR: df ${folder}`;
    return [
      fail("tmpdir", folder, `${detail}: large mail is deferred (53)`, advice),
    ];
  }
  return [
    freeKb < ENOUGH_KB
      ? warn("tmpdir", folder, detail, `make room, or set TMPDIR: df ${folder}`)
      : ok("tmpdir", folder, detail),
  ];
}
