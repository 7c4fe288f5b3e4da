// The performance targets of this project, and whether the figures meet them.

import type { Cost } from "./costs.ts";
import { formatSize } from "./mails.ts";
import type { Load } from "./parallel.ts";
import { COPYING, type Rate } from "./smtp.ts";

/** One target for one form of our programs. */
export interface Target {
  /** The comparison, and its bound. */
  target: string;
  form: string;
  holds: boolean;
  /** For each task, what was compared. */
  figures: string[];
}

/** A task of ours at one size, and what it is compared with. */
interface Comparison {
  task: string;
  ratio: number;
  limit: number;
  text: string;
}

type Compare = (cost: Cost, costs: Cost[]) => Comparison | undefined;

const SMALL = 0.01;
const LARGE = 25;
const HUGE = 100;

const TARGETS: Record<string, Compare> = {
  "10 KB in at most a third of the time of the fastest Perl, Python or Node":
    compareWithFastest(SMALL, "script", 1 / 3),
  "10 KB in at most 1.5 times an empty Deno script": (cost, costs) => {
    const [what] = cost.task.split(",");
    const empty = costs.find(({ kind, task, megabytes }) =>
      kind === "empty" && task.startsWith(what!) && megabytes === SMALL
    );
    if (cost.megabytes !== SMALL || empty === undefined) return undefined;
    return compareTimes(cost, empty, 1.5);
  },
  "25 MB faster than the fastest Perl, Python or Node": compareWithFastest(
    LARGE,
    "script",
    1,
  ),
  "25 MB faster than Alt-N libdkim and OpenDKIM": compareWithFastest(
    LARGE,
    "C",
    1,
  ),
  "25 MB in at most 80 MB of memory": ({ task, megabytes, peakMb }) =>
    megabytes !== LARGE ? undefined : {
      task,
      ratio: peakMb,
      limit: 80,
      text: `${peakMb.toFixed(1)} MB`,
    },
  "10 KB by SPF, DMARC and ARC too in at most 2.5 ms more of CPU than by DKIM alone":
    (cost, costs) => {
      const alone = costs.find(({ name, task, megabytes }) =>
        name === cost.name && task === "verify, DKIM" && megabytes === SMALL
      );
      const isAll = cost.task === "verify, all" && cost.megabytes === SMALL;
      // One-shot, what a variable asks for is loaded by each process.
      const isResident = formOf(cost) === "resident";
      if (!isAll || !isResident || alone === undefined) return undefined;
      const more = cost.cpuMs - alone.cpuMs;
      return {
        task: cost.task,
        ratio: more,
        limit: 2.5,
        text: `${more.toFixed(2)} ms (${cost.cpuMs.toFixed(2)} and ${
          alone.cpuMs.toFixed(2)
        })`,
      };
    },
  "linear: 100 MB in at most 4.4 times the time of 25 MB": (cost, costs) => {
    const large = costs.find(({ name, task, megabytes }) =>
      name === cost.name && task === cost.task && megabytes === LARGE
    );
    if (cost.megabytes !== HUGE || large === undefined) return undefined;
    return compareTimes(cost, large, 4.4);
  },
};

/** Lists every target that the figures cover. */
export function judgeTargets(costs: Cost[]): Target[] {
  const ours = costs.filter(({ kind }) => kind === "ours");
  const forms = new Set(ours.map(formOf));
  return Object.entries(TARGETS).flatMap(([target, compare]) =>
    [...forms].flatMap((form): Target[] => {
      const compared = ours.filter((cost) => formOf(cost) === form)
        .map((cost) => compare(cost, costs))
        .filter((comparison) => comparison !== undefined);
      if (compared.length === 0) return [];
      return [{
        target,
        form,
        holds: compared.every(({ ratio, limit }) => ratio <= limit),
        figures: compared.map(({ task, text }) => `${task} ${text}`),
      }];
    })
  );
}

