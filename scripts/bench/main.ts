// Measures our programs and every other implementation that is installed: the cost of a mail, the
// accepted mails a second, and which targets hold. Exits with 1 only if a program does not work.

import { parseArguments, refuseOperands } from "../command/arguments.ts";
import { UsageError } from "../command/failure.ts";
import { type Cost, measureCosts, type Size } from "./costs.ts";
import { POLICIES, startDns, writeKey } from "./fixtures.ts";
import { formatSize, writeMail } from "./mails.ts";
import { type Load, measureLoads } from "./parallel.ts";
import { listPeers } from "./peers.ts";
import { Runner, SubjectFailed } from "./process.ts";
import { writeReadme } from "./readme.ts";
import { measureRates, type Rate } from "./smtp.ts";
import { listFloors, listOurs, type Setup, type Subject } from "./subjects.ts";
import {
  formatCosts,
  formatLoads,
  formatMarkdown,
  formatRates,
  formatTarget,
  LEGEND,
} from "./table.ts";
import { judgeLoads, judgeRates, judgeTargets } from "./targets.ts";

const USAGE = `Usage: deno task bench [OPTION]...

  --quick            less than two minutes: few runs, 100 MB for our programs alone
  --runs N           runs of a mail of 10 KB, larger ones get fewer (30, quick 9)
  --only PART        sign, verify, parallel or smtp; more than one with commas
  --compiled FOLDER  with compiled dk-sign and dk-verify (dist)
  --json             print JSON in place of tables
  --readme           put the tables into scripts/bench/README.md`;

const PARTS = ["sign", "verify", "parallel", "smtp"];

/** What was asked for. */
interface Options {
  quick: boolean;
  runs: number;
  parts: string[];
  compiled: string;
  json: boolean;
  readme: boolean;
}

/** The results. */
interface Report {
  date: string;
  runtime: string;
  cores: number;
  load: number;
  missing: string[];
  costs: Cost[];
  loads: Load[];
  rates: Rate[];
}

/** @throws {UsageError} */
function readOptions(args: string[]): Options {
  const words = parseArguments(args, {
    flags: ["quick", "json", "readme"],
    values: ["runs", "only", "compiled"],
  });
  refuseOperands(words);
  const { quick, json, readme, compiled = "dist" } = words;
  const { runs = quick ? "9" : "30", only = PARTS.join() } = words;
  if (!/^[1-9]\d*$/.test(runs)) {
    throw new UsageError(`Cannot run "${runs}" times`);
  }
  const parts = only.split(",");
  for (const part of parts) {
    if (!PARTS.includes(part)) throw new UsageError(`Unknown part "${part}"`);
  }
  return { quick, json, readme, runs: Number(runs), parts, compiled };
}

function chooseSizes({ quick, runs }: Options): Size[] {
  return [
    { megabytes: 0.01, runs },
    { megabytes: 1, runs: Math.ceil(runs / 2) },
    { megabytes: 25, runs: Math.ceil(runs / 4) },
    { megabytes: 100, runs: Math.ceil(runs / 10), withoutPeers: quick },
  ];
}

async function benchmark(folder: string, options: Options): Promise<Report> {
  const key = writeKey(folder);
  const setup: Setup = {
    folder,
    key,
    dns: await startDns({ ...key.records, ...POLICIES }),
    compiled: options.compiled,
    missing: [],
  };
  const ours = await listOurs(setup);
  const report: Report = {
    date: new Date().toISOString(),
    runtime: `Deno ${Deno.version.deno}`,
    cores: navigator.hardwareConcurrency,
    load: Deno.loadavg()[0]!,
    missing: setup.missing,
    costs: [],
    loads: [],
    rates: [],
  };
  const tell = (line: string) => console.error(`bench: ${line}`);
  const runner = new Runner(folder);
  const all = [...listFloors(setup), ...ours, ...await listPeers(setup)];
  const subjects = all.filter(({ task }) =>
    options.parts.includes(task.split(",")[0]!)
  );
  if (subjects.length > 0) {
    const sizes = chooseSizes(options);
    report.costs = await measureCosts(
      subjects,
      sizes,
      runner,
      folder,
      key,
      tell,
    );
  }
  if (options.parts.includes("parallel")) {
    tell("eight at a time");
    report.loads = measureLoads(
      all.filter(isInLoads),
      await writeMail(folder, 0.004, key),
      folder,
      options.quick ? 10 : 50,
      options.quick ? 3 : 7,
    );
  }
  if (options.parts.includes("smtp")) {
    const mail = await writeMail(folder, 0.01, key);
    const messages = options.quick ? 16 : 80;
    report.rates = await measureRates(ours, setup, mail, messages, tell);
  }
  return report;
}

/** Whole processes that a server has, and the quickest peer. */
function isInLoads({ name, kind, task }: Subject): boolean {
  return kind === "C" && !name.includes("rsa-sha1") ||
    kind === "ours" && !name.includes("compiled") &&
      ["sign, DKIM", "sign, both", "verify, DKIM"].includes(task);
}

async function print(report: Report, options: Options): Promise<void> {
  const { costs, loads, rates, missing } = report;
  const targets = [
    ...judgeTargets(costs),
    ...judgeLoads(loads),
    ...judgeRates(rates),
  ];
  if (options.json) {
    console.log(JSON.stringify({ ...report, targets }, null, 2));
  } else {
    console.log(describe(report, options));
    if (costs.length > 0) {
      console.log(`${LEGEND.join("\n")}\n`);
      console.log(`${formatCosts(costs)}\n`);
    }
    if (loads.length > 0) console.log(`${formatLoads(loads)}\n`);
    if (rates.length > 0) console.log(`${formatRates(rates)}\n`);
    for (const line of missing) console.log(`left out: ${line}`);
    for (const target of targets) console.log(formatTarget(target));
  }
  if (options.readme) {
    const paragraph = [describe(report, options), ...LEGEND].join("\n");
    await writeReadme(`${paragraph}\n\n${formatMarkdown(costs, loads, rates)}`);
  }
}

function describe(report: Report, options: Options): string {
  const { date, runtime, cores, load, costs } = report;
  const runs = chooseSizes(options).map(({ megabytes, runs }) =>
    `${runs} of ${formatSize(megabytes)}`
  );
  return `${runtime}, ${cores} cores, load ${load.toFixed(1)} at the start, ` +
    date.slice(0, 10) +
    (costs.length > 0 ? `; runs: ${runs.join(", ")}.` : ".");
}

async function main(): Promise<number> {
  const options = readOptions(Deno.args);
  const folder = await Deno.makeTempDir();
  try {
    await print(await benchmark(folder, options), options);
    return 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (Deno.args.includes("--help")) {
  console.log(USAGE);
  Deno.exit(0);
}
try {
  // The thread of the DNS server would keep the process alive.
  Deno.exit(await main());
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\n${USAGE}`);
  } else console.error(error instanceof SubjectFailed ? error.message : error);
  Deno.exit(1);
}
