// The launchers of a version: their texts, where they are put, and the files of the version that they
// start.

import { type Program, runArguments } from "../build/programs.ts";
import { formatTitle } from "../site/own_program.ts";
import { REMOTE_FOLDER } from "../site/uses.ts";
import { formatLauncher } from "./launcher.ts";
import { quoteWord } from "./quote_word.ts";
import { placeOf } from "./resident_place.ts";
import type { ResidentWay } from "./resident_way.ts";
import { kindOf, STORE } from "./store.ts";

/** How a version is to be built. */
export interface BuildOptions {
  isCompiled: boolean;
  /** Whether launchers ask a resident process first. */
  isResident: boolean;
  defaults: Record<string, string>;
}

/** What launchers have of a version. */
export interface LaunchedVersion extends BuildOptions {
  name: string;
  bundles: Map<Program, string>;
  base64: string | undefined;
  cat: string;
}

/** The folder that is HOME for the runtime. It stays empty. */
export const HOME = "home";

export const RUNTIME_FOLDER = `runtime-${Deno.version.deno}`;
export const RUNTIME = `${RUNTIME_FOLDER}/deno`;

/** The start of a binary, as a pattern of the shell; `undefined` on a system where it was not tested. */
const MAGIC = Deno.build.os === "linux" ? "?ELF*" : undefined;

/** Lists the places of a launcher. dk-remote has a second one, by the name qmail-remote, in a folder of its own for PATH. */
export function launcherTargets({ name, isRemote }: Program): string[] {
  return [
    `bin/${name}`,
    ...isRemote ? [`${REMOTE_FOLDER}/qmail-remote`] : [],
  ];
}

/** The bundle or the binary of a program, in the folder of the version. */
export function programFile(
  { name }: Program,
  { isCompiled }: BuildOptions,
): string {
  return `programs/${name}${isCompiled ? "" : ".js"}`;
}

/** The text of a launcher. */
export function launcherOf(
  program: Program,
  version: LaunchedVersion,
  prefix: string,
): string {
  const { name, isCompiled, defaults, base64, bundles, cat } = version;
  const folder = `${prefix}/${STORE}`;
  const file = `${folder}/${name}/${programFile(program, version)}`;
  const runtime = `${folder}/${RUNTIME}`;
  const firstLine = quoteWord(bundles.get(program)!.split("\n", 1)[0]!);
  const run = runArguments(program.flags);
  const resident: ResidentWay = {
    name: program.name,
    isRemote: program.isRemote,
    version: name,
    folder: `${prefix}/${placeOf(program).folder}`,
    defaults,
    cat,
  };
  return formatLauncher({
    name: program.name,
    title: formatTitle(program.name, name),
    command: isCompiled ? [file] : [runtime, ...run, file],
    firstLines: {
      ...MAGIC === undefined ? {} : { [isCompiled ? file : runtime]: MAGIC },
      ...isCompiled ? {} : { [file]: firstLine },
    },
    home: `${folder}/${name}/${HOME}`,
    defaults,
    isCompiled,
    isFilter: program.isFilter,
    isRemote: program.isRemote,
    ...base64 === undefined ? {} : { base64 },
    ...version.isResident && program.isFilter ? { resident } : {},
  });
}

/** Finds cat(1), which a launcher starts by its path. */
export function findCat(): string {
  return kindOf("/bin/cat") === undefined ? "/usr/bin/cat" : "/bin/cat";
}

/** Finds a base64(1) that can write a single line. */
export function findBase64(): string | undefined {
  return ["/usr/bin/base64", "/bin/base64"].find((path) => {
    if (kindOf(path) === undefined) return false;
    const { success, stdout } = new Deno.Command(path, {
      args: ["-w0", "/dev/null"],
      cwd: "/",
      stderr: "null",
    }).outputSync();
    return success && stdout.length === 0;
  });
}
