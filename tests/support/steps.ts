// Counts the steps that a piece of lib/ takes, by V8's precise coverage: how often each block of code
// was entered. The same number on every machine, however busy it is. What the runtime does in one
// call of its own (indexOf, a regular expression) is one step. Only what was not called before this
// file is loaded is counted: import it first.

import { Session } from "node:inspector";

interface Coverage {
  result: {
    url: string;
    functions: { ranges: { count: number }[] }[];
  }[];
}

const session = new Session();
session.connect();
await post("Profiler.enable");
await post("Profiler.startPreciseCoverage", {
  callCount: true,
  detailed: true,
});

/** Blocks of lib/ that a function enters. */
export async function countSteps(fn: () => unknown): Promise<number> {
  await post("Profiler.takePreciseCoverage");
  await fn();
  const { result } = await post("Profiler.takePreciseCoverage") as Coverage;
  return result.filter(({ url }) => url.includes("/lib/"))
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
    .reduce((sum, { count }) => sum + count, 0);
}

function post(method: string, params: Record<string, unknown> = {}) {
  return new Promise<unknown>((resolve, reject) =>
    session.post(
      method,
      params,
      (error, result) => error === null ? resolve(result) : reject(error),
    )
  );
}
