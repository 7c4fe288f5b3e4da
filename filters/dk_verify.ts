// dk-verify: verifies a message on its way into the queue (qmail-queue(8)), says so in an
// Authentication-Results field, and rejects or defers what DKVERIFY names.
Deno.exitCode = 81;

import { PassOn } from "../lib/pass/pass_on.ts";
import { readArguments } from "../lib/system/configuration/command_line.ts";
import {
  readSite,
  readVariable,
} from "../lib/system/configuration/environment.ts";
import { relay } from "../lib/program/relay.ts";
import { run } from "../lib/system/process/run.ts";
import { openInboundPass } from "../lib/program/verifying.ts";

await run("dk-verify", () => {
  const site = readSite(readArguments());
  const dkVerify = readVariable("DKVERIFY");
  const isRelayed = readVariable("RELAYCLIENT") !== undefined;
  const pass = dkVerify === undefined
    ? new PassOn("DKVERIFY is not set")
    : isRelayed
    ? new PassOn("RELAYCLIENT is set")
    : openInboundPass(dkVerify);
  return relay("dk-verify", site, pass);
});
