// Resource limits (setrlimit(2)) that run scripts set before they start qmail, and commands that run
// under them. V8 reserves more address space and data than such scripts allow: a program works only if
// its launcher can raise the soft limits. Knows no mail.

import { ENVIRONMENT } from "./environment.ts";
import { findExecutable } from "../../lib/system/process/executable.ts";
import { type Account, commandAs, runCommand } from "./accounts.ts";

/** The resource limits that a run script sets. */
export interface ResourceLimits {
  /** The limit in words for a person. */
  name: string;
  /** Commands of the shell, which set hard limits too. */
  ulimits: string[];
  /** Arguments of softlimit(8), which sets soft limits alone. */
  softlimit: string[];
  /** Arguments of prlimit(1), which sets hard limits too. */
  prlimit: string[];
  /** The run script that sets it. */
  path?: string;
}

/** The limits to try without a run script: those of qmail's documentation, and our own. */
export const USUAL_LIMITS: ResourceLimits[] = [
  { name: "the limits here", ulimits: [], softlimit: [], prlimit: [] },
  ...["3000000", "30000000"].map(softLimit),
];

/** The hard limits that an empty script needs, in KB, as measured. */
const NEEDED_KB = { "-v": 36_000_000, "-d": 600_000 };

/**
 * The options of ulimit for each option of softlimit, and the number of softlimit's units in one of
 * ulimit's. Shells do not agree on an option for -p.
 */
const ULIMITS: Record<string, { letters: string; unit: number }> = {
  m: { letters: "lsdv", unit: 1024 },
  a: { letters: "v", unit: 1024 },
  d: { letters: "d", unit: 1024 },
  s: { letters: "s", unit: 1024 },
  l: { letters: "l", unit: 1024 },
  c: { letters: "c", unit: 512 },
  f: { letters: "f", unit: 512 },
  o: { letters: "n", unit: 1 },
  t: { letters: "t", unit: 1 },
};

function softLimit(bytes: string): ResourceLimits {
  return {
    name: `softlimit -m ${bytes}`,
    ulimits: [],
    softlimit: ["-m", bytes],
    prlimit: [],
  };
}

/**
 * Reads the resource limits in a run script.
 *
 * @returns `undefined` if it sets none. `unknown` has the limits whose numbers are not in the script.
 */
