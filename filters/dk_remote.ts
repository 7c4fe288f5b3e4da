// dk-remote: signs a message on its way out, in front of qmail-remote(8), with the key that DKSIGN
// or control/dksign names. Without either, passes it on.
Deno.exitCode = 111;

import { PassOn } from "../lib/pass/pass_on.ts";
import {
  readControlLine,
  readVariable,
} from "../lib/system/configuration/environment.ts";
import { relayRemote } from "../lib/program/relay_remote.ts";
import { reportToRspawn } from "../lib/program/remote_report.ts";
import { readRemoteSite } from "../lib/system/configuration/remote_site.ts";
import { run } from "../lib/system/process/run.ts";
import { openSignPass } from "../lib/program/signing.ts";

// Not awaited: of a wait without end the runtime makes exit code 1, a permanent failure.
run("dk-remote", () => {
  const site = readRemoteSite();
  const pattern = readVariable("DKSIGN") ?? readControlLine("dksign");
  const pass = pattern === undefined
    ? new PassOn("DKSIGN is not set")
    : openSignPass(pattern);
  return relayRemote(site, pass);
}, reportToRspawn);
