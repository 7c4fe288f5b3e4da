// dk-sign: signs a message on its way into the queue (qmail-queue(8)), with the key that DKSIGN
// or control/dksign names. Without either, passes it on.
Deno.exitCode = 81;

import { PassOn } from "../lib/pass/pass_on.ts";
import { readArguments } from "../lib/system/command_line.ts";
import {
  readControlLine,
  readSite,
  readVariable,
} from "../lib/system/environment.ts";
import { relay } from "../lib/system/relay.ts";
import { run } from "../lib/system/run.ts";
import { openSignPass } from "../lib/system/signing.ts";

await run("dk-sign", () => {
  const site = readSite(readArguments());
  const pattern = readVariable("DKSIGN") ?? readControlLine("dksign");
  const pass = pattern === undefined
    ? new PassOn("DKSIGN is not set")
    : openSignPass(pattern);
  return relay("dk-sign", site, pass);
});
