// Our programs by way of a resident process: the launchers that an installation has, and the process
// that they meet.

import { formatLauncher } from "../install/launcher.ts";
import { bundle } from "../build/bundle.ts";
import { PROGRAMS, runArguments } from "../build/programs.ts";
import { ENVIRONMENT, RUN } from "./fixtures.ts";

/** Gives the words that start a program of this project. */
export type Start = (program: string) => string[];

/** The name of a folder is the version that process and launcher have in common. */
const VERSION = "bench";

/** A process that serves. */
export interface Resident {
  start: Start;
  pid: number;
}

/**
 * Starts a process, which ends with this one.
 *
 * @param folder An absolute path.
 */
export async function startResident(folder: string): Promise<Resident> {
  const slots = `${folder}/slots`;
  const programs = `${folder}/${VERSION}/programs`;
  await Deno.mkdir(slots, { mode: 0o700 });
  await Deno.mkdir(programs, { recursive: true });
  const path = `${programs}/dk-resident.js`;
  await Deno.writeTextFile(
    path,
    await bundle("filters/dk_resident.ts", "module"),
  );
  const { flags } = PROGRAMS.find(({ name }) => name === "dk-resident")!;
  const process = new Deno.Command(Deno.execPath(), {
    args: [...runArguments(flags), path, slots],
    clearEnv: true,
    env: ENVIRONMENT,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  addEventListener("unload", () => process.kill());
  await waitForLine(process.stderr);
  for (const name of ["dk-sign", "dk-verify"]) {
    const launcher = formatLauncher({
      name,
      title: `${name}, for the benchmark`,
      command: [Deno.execPath(), ...RUN, `${folder}/${name}.js`],
      firstLines: {},
      home: "/nonexistent",
      defaults: {},
      isCompiled: false,
      isFilter: true,
      isRemote: false,
      resident: {
        name,
        isRemote: false,
        version: VERSION,
        folder: slots,
        defaults: {},
        cat: "/bin/cat",
      },
    });
    await Deno.writeTextFile(`${folder}/${name}`, launcher, { mode: 0o755 });
  }
  return { start: (program) => [`${folder}/${program}`], pid: process.pid };
}

/** It says that it serves; what it says later is not read. */
async function waitForLine(stream: ReadableStream<Uint8Array>): Promise<void> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  if (!text.includes("serves")) throw new Error(`dk-resident: ${text}`);
}

/** The time that a process has been running on a core, in ms; of all its threads. */
export function cpuMsOf(pid: number): number {
  const tasks = [...Deno.readDirSync(`/proc/${pid}/task`)];
  const nanoseconds = tasks.map(({ name }) =>
    Number(
      Deno.readTextFileSync(`/proc/${pid}/task/${name}/schedstat`).split(
        " ",
      )[0],
    )
  );
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
}
