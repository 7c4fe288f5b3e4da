// qmail-dk: signs or verifies a message on its way into the queue (qmail-queue(8)), as
// RELAYCLIENT, DKVERIFY and DKSIGN decide. The drop-in for the historic program.
Deno.exitCode = 81;

import { PassOn } from "../lib/pass/pass_on.ts";
import { chooseAction } from "../lib/policy/action.ts";
import { readArguments } from "../lib/system/command_line.ts";
import {
  DEFAULT_PATTERN,
  readControlLine,
  readSite,
  readVariable,
} from "../lib/system/environment.ts";
import { relay } from "../lib/system/relay.ts";
import { run } from "../lib/system/run.ts";
import { openSignPass } from "../lib/system/signing.ts";
import { openJudgePass } from "../lib/system/verifying.ts";

await run("qmail-dk", () => {
  const site = readSite(readArguments());
  const relayClient = readVariable("RELAYCLIENT");
  const dkVerify = readVariable("DKVERIFY");
  const dkSign = readVariable("DKSIGN");
  const pass = {
    "sign": () =>
      openSignPass(dkSign ?? readControlLine("dksign") ?? DEFAULT_PATTERN),
    "verify": () => openJudgePass(dkVerify ?? ""),
    "pass on": () =>
      new PassOn("neither RELAYCLIENT, DKVERIFY nor DKSIGN is set"),
  }[chooseAction({ relayClient, dkVerify, dkSign })]();
  return relay("qmail-dk", site, pass);
});
