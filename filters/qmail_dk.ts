// qmail-dk: signs or verifies a message on its way into the queue (qmail-queue(8)), as
// RELAYCLIENT, DKVERIFY and DKSIGN decide. The drop-in for the historic program.
Deno.exitCode = 81;

import { PassOn } from "../lib/pass/pass_on.ts";
import { chooseAction } from "../lib/policy/action.ts";
import { readArguments } from "../lib/system/configuration/command_line.ts";
import {
  DEFAULT_PATTERN,
  readControlLine,
  readSite,
  readVariable,
} from "../lib/system/configuration/environment.ts";
import { relay } from "../lib/program/relay.ts";
import { run } from "../lib/system/process/run.ts";
import { openSignPass } from "../lib/program/signing.ts";
import { openInboundPass } from "../lib/program/verifying.ts";

await run("qmail-dk", () => {
  const site = readSite(readArguments());
  const relayClient = readVariable("RELAYCLIENT");
  const dkVerify = readVariable("DKVERIFY");
  const dkSign = readVariable("DKSIGN");
  const pass = {
    "sign": () =>
      openSignPass(dkSign ?? readControlLine("dksign") ?? DEFAULT_PATTERN),
    "verify": () => openInboundPass(dkVerify ?? ""),
    "pass on": () =>
      new PassOn("neither RELAYCLIENT, DKVERIFY nor DKSIGN is set"),
  }[chooseAction({ relayClient, dkVerify, dkSign })]();
  return relay("qmail-dk", site, pass);
});
