// Gives the caller's soft limits back before an exec: the launcher has raised some of them for the
// runtime, and the runtime one itself.

import { type Caller, LIMIT_NAMES, type LimitName, LIMITS } from "./caller.ts";
import type { Libc } from "./libc.ts";

const IS_LINUX = Deno.build.os === "linux";

/** Numbers of setrlimit(2). */
const RESOURCES: Record<LimitName, number> = {
  "Max address space": IS_LINUX ? 9 : Deno.build.os === "darwin" ? 5 : 10,
  "Max data size": 2,
  "Max stack size": 3,
  "Max open files": IS_LINUX ? 7 : 8,
};

/** The limits that keep the runtime from taking memory. */
const MEMORY = [RESOURCES["Max address space"], RESOURCES["Max data size"]];

/** 64 KiB. V8 keeps at most 32 MiB of new objects uncollected. */
const GARBAGE_WORDS = 8192;
const MOST_GARBAGE = 512;

const WAIT_MS = 0.2;
const MOST_WAITS = 1000;

/** Allocates until V8 has collected its space for new objects, which then has room for the exec. */
function collectGarbage(): void {
  let before = 0;
  for (let n = 0; n < MOST_GARBAGE; n++) {
    new Array(GARBAGE_WORDS).fill(n);
    const { heapUsed } = Deno.memoryUsage();
    if (heapUsed < before) return;
    before = heapUsed;
  }
}

function waitForThreads(): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let n = 0; n < MOST_WAITS && isAnyThreadBusy(); n++) {
    Atomics.wait(clock, 0, 0, WAIT_MS);
  }
}

/** Tells whether another thread is running. Without /proc none counts. */
function isAnyThreadBusy(): boolean {
  const main = String(Deno.pid);
  try {
    for (const { name } of Deno.readDirSync("/proc/self/task")) {
      if (name === main) continue;
      const stat = Deno.readTextFileSync(`/proc/self/task/${name}/stat`);
      if (stat[stat.lastIndexOf(")") + 2] !== "S") return true;
    }
    return false;
  } catch {
    // There is no /proc, or the thread has just ended and takes no more memory.
    return false;
  }
}

/** A limit as struct rlimit, soft and hard: the present one, and the caller's. */
interface Change {
  resource: number;
  ours: BigUint64Array<ArrayBuffer>;
  callers: BigUint64Array<ArrayBuffer>;
}

/** The limits that were changed, to be put back. */
export class ChangedLimits {
  #changes: Change[];
  #set: (resource: number, limit: BigUint64Array<ArrayBuffer>) => number;

  private constructor(libc: Libc, changes: Change[]) {
    this.#changes = changes;
    // They are called on this thread, so that nothing else runs between the last one and exec.
    this.#set = changes.length > 0 ? libc.here("limits").setrlimit : () => 0;
  }

  /**
   * @param own /proc/self/limits, or nothing where there is no /proc.
   * @param parent /proc/PPID/limits, or nothing: the parent still has what was ours.
   */
  static read(
    libc: Libc,
    caller: Caller | undefined,
    own: string,
    parent: string,
  ): ChangedLimits {
    const changes: Change[] = [];
    for (const name of LIMIT_NAMES.toReversed()) {
      const resource = RESOURCES[name];
      const soft = callersLimit(caller, parent, name);
      if (soft === undefined) continue;
      const ours = readLimit(own, name) ?? askLimit(libc, resource);
      const [now, hard] = ours as unknown as [bigint, bigint];
      const callers = BigUint64Array.of(soft < hard ? soft : hard, hard);
      if (now !== callers[0]) changes.push({ resource, ours, callers });
    }
    return new ChangedLimits(libc, changes);
  }

  /**
   * Prepares, so that nothing takes memory under the caller's limits: the runtime aborts if a garbage
   * collection or a starting thread gets none.
   */
  makeReady(): void {
    if (!this.#changes.some(({ resource }) => MEMORY.includes(resource))) {
      return;
    }
    collectGarbage();
    waitForThreads();
  }

  /** Puts the caller's limits back. Until exec nothing may be awaited or allocated. */
  lower(): void {
    for (const { resource, callers } of this.#changes) {
      this.#set(resource, callers);
    }
  }

  /** Takes our own limits again. */
  raise(): void {
    for (const { resource, ours } of this.#changes) {
      this.#set(resource, ours);
    }
  }
}

/** RLIM_INFINITY of Linux. Elsewhere it is lower, and then the hard limit is taken. */
const INFINITY = 2n ** 64n - 1n;

/** Reads on this thread: another one might still be starting when the caller's limits are back. */
function askLimit(
  libc: Libc,
  resource: number,
): BigUint64Array<ArrayBuffer> {
  const limit = new BigUint64Array(2);
  libc.here("limitsNow").getrlimit(resource, limit);
  return limit;
}

/** Reads the soft and the hard limit from a table like that of Linux. */
function readLimit(
  table: string,
  name: LimitName,
): BigUint64Array<ArrayBuffer> | undefined {
  const at = table.indexOf(name);
  if (at === -1) return undefined;
  const column = (from: number) =>
    toNumber(table.slice(at + from, at + from + 20).trim(), 1);
  return BigUint64Array.of(column(26), column(47));
}

/** The caller's soft limit in bytes or pieces; `undefined` if it is not known. */
function callersLimit(
  caller: Caller | undefined,
  parent: string,
  name: LimitName,
): bigint | undefined {
  const given = caller?.limits.get(name);
  // Without a launcher only the runtime has changed a limit.
  if (given === undefined && name !== "Max open files") return undefined;
  const parents = readLimit(parent, name)?.[0];
  if (given === undefined) return parents;
  const { unit } = LIMITS[name];
  const rounded = toNumber(given, unit);
  // ulimit rounds. The parent has the exact number that softlimit(8) has set.
  const isParents = parents !== undefined &&
    parents - parents % BigInt(unit) === rounded;
  return isParents ? parents : rounded;
}

function toNumber(limit: string, unit: number): bigint {
  return limit === "unlimited" ? INFINITY : BigInt(limit) * BigInt(unit);
}
