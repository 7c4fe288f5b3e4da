// dk-verify: verifies a message on its way into the queue (qmail-queue(8)), says so in an
// Authentication-Results field, and rejects or defers what DKVERIFY names.
Deno.exitCode = 81;

import { PassOn } from "../lib/pass/pass_on.ts";
import { readArguments } from "../lib/system/command_line.ts";
import { readSite, readVariable } from "../lib/system/environment.ts";
import { relay } from "../lib/system/relay.ts";
import { run } from "../lib/system/run.ts";
import { openJudgePass } from "../lib/system/verifying.ts";

await run("dk-verify", () => {
  const site = readSite(readArguments());
  const dkVerify = readVariable("DKVERIFY");
  const isRelayed = readVariable("RELAYCLIENT") !== undefined;
  const pass = dkVerify === undefined
    ? new PassOn("DKVERIFY is not set")
    : isRelayed
    ? new PassOn("RELAYCLIENT is set")
    : openJudgePass(dkVerify);
  return relay("dk-verify", site, pass);
});
