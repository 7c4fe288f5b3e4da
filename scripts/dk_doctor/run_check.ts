// Reports the resource limits that run scripts set and that running processes have.

import type { RunScript } from "../site/run_script.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import {
  findLimitedProcesses,
  parseRun,
  type ResourceLimits,
} from "./limits.ts";

/** Reads the resource limits of run scripts, without those that are known already. */
export function readLimits(scripts: RunScript[], known: ResourceLimits[]) {
  const findings: Finding[] = [];
  const limits: ResourceLimits[] = [];
  for (const { path } of scripts) {
    const run = parseRun(Deno.readTextFileSync(path));
    if (run === undefined) {
      findings.push(ok("run", path, "sets no limit"));
      continue;
    }
    const { limit, unknown } = run;
    if (![...known, ...limits].some(({ name }) => name === limit.name)) {
      limits.push({ ...limit, path });
    }
    const advice = "dk-doctor --run FILE, with a copy that has numbers there";
    findings.push(
      unknown.length > 0
        ? warn("run", path, `no number in ${unknown.join(", ")}`, advice)
        : ok("run", path, `sets ${limit.name}`),
    );
  }
  return { limits, findings };
}

/** Reports processes whose hard limits are too low. */
export function describeProcesses(): Finding[] {
  return findLimitedProcesses().map(({ pid, name, detail }) =>
    fail(
      "run",
      `process ${pid}, ${name}`,
      `${detail}: what it starts dies`,
      `prlimit --pid ${pid} --as=unlimited --data=unlimited  # until it is started again: see who starts it`,
    )
  );
}
