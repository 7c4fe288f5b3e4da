// dk-sign: signs a message on its way into the queue (qmail-queue(8)), with the key that DKSIGN
// or control/dksign names. Without either, passes it on.
Deno.exitCode = 81;

import { chooseSigning } from "../lib/program/choose_pass.ts";
import { relay } from "../lib/program/relay.ts";
import { readArguments } from "../lib/system/configuration/command_line.ts";
import { readQueueConfiguration } from "../lib/system/configuration/queue.ts";
import { run } from "../lib/system/process/run.ts";

await run("dk-sign", (program) => {
  const { environment } = program;
  const configuration = readQueueConfiguration(environment, readArguments());
  return relay(program, configuration, chooseSigning(environment));
});
