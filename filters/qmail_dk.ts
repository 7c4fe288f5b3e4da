// qmail-dk: signs or verifies a message on its way into the queue (qmail-queue(8)), as
// RELAYCLIENT, DKVERIFY and its kin, and DKSIGN decide. The drop-in for the historic program.
Deno.exitCode = 81;

import { chooseEither } from "../lib/program/choose_pass.ts";
import { relay } from "../lib/program/relay.ts";
import { readArguments } from "../lib/system/configuration/command_line.ts";
import { readQueueConfiguration } from "../lib/system/configuration/queue.ts";
import { run } from "../lib/system/process/run.ts";

await run("qmail-dk", async (program) => {
  const { environment } = program;
  const configuration = readQueueConfiguration(environment, readArguments());
  const pass = await chooseEither(environment);
  return await relay(program, configuration, pass);
});
