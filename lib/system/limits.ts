// The soft limits that the caller gave, and those that this process has instead: the launcher has
// raised some for the runtime, and the runtime one itself.

import { type Caller, type LimitName, RAISED_LIMITS } from "./caller.ts";
import { libcHere } from "./libc.ts";

/** Numbers of setrlimit(2), in the order in which they are put back: the tightest last. */
const RESOURCES = Object.entries(
  {
    "Max open files": { linux: 7, other: 8 },
    "Max stack size": { linux: 3, other: 3 },
    "Max data size": { linux: 2, other: 2 },
    "Max address space": {
      linux: 9,
      other: Deno.build.os === "darwin" ? 5 : 10,
    },
  } satisfies Record<LimitName, { linux: number; other: number }>,
).map(([name, { linux, other }]) => ({
  name: name as LimitName,
  resource: Deno.build.os === "linux" ? linux : other,
}));

/** RLIMIT_DATA and RLIMIT_AS. */
const MEMORY = RESOURCES.slice(-2).map(({ resource }) => resource);

const WAIT_MS = 0.2;
const MOST_WAITS = 1000;

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

  private constructor(changes: Change[]) {
    this.#changes = changes;
    // On this thread: nothing else is to run between the last of these calls and exec.
    this.#set = changes.length > 0 ? libcHere("limits").setrlimit : () => 0;
  }

  /**
   * @param own /proc/self/limits, or nothing where there is no /proc.
   * @param parent /proc/PPID/limits, or nothing: the parent still has what was ours.
   */
  static read(
    caller: Caller | undefined,
    own: string,
    parent: string,
  ): ChangedLimits {
    const soft = callersLimits(caller, parent);
    const changes = RESOURCES.filter(({ name }) => soft.has(name)).map(
      ({ name, resource }) => {
        const ours = readLimit(own, name) ?? askLimit(resource);
        const [, hard] = ours;
        const limit = soft.get(name)!;
        return {
          resource,
          ours,
          callers: BigUint64Array.of(limit < hard! ? limit : hard!, hard!),
        };
      },
    );
    return new ChangedLimits(
      changes.filter(({ ours, callers }) => ours[0] !== callers[0]),
    );
  }

  /**
   * Waits until no other thread of this process is at work. One that is only starting, as the
   * runtime starts them for calls, would find no memory under the caller's limits, and abort.
   */
  waitForThreads(): void {
    if (!this.#changes.some(({ resource }) => MEMORY.includes(resource))) {
      return;
    }
    const clock = new Int32Array(new SharedArrayBuffer(4));
    for (let n = 0; n < MOST_WAITS && isAnyThreadBusy(); n++) {
      Atomics.wait(clock, 0, 0, WAIT_MS);
    }
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
function askLimit(resource: number): BigUint64Array<ArrayBuffer> {
  const limit = new BigUint64Array(2);
  libcHere("limitsNow").getrlimit(resource, limit);
  return limit;
}

/** Soft and hard limit, of a table that Linux has. */
function readLimit(
  table: string,
  name: LimitName,
): BigUint64Array<ArrayBuffer> | undefined {
  const row = new RegExp(`^${name} +(\\S+) +(\\S+)`, "m").exec(table);
  return row === null
    ? undefined
    : BigUint64Array.of(toNumber(row[1]!, 1), toNumber(row[2]!, 1));
}

/** Soft limits in bytes or pieces. */
function callersLimits(
  caller: Caller | undefined,
  parent: string,
): Map<LimitName, bigint> {
  const limits = new Map<LimitName, bigint>();
  for (const { name, unit } of RAISED_LIMITS) {
    const given = caller?.limits.get(name);
    const parents = readLimit(parent, name)?.[0];
    if (given === undefined) {
      // Without a launcher the runtime alone has changed something.
      if (name === "Max open files" && parents !== undefined) {
        limits.set(name, parents);
      }
      continue;
    }
    const rounded = toNumber(given, unit);
    // ulimit rounds; what softlimit(8) has set, the parent has to the byte.
    const isParents = parents !== undefined &&
      parents - parents % BigInt(unit) === rounded;
    limits.set(name, isParents ? parents : rounded);
  }
  return limits;
}

function toNumber(limit: string, unit: number): bigint {
  return limit === "unlimited" ? INFINITY : BigInt(limit) * BigInt(unit);
}
