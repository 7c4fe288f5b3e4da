// The C library by FFI, for what the runtime has no call for: descriptors by number, exec,
// limits, signals. Calls run on another thread: for one on this thread the runtime compiles
// machine code first, 0.15 ms a function of a start of 20 ms. Knows no message.

import { toOctets } from "../../message/octets.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";

/** Where the C library is. glibc is what is tested; the others have their names. */
const LIBRARIES: Partial<Record<typeof Deno.build.os, string[]>> = {
  linux: ["libc.so.6", `libc.musl-${Deno.build.arch}.so.1`],
  darwin: ["libSystem.B.dylib"],
  freebsd: ["libc.so.7"],
};

/** The functions, in groups that are bound when they are first needed. */
const GROUPS = {
  reading: {
    read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  },
  waiting: {
    poll: { parameters: ["buffer", "usize", "i32"], result: "i32" },
  },
  access: { fcntl: { parameters: ["i32", "i32"], result: "i32" } },
  reporting: {
    write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  },
  writing: {
    pwrite: {
      parameters: ["i32", "buffer", "usize", "i64"],
      result: "isize",
    },
  },
  seeking: {
    lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  },
  memoryFile: {
    memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  },
  namelessFile: {
    open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
  },
  namedFile: {
    mkostemp: { parameters: ["buffer", "i32"], result: "i32" },
    unlink: { parameters: ["buffer"], result: "i32" },
  },
  moving: { dup2: { parameters: ["i32", "i32"], result: "i32" } },
  exec: { execv: { parameters: ["buffer", "buffer"], result: "i32" } },
  execWith: {
    execve: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
  },
  limits: { setrlimit: { parameters: ["i32", "buffer"], result: "i32" } },
  limitsNow: { getrlimit: { parameters: ["i32", "buffer"], result: "i32" } },
  signals: { signal: { parameters: ["i32", "usize"], result: "usize" } },
  orphans: { prctl: { parameters: ["i32", "usize"], result: "i32" } },
  errnoOfLinux: { __errno_location: { parameters: [], result: "pointer" } },
  errnoOfBsd: { __error: { parameters: [], result: "pointer" } },
} as const satisfies Record<string, Deno.ForeignLibraryInterface>;

type Groups = typeof GROUPS;
type Elsewhere<I> = { [F in keyof I]: I[F] & { nonblocking: true } };
type Symbols<I> = I extends Deno.ForeignLibraryInterface
  ? Deno.DynamicLibrary<I>["symbols"]
  : never;

const bound = new Map<string, unknown>();

/**
 * The functions of one group. Each call runs on another thread, and its errno is not to be had.
 *
 * @throws {StepFailed} 81 where there is no C library that we know, or FFI is not allowed.
 */
export function libc<G extends keyof Groups>(
  group: G,
): Symbols<Elsewhere<Groups[G]>> {
  return bind(group, true) as Symbols<Elsewhere<Groups[G]>>;
}

/**
 * The functions of one group, each to be called on this thread: to call once more what has failed,
 * and then see {@linkcode errno}.
 *
 * @throws {StepFailed} 81 where there is no C library that we know, or FFI is not allowed.
 */
export function libcHere<G extends keyof Groups>(group: G): Symbols<Groups[G]> {
  return bind(group, false) as Symbols<Groups[G]>;
}

/** Tells whether the C library can be called at all. */
export function hasLibc(): boolean {
  return LIBRARIES[Deno.build.os] !== undefined &&
    Deno.permissions.querySync({ name: "ffi" }).state === "granted";
}

function bind(group: keyof Groups, nonblocking: boolean): unknown {
  const id = `${group} ${nonblocking}`;
  if (!bound.has(id)) {
    const symbols = Object.entries<Deno.ForeignFunction>(GROUPS[group]);
    bound.set(
      id,
      open(
        Object.fromEntries(
          symbols.map(([name, type]) => [name, { ...type, nonblocking }]),
        ),
      ),
    );
  }
  return bound.get(id);
}

function open(symbols: Deno.ForeignLibraryInterface): unknown {
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
    ? libcHere("errnoOfLinux").__errno_location()
    : libcHere("errnoOfBsd").__error();
  return location === null
    ? 0
    : new Deno.UnsafePointerView(location).getInt32();
}

/** A text as C takes it; one with lone surrogates is an octet string, see {@linkcode toEscaped}. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return text.isWellFormed()
    ? new TextEncoder().encode(text + "\0")
    : toOctets(text + "\0");
}

/** An octet string that may not be UTF-8 as a text that tells: octets beyond ASCII are lone surrogates. */
export function toEscaped(octets: string): string {
  return octets.replace(
    /[\x80-\xff]/g,
    (char) => String.fromCharCode(0xdc00 + char.charCodeAt(0)),
  );
}
