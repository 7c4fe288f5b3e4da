// dk-sign: signs a message on its way into the queue (qmail-queue(8)), with the key that DKSIGN
// or control/dksign names. Without either, passes it on.
Deno.exitCode = 81;

import { PassOn } from "../lib/pass/pass_on.ts";
import { readArguments } from "../lib/system/configuration/command_line.ts";
import {
  readControlLine,
  readSite,
  readVariable,
} from "../lib/system/configuration/environment.ts";
import { relay } from "../lib/program/relay.ts";
import { run } from "../lib/system/process/run.ts";
import { openSignPass } from "../lib/program/signing.ts";

await run("dk-sign", () => {
  const site = readSite(readArguments());
  const pattern = readVariable("DKSIGN") ?? readControlLine("dksign");
  const pass = pattern === undefined
    ? new PassOn("DKSIGN is not set")
    : openSignPass(pattern);
  return relay("dk-sign", site, pass);
});
