// dk-remote: signs a message on its way out, in front of qmail-remote(8), with the key that DKSIGN
// or control/dksign names. Without either, passes it on.
Deno.exitCode = 111;

import { chooseRemoteSigning } from "../lib/program/choose_pass.ts";
import { relayRemote } from "../lib/program/relay_remote.ts";
import { reportToRspawn } from "../lib/program/remote_report.ts";
import { readArguments } from "../lib/system/configuration/command_line.ts";
import { readRemoteConfiguration } from "../lib/system/configuration/remote.ts";
import { run } from "../lib/system/process/run.ts";

// Not awaited: of a wait without end the runtime makes exit code 1, a permanent failure.
run("dk-remote", async (program) => {
  const { environment } = program;
  const configuration = readRemoteConfiguration(environment, readArguments());
  const pass = await chooseRemoteSigning(environment);
  return await relayRemote(program, configuration, pass);
}, reportToRspawn);
