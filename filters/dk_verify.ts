// dk-verify: verifies a message on its way into the queue (qmail-queue(8)), says so in an
// Authentication-Results field, and rejects or defers what DKVERIFY,
// SPFVERIFY and DMARCVERIFY name.
Deno.exitCode = 81;

import { chooseVerifying } from "../lib/program/choose_pass.ts";
import { relay } from "../lib/program/relay.ts";
import { readArguments } from "../lib/system/configuration/command_line.ts";
import { readQueueConfiguration } from "../lib/system/configuration/queue.ts";
import { run } from "../lib/system/process/run.ts";

await run("dk-verify", async (program) => {
  const { environment } = program;
  const configuration = readQueueConfiguration(environment, readArguments());
  const pass = await chooseVerifying(environment);
  return await relay(program, configuration, pass);
});
