// The soft limits that the caller gave, and those that this process has instead: the launcher has
// raised some for the runtime, and the runtime one itself.

import { type Caller, type LimitName, RAISED_LIMITS } from "./caller.ts";
import { libc, libcHere } from "./libc.ts";

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

  /** @param parent /proc/PPID/limits, or nothing: the parent still has what was ours. */
  static async read(
    caller: Caller | undefined,
    parent: string,
  ): Promise<ChangedLimits> {
    const soft = callersLimits(caller, parent);
    const changes = await Promise.all(
      RESOURCES.filter(({ name }) => soft.has(name)).map(
        async ({ name, resource }) => {
          const ours = new BigUint64Array(2);
          await libc("limitsNow").getrlimit(resource, ours);
          // Infinity has another number on each system; what the hard limit is above is not it.
          const limit = soft.get(name)!;
          const hard = ours[1]!;
          const callers = BigUint64Array.of(
            limit === undefined || limit > hard ? hard : limit,
            hard,
          );
          return { resource, ours, callers };
        },
      ),
    );
    return new ChangedLimits(
      changes.filter(({ ours, callers }) => ours[0] !== callers[0]),
    );
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

/** Soft limits in bytes or pieces; `undefined` for one that is infinite. */
function callersLimits(
  caller: Caller | undefined,
  parent: string,
): Map<LimitName, bigint | undefined> {
  const limits = new Map<LimitName, bigint | undefined>();
  for (const { name, unit } of RAISED_LIMITS) {
    const given = caller?.limits.get(name);
    const parents = new RegExp(`^${name} +(\\S+)`, "m").exec(parent)?.[1];
    if (given === undefined) {
      // Without a launcher the runtime alone has changed something.
      if (name !== "Max open files" || parents === undefined) continue;
      limits.set(name, toNumber(parents, 1));
    } else if (toUnits(parents, unit) === given) {
      // ulimit rounds; what softlimit(8) has set, the parent has to the byte.
      limits.set(name, toNumber(parents!, 1));
    } else {
      limits.set(name, toNumber(given, unit));
    }
  }
  return limits;
}

function toNumber(limit: string, unit: number): bigint | undefined {
  return limit === "unlimited" ? undefined : BigInt(limit) * BigInt(unit);
}

function toUnits(limit: string | undefined, unit: number): string | undefined {
  if (limit === undefined || limit === "unlimited") return limit;
  return String(BigInt(limit) / BigInt(unit));
}