export function parseRun(
  text: string,
): { limit: ResourceLimits; unknown: string[] } | undefined {
  const script = text.replace(/\\\n/g, " ").replace(/^\s*#.*/gm, "");
  const [, options = ""] =
    /\bsoftlimit((?:\s+-[acdflmoprst]\s*\S+)+)/.exec(script) ?? [];
  const pairs = [...options.matchAll(/-([a-z])\s*(\S+)/g)]
    .map(([, letter, value]) => ({ letter: letter!, value: value! }));
  const lines = [
    ...script.matchAll(/\bulimit((?:\s+-[A-Za-z]+)*\s+[^\s;&|]+)/g),
  ]
    .map(([, words]) => `ulimit${words!.replace(/\s+/g, " ")}`);
  const [, given = ""] = /\bprlimit((?:\s+-\S+)+)/.exec(script) ?? [];
  const prlimit = given.split(/\s+/).filter((word) => /=[\d:]+$/.test(word));
  const softlimit = pairs.filter(({ value }) => /^\d+$/.test(value))
    .flatMap(({ letter, value }) => [`-${letter}`, value]);
  const ulimits = lines.filter((line) => / (?:\d+|unlimited)$/.test(line));
  const unknown = [
    ...pairs.filter(({ value }) => !/^\d+$/.test(value))
      .map(({ letter, value }) => `softlimit -${letter} ${value}`),
    ...lines.filter((line) => !ulimits.includes(line)),
  ];
  const isNone = pairs.length === 0 && lines.length === 0 &&
    prlimit.length === 0;
  if (isNone) return undefined;
  const soft = softlimit.length > 0 ? [`softlimit ${softlimit.join(" ")}`] : [];
  const both = prlimit.length > 0 ? [`prlimit ${prlimit.join(" ")}`] : [];
  const name = [...ulimits, ...both, ...soft].join(" and ") ||
    "no limit that is known";
  return { limit: { name, ulimits, softlimit, prlimit }, unknown };
}

/** Gives the words that run a command under resource limits. */
export function commandUnder(
  { ulimits, softlimit, prlimit }: ResourceLimits,
  command: string[],
): string[] {
  const hasSoftlimit = findExecutable("softlimit", ENVIRONMENT) !== undefined;
  const limited = [
    ...prlimit.length > 0 ? ["prlimit", ...prlimit] : [],
    ...hasSoftlimit && softlimit.length > 0 ? ["softlimit", ...softlimit] : [],
    ...command,
  ];
  const lines = [...ulimits, ...(hasSoftlimit ? [] : softUlimits(softlimit))];
  return lines.length === 0
    ? limited
    : ["sh", "-c", `${[...lines, 'exec "$@"'].join(" && ")}`, "sh", ...limited];
}

/** The options of softlimit whose limits a launcher raises. */
const RAISED = ["-m", "-a", "-d", "-s"];

/** Gives the same limits without one option, for each option that no launcher raises. */
export function withoutEach(
  limit: ResourceLimits,
): { left: ResourceLimits; out: string }[] {
  const { softlimit } = limit;
  return softlimit.flatMap((option, at) => {
    if (at % 2 === 1 || RAISED.includes(option)) return [];
    const rest = softlimit.toSpliced(at, 2);
    const out = `${option} ${softlimit[at + 1]}`;
    return [{ left: { ...limit, softlimit: rest }, out }];
  });
}

/**
 * Gives commands of the shell that do what softlimit does: a hard limit that is lower takes effect. The
 * address space comes last, since the shell may die of it.
 */
export function softUlimits(softlimit: string[]): string[] {
  const lines: string[] = [];
  for (let at = 0; at < softlimit.length; at += 2) {
    const { letters = "", unit = 1 } = ULIMITS[softlimit[at]!.slice(1)] ?? {};
    const soft = Math.floor(Number(softlimit[at + 1]) / unit);
    lines.push(...[...letters].map((letter) => {
      const hard = `ulimit -S -${letter} "$(ulimit -H -${letter})"`;
      return `{ ulimit -S -${letter} ${soft} 2>/dev/null || ${hard}; }`;
    }));
  }
  return lines;
}

/**
 * Looks for hard limits that are too low for V8, and that no launcher can raise.
 *
 * @returns `undefined` if they are high enough.
 */
export async function findLowHardLimit(
  { ulimits, prlimit }: ResourceLimits,
  account: Account,
): Promise<string | undefined> {
  const limit = { name: "", ulimits, prlimit, softlimit: [] };
  const script = ["sh", "-c", "ulimit -H -v; ulimit -H -d"];
  const command = commandUnder(limit, script);
  const { stdout } = await runCommand(commandAs(account, command) ?? command);
  const lines = stdout.trim().split("\n");
  const low = Object.entries(NEEDED_KB).flatMap(([option, neededKb], n) => {
    const limit = lines[n] ?? "";
    return /^\d+$/.test(limit) && Number(limit) < neededKb
      ? [`ulimit -H ${option} is ${limit} KB, ${neededKb} are needed`]
      : [];
  });
  return low.length > 0 ? low.join("; ") : undefined;
}

/** Finds processes that start our programs under too low hard limits, set by prlimit, PAM or systemd. */
export function findLimitedProcesses(
  folder = "/proc",
): { pid: string; name: string; detail: string }[] {
  try {
    return [...Deno.readDirSync(folder)].flatMap(({ name: pid }) => {
      if (!/^\d+$/.test(pid)) return [];
      try {
        const name = Deno.readTextFileSync(`${folder}/${pid}/comm`).trimEnd();
        if (!STARTERS.test(name)) return [];
        const text = Deno.readTextFileSync(`${folder}/${pid}/limits`);
        const detail = Object.entries(NEEDED_IN_PROC).flatMap(
          ([title, option]) => {
            const [, hard = ""] = new RegExp(`^${title} +\\S+ +(\\d+)`, "m")
              .exec(text) ?? [];
            const kb = Number(hard) / 1024;
            return hard !== "" && kb < NEEDED_KB[option]
              ? [`${title} is ${hard}, ${NEEDED_KB[option]} KB are needed`]
              : [];
          },
        ).join("; ");
        return detail === "" ? [] : [{ pid, name, detail }];
      } catch {
        // The process has ended, or we may not look at it.
        return [];
      }
    });
  } catch {
    // Without /proc nothing is known.
    return [];
  }
}

const STARTERS =
  /^(?:qmail-(?:send|rspawn|smtpd|start)|tcpserver|sslserver|tcpsvd)$/;
const NEEDED_IN_PROC = {
  "Max address space": "-v",
  "Max data size": "-d",
} as const;
