// dk-resident: a warm process to which the launchers of one user's programs give their mails, to be
// signed and verified. Stays in the foreground; SIGTERM ends it after the mails in hand.
Deno.exitCode = 111;

import { main } from "../lib/resident/main.ts";
import { readArguments } from "../lib/system/configuration/command_line.ts";
import { exit } from "../lib/system/process/run.ts";

exit(await main(readArguments()));
