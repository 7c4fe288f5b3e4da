// dk-resident from its command line to its exit code.

import { Folder, METRICS } from "../system/slots/folder.ts";
import { failureOf } from "../system/process/failure.ts";
import { say, sayError } from "../system/process/say.ts";
import { ourVersion } from "../system/process/ourselves.ts";
import { parseOptions, USAGE } from "./options.ts";
import { serve } from "./serve.ts";

/** @returns The exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    switch (options.action) {
      case "help":
        say(USAGE);
        return 0;
      case "status":
        return printStatus(options.folder);
      case "serve":
        await serve(options, ourVersion());
        return 0;
    }
  } catch (error) {
    if (error instanceof SyntaxError) {
      sayError(`dk-resident: ${error.message}\nTry "dk-resident --help"\n`);
      return 2;
    }
    sayError(`dk-resident: ${failureOf(error).message}\n`);
    return 1;
  }
}

function printStatus(path: string): number {
  const pid = Folder.servedBy(path);
  if (pid === undefined) {
    sayError(`dk-resident: no process serves "${path}"\n`);
    return 1;
  }
  say(`pid ${pid}\n${Folder.read(path, METRICS) ?? ""}`);
  return 0;
}