function compareWithFastest(
  size: number,
  peers: Cost["kind"],
  limit: number,
): Compare {
  return (cost, costs) => {
    if (cost.megabytes !== size) return undefined;
    const [fastest] = costs.filter(({ kind, task, megabytes }) =>
      kind === peers && task === cost.task && megabytes === size
    ).toSorted((a, b) => a.wallMs - b.wallMs);
    return fastest && compareTimes(cost, fastest, limit);
  };
}

function compareTimes(cost: Cost, other: Cost, limit: number): Comparison {
  const ratio = cost.wallMs / other.wallMs;
  const what = other.name === cost.name
    ? formatSize(other.megabytes)
    : other.name;
  const text = `${ratio.toFixed(2)} (${cost.wallMs.toFixed(1)} of ${
    other.wallMs.toFixed(1)
  } ms, ${what})`;
  return { task: cost.task, ratio, limit, text };
}

function formOf({ name }: Cost): string {
  return name.split(", ")[1] ?? name;
}

const LIBDKIM = "Alt-N libdkim: sign, DKIM";
const RESIDENT = "dk-sign, resident: sign, both";

/** What one load is held against, by which figure, and at least or at most how many times that. */
const LOAD_TARGETS: {
  target: string;
  load: string;
  other: string;
  figure: "cpuMs" | "perSecond";
  limit: number;
}[] = [
  {
    target: "both signatures in at most 0.6 of libdkim's CPU for one",
    load: RESIDENT,
    other: LIBDKIM,
    figure: "cpuMs",
    limit: 0.6,
  },
  {
    target:
      "both signatures on at least 1.6 times as many mails as libdkim one",
    load: RESIDENT,
    other: LIBDKIM,
    figure: "perSecond",
    limit: 1.6,
  },
  {
    target: "at least 9 times as many mails as one-shot",
    load: RESIDENT,
    other: "dk-sign, bundle: sign, both",
    figure: "perSecond",
    limit: 9,
  },
  {
    target: "verifying in at most 0.7 of libdkim's CPU for signing",
    load: "dk-verify, resident: verify, DKIM",
    other: LIBDKIM,
    figure: "cpuMs",
    limit: 0.7,
  },
];

/** Every target that the loads say something about. */
export function judgeLoads(loads: Load[]): Target[] {
  return LOAD_TARGETS.flatMap(({ target, load, other, figure, limit }) => {
    const [ours, theirs] = [load, other].map((name) =>
      loads.find((load) => load.name === name)?.[figure]
    );
    if (ours === undefined || theirs === undefined) return [];
    const ratio = ours / theirs;
    return [{
      target,
      form: "resident",
      holds: figure === "cpuMs" ? ratio <= limit : ratio >= limit,
      figures: [
        `${ratio.toFixed(2)} (${ours.toFixed(2)} of ${theirs.toFixed(2)})`,
      ],
    }];
  });
}

const MOST_CONNECTIONS = 8;

/** Every target that the rates by SMTP say something about. */
export function judgeRates(rates: Rate[]): Target[] {
  const copying = rateOf(rates.find(({ name }) => name === COPYING));
  const ours = rates.filter(({ name }) => name.endsWith(", resident"));
  if (copying === undefined || ours.length === 0) return [];
  const compared = ours.map((rate) => {
    const perSecond = rateOf(rate) ?? 0;
    const ratio = perSecond / copying;
    const figures = `${perSecond.toFixed(0)} of ${copying.toFixed(0)}`;
    return { ratio, text: `${rate.name} ${ratio.toFixed(2)} (${figures})` };
  });
  return [{
    target: "by SMTP at least 0.6 of a shell filter that only copies",
    form: "resident",
    holds: compared.every(({ ratio }) => ratio >= 0.6),
    figures: compared.map(({ text }) => text),
  }];
}

function rateOf(rate: Rate | undefined): number | undefined {
  return rate?.perSecond[MOST_CONNECTIONS];
}
