// The table of all programs that are installed and compiled. Each has the fewest permissions that it
// runs with.

import { bundle, FILTERS } from "./bundle.ts";

/** One program. */
export interface Program {
  name: string;
  /** Its file, relative to the root of the project; the man page lies beside it. */
  entry: string;
  /** The section of the man page. */
  section: 1 | 8;
  /** Whether it becomes another program, which must find the caller's environment and limits. */
  isFilter: boolean;
  /** Whether it has the interface of qmail-remote. */
  isRemote: boolean;
  /** Options of `deno run` and `deno compile`. */
  flags: string[];
}

/**
 * The filters open /dev/fd/1. They and dk-resident call the C library. The runtime wants all permissions
 * for that.
 */
const PERMISSIONS = ["--unstable-net", "--allow-all"];

/**
 * The launcher's, for a program that handles one message. The first error that is thrown, such as that
 * there is no control/dkimkeys, has V8 parse the whole program again to know the line: 3 ms.
 */
export const FILTER_FLAGS = [
  ...PERMISSIONS,
  "--v8-flags=--no-enable-lazy-source-positions",
];

/** The runtime's arguments, before a bundle. */
export function runArguments(flags: readonly string[]): string[] {
  return ["run", "--no-config", "--no-lock", ...flags];
}

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
    name: "dk-resident",
    entry: "filters/dk_resident.ts",
    section: 8,
    isFilter: false,
    isRemote: false,
    // Else V8 lets many small mails grow it by two thirds.
    flags: [
      ...PERMISSIONS,
      "--v8-flags=--max-semi-space-size=2,--optimize-for-size",
    ],
  },
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
    // It starts programs as other users, and looks at their files.
    flags: PERMISSIONS,
  },
  {
    name: "dk-rotate",
    entry: "scripts/dk_rotate/main.ts",
    section: 8,
    isFilter: false,
    isRemote: false,
    flags: [
      "--unstable-net",
      "--no-prompt",
      "--allow-read",
      "--allow-write",
      "--allow-net",
      "--allow-env=DNSCACHEIP,DNSTIMEOUT",
      // fchown(2) of a new key.
      "--allow-sys",
    ],
  },
  {
    name: "dk-report",
    entry: "scripts/dk_report/main.ts",
    section: 8,
    isFilter: false,
    isRemote: false,
    flags: [
      "--no-prompt",
      "--allow-read",
      "--allow-write",
      // Else V8 lets 1 GB of log grow it to over 150 MB, and names that somebody made up to 300 MB.
      "--v8-flags=--max-semi-space-size=4,--heap-growing-percent=50",
    ],
  },
];

/** The man page of a program, relative to the root of the project. */
export function manualOf({ name, entry, section }: Program): string {
  return `${entry.slice(0, entry.lastIndexOf("/"))}/${name}.${section}`;
}

/**
 * Gives one JavaScript file with all of a program. Its first line sets the exit code, in case the
 * program ends too early. A launcher checks that line.
 */
export async function bundleProgram(program: Program): Promise<string> {
  return program.isFilter
    ? await bundle(program.entry, "eval")
    : `Deno.exitCode = 1;\n${await bundle(program.entry, "module")}`;
}
