// Every message that was answered 250 is in the Maildir exactly once and verifies, and none that was
// refused is, whatever fails meanwhile. FAULTS_MESSAGES=5000 for a long storm, DK_SEED to repeat one.

import { assert, assertEquals } from "@std/assert";
import { installedPrograms } from "../debian/installed_programs.ts";
import { NEEDS_SERVER } from "../debian/mail_host.ts";
import { ignoreUnless } from "../debian/requirements.ts";
import { endToEnd } from "../support/requirements.ts";
import type { Letter } from "./letter.ts";
import { runStorm, type StormResult } from "./storm.ts";
import { writeParent } from "./storm_host.ts";

const MESSAGES = Number(Deno.env.get("FAULTS_MESSAGES") ?? 400);
const SEED = Number(Deno.env.get("DK_SEED") ?? Date.now() % 1e9);

endToEnd(
  `${MESSAGES} messages through filters that are killed, without DNS, room or keys at times`,
  async () => {
    const bin = await installedPrograms("bundled");
    const result = await runStorm(MESSAGES, SEED, `${bin}/qmail-dk`);
    console.log(report(result));
    const { letters, audit, kills, leftovers, survivors } = result;
    const seed = `seed ${SEED}`;
    const { found, selectors, ...faults } = audit;
    assertEquals(faults, {
      missing: [],
      repeated: [],
      refusedYetFound: [],
      unknown: [],
      damaged: [],
    }, seed);
    const accepted = letters.filter(({ answer }) => answer?.code === 250);
    assertEquals([letters.length, found], [MESSAGES, accepted.length], seed);
    const changed = accepted.filter(({ direction }) => direction === "changed");
    assertEquals([changed, leftovers, survivors], [[], [], 0], seed);
    const answered = (text: RegExp) =>
      letters.filter(({ answer }) => text.test(answer!.text)).length;
    assertEquals(answered(/^connection lost$/), 0, seed);
    // Nothing but the killer ends a filter by a signal.
    const deaths = countDeaths(result.log);
    const { SIGKILL, SIGTERM } = kills;
    assertEquals(deaths, { 137: SIGKILL, 143: SIGTERM }, deathsIn(result.log));
    assertEquals(answered(/crashed/), SIGKILL + SIGTERM, seed);
    // A storm without these proves nothing.
    const weather = {
      ...kills,
      ...result.faults,
      ...countDone(result.log),
      selectors: selectors.length - 1,
      accepted: Math.floor(accepted.length / (MESSAGES / 3)),
    };
    const { spared: _, ...needed } = weather;
    const calm = Object.entries(needed).filter(([, times]) => times < 1);
    assertEquals(calm, [], seed);
    assert(Object.keys(needed).length >= 14, Object.keys(needed).join());
  },
  NEEDS_SERVER,
  ignoreUnless("tcpclient"),
);

endToEnd(
  "the same finds a filter whose next program survives it",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "dk_parent_" });
    const filter = await writeParent(folder);
    let found = 0;
    for (let storm = 0; storm < 6 && found === 0; storm++) {
      const { audit } = await runStorm(100, SEED + storm, filter);
      assertEquals([audit.missing, audit.damaged], [[], []], `seed ${SEED}`);
      found = audit.refusedYetFound.length;
    }
    await Deno.remove(folder, { recursive: true });
    assert(found > 0, `seed ${SEED}: nothing was noticed`);
  },
  NEEDS_SERVER,
  ignoreUnless("tcpclient"),
);

/** How often a filter died, by 128 and the signal. */
function countDeaths(log: string): Record<string, number> {
  const deaths = [...log.matchAll(/^caller: filter died, (\d+)$/gm)];
  const groups = Object.groupBy(deaths, ([, code]) => code!);
  return Object.fromEntries(
    Object.entries(groups).map(([code, group]) => [code, group!.length]),
  );
}

/** The log around those deaths that are nobody's doing. */
function deathsIn(log: string): string {
  const lines = log.split("\n");
  const isOdd = (line: string) => /^caller: .*(?!137|143)\d{3}$/.test(line);
  return lines.flatMap((line, at) =>
    isOdd(line) ? [lines.slice(Math.max(0, at - 30), at + 1).join("\n")] : []
  ).join("\n...\n");
}

/** Counts what the filters say that they have done. */
function countDone(log: string): Record<string, number> {
  const counts = Object.fromEntries(
    [
      "signed",
      "verified",
      "rejected",
      "deferred",
      "failed exit=53",
      "failed exit=55",
    ]
      .map((done) => [done, 0]),
  );
  for (
    const [, done] of log.matchAll(/^qmail-dk: (failed exit=\d+|[a-z ]+?) /gm)
  ) {
    counts[done!] = (counts[done!] ?? 0) + 1;
  }
  return counts;
}

function report(result: StormResult): string {
  const { letters, audit, kills, faults, log, seconds, room } = result;
  const answers = Object.entries(
    Object.groupBy(
      letters,
      ({ answer }: Letter) =>
        answer!.code === 250 ? "accepted" : `${answer!.code} ${answer!.text}`,
    ),
  ).map(([text, group]) => [text, group!.length]);
  const list = (counts: Record<string, number>) =>
    Object.entries(counts).map(([what, n]) => `${what} ${n}`).join(", ");
  return [
    `${letters.length} messages in ${Math.round(seconds)} s, seed ${SEED}`,
    ...answers.sort().map(([text, n]) => `  answered ${text}: ${n}`),
    `  killed or stopped: ${list(kills)}`,
    `  faults: ${list(faults)}; TMPDIR is ${room}`,
    `  filters: ${list(countDone(log))}`,
    `  Maildir: found ${audit.found}, missing ${audit.missing.length}, ` +
    `twice ${audit.repeated.length}, refused yet there ${audit.refusedYetFound.length}, ` +
    `unknown ${audit.unknown.length}, not good ${audit.damaged.length}`,
    `  good signatures of ${audit.selectors.length} keys`,
  ].join("\n");
}
