// The programs that are installed and compiled: the one table of them. What is allowed to each is
// the least that it runs with.

import { bundle, FILTERS } from "./bundle.ts";

/** One program. */
export interface Program {
  name: string;
  /** Its file, relative to the root of the project; the man page lies beside it. */
  entry: string;
  /** The section of the man page. */
  section: 1 | 8;
  /** Whether it becomes another program, which is to find what the caller gave. */
  isFilter: boolean;
  /** Whether it has the interface of qmail-remote. */
  isRemote: boolean;
  /** Options of `deno run` and `deno compile`. */
  flags: string[];
}

/** The filters open /dev/fd/1 and call the C library: the runtime wants to be allowed all for that. */
const FILTER_FLAGS = ["--unstable-net", "--allow-all"];

/** All programs. */
export const PROGRAMS: Program[] = [
  ...Object.entries(FILTERS).map(([name, entry]): Program => ({
    name,
    entry,
    section: 8,
    isFilter: true,
    isRemote: name === "dk-remote",
    flags: FILTER_FLAGS,
  })),
  {
    name: "dknewkey",
    entry: "scripts/dknewkey/main.ts",
    section: 1,
    isFilter: false,
    isRemote: false,
    flags: ["--no-prompt", "--allow-read", "--allow-write", "--allow-sys=uid"],
  },
  {
    name: "dktest",
    entry: "scripts/dktest/main.ts",
    section: 1,
    isFilter: false,
    isRemote: false,
    flags: [
      "--unstable-net",
      "--no-prompt",
      "--allow-read",
      "--allow-write",
      "--allow-net",
      "--allow-env",
      "--allow-sys=hostname",
    ],
  },
  {
    name: "dk-doctor",
    entry: "scripts/dk_doctor/main.ts",
    section: 8,
    isFilter: false,
    isRemote: false,
    // It starts programs as other users, and looks at what is theirs.
    flags: ["--unstable-net", "--allow-all"],
  },
];

/** The man page of a program, relative to the root of the project. */
export function manualOf({ name, entry, section }: Program): string {
  return `${entry.slice(0, entry.lastIndexOf("/"))}/${name}.${section}`;
}

/**
 * One JavaScript file with all of a program. Its first line sets the exit code, for what ends before
 * its time; a launcher looks whether it is there.
 */
export async function bundleProgram(program: Program): Promise<string> {
  return program.isFilter
    ? await bundle(program.entry, "eval")
    : `Deno.exitCode = 1;\n${await bundle(program.entry, "module")}`;
}
