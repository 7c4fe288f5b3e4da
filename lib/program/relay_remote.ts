// How a message goes through dk-remote, from qmail-rspawn to the real qmail-remote, which reports
// on fd 1 itself. Nothing is sent before the last line: what dies here has sent nothing.

import type { Pass } from "../pass/pass.ts";
import { byChild } from "../system/process/by_child.ts";
import { checkChain } from "../system/process/chain.ts";
import { Intake } from "./intake.ts";
import { endWith, readLauncher } from "../system/process/launcher.ts";
import { hasLibc } from "../system/process/libc.ts";
import type { RemoteSite } from "../system/configuration/remote_site.ts";
import { byExec, type Way } from "../system/process/handover.ts";

/**
 * Takes one message through a pass and on to qmail-remote.
 *
 * @throws {StepFailed} With the number for what went wrong.
 */
export function relayRemote(site: RemoteSite, pass: Pass): Promise<never> {
  return hasLibc() ? relayBy(byExec, site, pass) : relayBy(byChild, site, pass);
}

async function relayBy<File>(
  way: Way<File>,
  site: RemoteSite,
  pass: Pass,
): Promise<never> {
  checkChain(0);
  const launcher = readLauncher();
  const intake = new Intake(way.createSpool(site.temporaryFolder), pass);
  await intake.read();
  const passed = pass.end(Promise.resolve(site.sender));
  // Awaited in its turn; until then its failure is no unhandled rejection.
  passed.catch(() => {});
  // While another thread signs, this one makes ready.
  const handOver = way.prepare(site.next);
  // QMTP sends the size of the file first, and breaks off when there is less.
  const message = await intake.seal(await passed, true);
  if (launcher !== undefined) endWith(launcher);
  return await handOver(message);
}
