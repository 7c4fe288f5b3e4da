// Counts the steps that a piece of lib/ takes, by V8's precise coverage: how often each block of code
// was entered. The same number on every machine, however busy it is. What the runtime does in one
// call of its own (indexOf, a regular expression) is one step: for these, measure octets instead.

import { Session } from "node:inspector";

interface Coverage {
  result: {
    url: string;
    functions: { ranges: { count: number }[] }[];
  }[];
}

/** Blocks of lib/ entered by a function, which is run once to be compiled and once to be counted. */
export async function countSteps(fn: () => unknown): Promise<number> {
  const session = new Session();
  session.connect();
  const post = (method: string, params: Record<string, unknown> = {}) =>
    new Promise<unknown>((resolve, reject) =>
      session.post(
        method,
        params,
        (error, result) => error === null ? resolve(result) : reject(error),
      )
    );
  try {
    await post("Profiler.enable");
    await post("Profiler.startPreciseCoverage", {
      callCount: true,
      detailed: true,
    });
    await fn();
    await post("Profiler.takePreciseCoverage");
    await fn();
    const { result } = await post("Profiler.takePreciseCoverage") as Coverage;
    return result.filter(({ url }) => url.includes("/lib/"))
      .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
      .reduce((sum, { count }) => sum + count, 0);
  } finally {
    session.disconnect();
  }
}
