// The C library by FFI, for what the runtime has no call for: descriptors by number, exec,
// limits, signals. Each group of functions is bound when it is first needed, since each
// function costs 0.15 ms of a start of 20 ms. Knows no message.

import { EXIT, StepFailed } from "./exit_code.ts";

/** Where the C library is. glibc is what is tested; the others have their names. */
const LIBRARIES: Partial<Record<typeof Deno.build.os, string[]>> = {
  linux: ["libc.so.6", `libc.musl-${Deno.build.arch}.so.1`],
  darwin: ["libSystem.B.dylib"],
  freebsd: ["libc.so.7"],
};

const GROUPS = {
  reading: {
    poll: { parameters: ["buffer", "usize", "i32"], result: "i32" },
    read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  },
  waiting: {
    poll: {
      parameters: ["buffer", "usize", "i32"],
      result: "i32",
      nonblocking: true,
    },
  },
  access: { fcntl: { parameters: ["i32", "i32"], result: "i32" } },
  writing: {
    write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  },
  memoryFile: {
    memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  },
  namedFile: {
    mkstemp: { parameters: ["buffer"], result: "i32" },
    unlink: { parameters: ["buffer"], result: "i32" },
  },
  exec: {
    dup2: { parameters: ["i32", "i32"], result: "i32" },
    execv: { parameters: ["buffer", "buffer"], result: "i32" },
  },
  limits: {
    getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
    setrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  },
  signals: { signal: { parameters: ["i32", "usize"], result: "usize" } },
  errnoOfLinux: { __errno_location: { parameters: [], result: "pointer" } },
  errnoOfBsd: { __error: { parameters: [], result: "pointer" } },
} as const satisfies Record<string, Deno.ForeignLibraryInterface>;

type Groups = typeof GROUPS;
type Symbols<G extends keyof Groups> = Deno.DynamicLibrary<
  Groups[G]
>["symbols"];

const bound = new Map<string, unknown>();

/**
 * The functions of one group.
 *
 * @throws {StepFailed} 81 where there is no C library that we know, or FFI is not allowed.
 */
export function libc<G extends keyof Groups>(group: G): Symbols<G> {
  let symbols = bound.get(group) as Symbols<G> | undefined;
  if (symbols === undefined) {
    symbols = bind(GROUPS[group]) as Symbols<G>;
    bound.set(group, symbols);
  }
  return symbols;
}

function bind(symbols: Deno.ForeignLibraryInterface): unknown {
  const failures: string[] = [];
  for (const library of LIBRARIES[Deno.build.os] ?? []) {
    try {
      return Deno.dlopen(library, symbols).symbols;
    } catch (error) {
      failures.push(String(error));
    }
  }
  throw new StepFailed(
    EXIT.bug,
    `Cannot load the C library: ${failures.join("; ")}`,
  );
}

/** The number of the last error of a call that was made on this thread. */
export function errno(): number {
  const location = Deno.build.os === "linux"
    ? libc("errnoOfLinux").__errno_location()
    : libc("errnoOfBsd").__error();
  return location === null
    ? 0
    : new Deno.UnsafePointerView(location).getInt32();
}

/** A text as C takes it. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text + "\0");
}
