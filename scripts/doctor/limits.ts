// The limits that run scripts set before they start qmail, and commands run under them. Knows no
// mail. V8 reserves more address space and data than such a limit allows, so that a program works
// only where its launcher can raise the soft limits again.

import { findExecutable } from "../../lib/system/process/exec.ts";
import { type Account, commandAs, runCommand } from "./accounts.ts";

/** What a run script does to the limits of what it starts. */
export interface Limit {
  /** As a person would say it. */
  name: string;
  /** Commands of the shell, which set hard limits too. */
  ulimits: string[];
  /** What softlimit is given; soft limits alone. */
  softlimit: string[];
}

/** The run scripts of qmail's documentation, and no limit but those that we have. */
export const USUAL_LIMITS: Limit[] = [
  { name: "the limits here", ulimits: [], softlimit: [] },
  ...["3000000", "30000000"].map(softLimit),
];

const RUN_FOLDERS = ["/service", "/var/service"];

/** What was measured to be enough for an empty script, in KB. */
const NEEDED_KB = { "-v": 36_000_000, "-d": 600_000 };

/** Which options of ulimit do what one of softlimit does. */
const ULIMIT_LETTERS: Record<string, string> = {
  m: "lsdv",
  a: "v",
  d: "d",
  s: "s",
};

function softLimit(bytes: string): Limit {
  return {
    name: `softlimit -m ${bytes}`,
    ulimits: [],
    softlimit: ["-m", bytes],
  };
}

/** The run scripts of this machine that speak of mail. */
export function findRunFiles(): string[] {
  return RUN_FOLDERS.flatMap((folder) => {
    try {
      return [...Deno.readDirSync(folder)].map(({ name }) =>
        `${folder}/${name}/run`
      );
    } catch {
      // No such folder, or one that we may not read: no run scripts there.
      return [];
    }
  }).filter((path) => {
    try {
      return /qmail|smtp|qmqp/.test(Deno.readTextFileSync(path));
    } catch {
      // A service without a run script, or one that is none of ours to read.
      return false;
    }
  });
}

/**
 * Reads the limits out of a run script.
 *
 * @returns `undefined` where it sets none; `unknown` are those whose numbers it does not say.
 */
export function parseRun(
  text: string,
): { limit: Limit; unknown: string[] } | undefined {
  const script = text.replace(/\\\n/g, " ").replace(/^\s*#.*/gm, "");
  const [, options = ""] =
    /\bsoftlimit((?:\s+-[acdflmoprst]\s*\S+)+)/.exec(script) ?? [];
  const pairs = [...options.matchAll(/-([a-z])\s*(\S+)/g)]
    .map(([, letter, value]) => ({ letter: letter!, value: value! }));
  const lines = [
    ...script.matchAll(/\bulimit((?:\s+-[A-Za-z]+)*\s+[^\s;&|]+)/g),
  ]
    .map(([, words]) => `ulimit${words!.replace(/\s+/g, " ")}`);
  const softlimit = pairs.filter(({ value }) => /^\d+$/.test(value))
    .flatMap(({ letter, value }) => [`-${letter}`, value]);
  const ulimits = lines.filter((line) => / (?:\d+|unlimited)$/.test(line));
  const unknown = [
    ...pairs.filter(({ value }) => !/^\d+$/.test(value))
      .map(({ letter, value }) => `softlimit -${letter} ${value}`),
    ...lines.filter((line) => !ulimits.includes(line)),
  ];
  if (pairs.length === 0 && lines.length === 0) return undefined;
  const soft = softlimit.length > 0 ? [`softlimit ${softlimit.join(" ")}`] : [];
  const name = [...ulimits, ...soft].join(" and ") || "no limit that is known";
  return { limit: { name, ulimits, softlimit }, unknown };
}

/** The words that run a command under a limit. */
export function commandUnder(
  { ulimits, softlimit }: Limit,
  command: string[],
): string[] {
  const hasSoftlimit = findExecutable("softlimit") !== undefined;
  const limited = hasSoftlimit && softlimit.length > 0
    ? ["softlimit", ...softlimit, ...command]
    : command;
  const lines = [...ulimits, ...(hasSoftlimit ? [] : softUlimits(softlimit))];
  return lines.length === 0
    ? limited
    : ["sh", "-c", `${[...lines, 'exec "$@"'].join(" && ")}`, "sh", ...limited];
}

/** What does the same where there is no softlimit; the address space last, or the shell dies. */
export function softUlimits(softlimit: string[]): string[] {
  const lines: string[] = [];
  for (let at = 0; at < softlimit.length; at += 2) {
    const letters = ULIMIT_LETTERS[softlimit[at]!.slice(1)] ?? "";
    const kb = Math.floor(Number(softlimit[at + 1]) / 1024);
    lines.push(...[...letters].map((letter) => `ulimit -S -${letter} ${kb}`));
  }
  return lines;
}

/**
 * Looks for hard limits that are too low for V8, and that no launcher can raise.
 *
 * @returns `undefined` if they are high enough.
 */
export async function findLowHardLimit(
  { ulimits }: Limit,
  account: Account,
): Promise<string | undefined> {
  const script = [...ulimits, "ulimit -H -v", "ulimit -H -d"].join("\n");
  const command = ["sh", "-c", script];
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
