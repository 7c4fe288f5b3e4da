// The soft limits that the caller gave, and those that this process has instead: the launcher has
// raised some for the runtime, and the runtime one itself.

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

/** Those under which the runtime can not take memory. */
const MEMORY = [RESOURCES["Max address space"], RESOURCES["Max data size"]];

/** 64 KiB; more than 32 MiB of new objects V8 does not keep uncollected. */
const GARBAGE_WORDS = 8192;
const MOST_GARBAGE = 512;

const WAIT_MS = 0.2;
const MOST_WAITS = 1000;

/** Fills what new objects go into until it has been collected: now there is room again. */
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

/** Without /proc nobody knows: then none is. */
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
    // No /proc; or a thread has ended just now, and allocates nothing any more.
    return false;
  }
}

/** A limit as struct rlimit, soft and hard: what it is now, and as the caller gave it. */
interface Change {
  resource: number;
  ours: BigUint64Array<ArrayBuffer>;
  callers: BigUint64Array<ArrayBuffer>;
}

/** What has been changed and is to be put back. */
export class ChangedLimits {
  #changes: Change[];
  #set: (resource: number, limit: BigUint64Array<ArrayBuffer>) => number;

  private constructor(libc: Libc, changes: Change[]) {
    this.#changes = changes;
    // On this thread: nothing else is to run between the last of these calls and exec.
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
   * Sees to it that nothing takes memory while the caller's limits are back: neither a collection of
   * garbage nor a thread that is only starting finds any then, and the runtime aborts.
   */
  makeReady(): void {
    if (!this.#changes.some(({ resource }) => MEMORY.includes(resource))) {
      return;
    }
    collectGarbage();
    waitForThreads();
  }

  /** Puts the caller's limits back. From here to exec nothing is to be awaited or made. */
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

/** RLIM_INFINITY of Linux; elsewhere it is a lower number, which stands as the hard limit then. */
const INFINITY = 2n ** 64n - 1n;

/** Not by another thread, which might still be starting when the caller's limits are back. */
function askLimit(
  libc: Libc,
  resource: number,
): BigUint64Array<ArrayBuffer> {
  const limit = new BigUint64Array(2);
  libc.here("limitsNow").getrlimit(resource, limit);
  return limit;
}

/** Soft and hard limit, of a table with the columns that Linux gives it. */
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

/** A soft limit in bytes or pieces, as the caller gave it; `undefined` where nobody knows. */
function callersLimit(
  caller: Caller | undefined,
  parent: string,
  name: LimitName,
): bigint | undefined {
  const given = caller?.limits.get(name);
  // Without a launcher the runtime alone has changed something.
  if (given === undefined && name !== "Max open files") return undefined;
  const parents = readLimit(parent, name)?.[0];
  if (given === undefined) return parents;
  const { unit } = LIMITS[name];
  const rounded = toNumber(given, unit);
  // ulimit rounds; what softlimit(8) has set, the parent has to the byte.
  const isParents = parents !== undefined &&
    parents - parents % BigInt(unit) === rounded;
  return isParents ? parents : rounded;
}

function toNumber(limit: string, unit: number): bigint {
  return limit === "unlimited" ? INFINITY : BigInt(limit) * BigInt(unit);
}
