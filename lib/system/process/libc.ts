// The C library by FFI, for what the runtime has no call for: descriptors by number, exec,
// limits, signals. Calls run on another thread: for one on this thread the runtime compiles
// machine code first, 0.15 ms a function of a start of 20 ms. Knows no message.

import { toOctets } from "../../message/octets.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";

/** The names of the C library. Only glibc is tested. */
const LIBRARIES: Partial<Record<typeof Deno.build.os, string[]>> = {
  linux: ["libc.so.6", `libc.musl-${Deno.build.arch}.so.1`],
  darwin: ["libSystem.B.dylib"],
  freebsd: ["libc.so.7"],
};

/** The functions, in groups that are bound at their first use. */
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
  looking: {
    pipe2: { parameters: ["buffer", "i32"], result: "i32" },
    tee: { parameters: ["i32", "i32", "usize", "u32"], result: "isize" },
  },
  closing: { close: { parameters: ["i32"], result: "i32" } },
  removing: { unlink: { parameters: ["buffer"], result: "i32" } },
  opening: {
    open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
  },
  fifo: { mkfifo: { parameters: ["buffer", "u32"], result: "i32" } },
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

/** The C library of this process. */
export class Libc {
  #bound = new Map<string, unknown>();

  private constructor() {}

  /** @returns `undefined` where there is none that we know, or it may not be called. */
  static find(): Libc | undefined {
    const isKnown = LIBRARIES[Deno.build.os] !== undefined;
    const { state } = Deno.permissions.querySync({ name: "ffi" });
    return isKnown && state === "granted" ? new Libc() : undefined;
  }

  /**
   * The functions of one group. Each call runs on another thread, and its errno is lost.
   *
   * @throws {StepFailed} 81 when the library cannot be loaded.
   */
  elsewhere<G extends keyof Groups>(group: G): Symbols<Elsewhere<Groups[G]>> {
    return this.#bind(group, true) as Symbols<Elsewhere<Groups[G]>>;
  }

  /**
   * The functions of one group, called on this thread. A call that has failed is repeated by them, to
   * read {@linkcode Libc.errno}.
   *
   * @throws {StepFailed} 81 when the library cannot be loaded.
   */
  here<G extends keyof Groups>(group: G): Symbols<Groups[G]> {
    return this.#bind(group, false) as Symbols<Groups[G]>;
  }

  /** The number of the last error of a call that was made on this thread. */
  errno(): number {
    const location = Deno.build.os === "linux"
      ? this.here("errnoOfLinux").__errno_location()
      : this.here("errnoOfBsd").__error();
    return location === null
      ? 0
      : new Deno.UnsafePointerView(location).getInt32();
  }

  #bind(group: keyof Groups, nonblocking: boolean): unknown {
    const id = `${group} ${nonblocking}`;
    if (!this.#bound.has(id)) {
      const symbols = Object.entries<Deno.ForeignFunction>(GROUPS[group]);
      this.#bound.set(
        id,
        open(
          Object.fromEntries(
            symbols.map(([name, type]) => [name, { ...type, nonblocking }]),
          ),
        ),
      );
    }
    return this.#bound.get(id);
  }
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

/** A text as C takes it; one with lone surrogates is an octet string, see {@linkcode toEscaped}. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return text.isWellFormed()
    ? new TextEncoder().encode(text + "\0")
    : toOctets(text + "\0");
}

/** Writes an octet string so that it can be told apart if it is not UTF-8: octets beyond ASCII become lone surrogates. */
export function toEscaped(octets: string): string {
  return octets.replace(
    /[\x80-\xff]/g,
    (char) => String.fromCharCode(0xdc00 + char.charCodeAt(0)),
  );
}
