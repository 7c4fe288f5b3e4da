// DMARC by chance: zones of a few names, held against the RFC's prose; and with names that have no
// answer, which may cost a result, and never change one. FUZZ_FULL=1 makes it ten times as much.

import { assert, assertEquals } from "@std/assert";
import type { AuthenticatedDomain } from "../../lib/dmarc/alignment.ts";
import {
  type CountedPorts,
  countedPorts,
  evaluateHeader,
  wordsOf,
} from "../support/dmarc_rows.ts";
import {
  type Passed,
  referenceDmarc,
  type ReferenceZone,
} from "../support/dmarc_reference.ts";
import { Random } from "../support/random.ts";

const ROUNDS = Deno.env.get("FUZZ_FULL") === "1" ? 200_000 : 20_000;
const SEED = 8020;

/** One message, and all that is known of it. */
interface Case {
  author: string;
  passed: Passed[];
  zone: ReferenceZone;
  exists: boolean;
}

Deno.test(`\`evaluateDmarc()\` says what the RFC's prose says of ${ROUNDS} messages`, async () => {
  const random = new Random(SEED);
  const counts: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round++) {
    const message = chance(random);
    const expected = expect(message);
    const ports = portsOf(message, []);
    const note = `seed ${SEED}, round ${round}: ${describe(message)}`;
    assertEquals(await evaluate(message, ports), expected, note);
    assertFew(ports, note);
    counts[expected] = (counts[expected] ?? 0) + 1;
  }
  for (const count of ["none", "pass", ...FAILURES].map((key) => counts[key])) {
    assert(count! > ROUNDS / 200, JSON.stringify(counts));
  }
});

Deno.test(`\`evaluateDmarc()\` says nothing else when DNS does not answer, ${ROUNDS} times`, async () => {
  const random = new Random(SEED + 1);
  let unknown = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const message = chance(random);
    const names = namesOf(message);
    const silent = [random.pick(names), random.pick(names)];
    const ports = portsOf(message, silent);
    const said = await evaluate(message, ports);
    const note = `seed ${SEED + 1}, round ${round}: ${describe(message)}`;
    assertFew(ports, note);
    // Whatever the silent names have, it would be said.
    const worlds = said === "temperror" ? [] : worldsOf(message, silent);
    for (const world of worlds) {
      assertEquals(said, expect(world), `${note} without ${silent}`);
    }
    if (said === "temperror") unknown++;
  }
  assert(unknown > ROUNDS / 20 && unknown < ROUNDS * 0.9, String(unknown));
});

const FAILURES = ["fail none", "fail quarantine", "fail reject"];
const TAGS = {
  p: ["none", "quarantine", "reject"],
  sp: ["none", "quarantine", "reject"],
  np: ["none", "quarantine", "reject"],
  psd: ["y", "n", "u"],
  t: ["y", "n"],
  adkim: ["s", "r"],
  aspf: ["s", "r"],
};

function chance(random: Random): Case {
  const author = domain(random, "a.com");
  const passed = Array.from({ length: random.below(4) }, (): Passed => ({
    method: random.oneIn(3) ? "spf" : "dkim",
    domain: random.oneIn(4) ? author : relative(random, author),
  }));
  const message: Case = {
    author,
    passed: passed.filter(({ method }, n) =>
      method === "dkim" || passed.findIndex((one) => one.method === "spf") === n
    ),
    zone: new Map(),
    exists: random.oneIn(2),
  };
  for (const name of namesOf(message)) {
    if (random.oneIn(3)) message.zone.set(name, record(random));
  }
  return message;
}

function domain(random: Random, top: string): string {
  const count = random.oneIn(10) ? 5 + random.below(5) : random.below(4);
  const labels = Array.from({ length: count }, () => random.pick("ab"));
  return [...labels, random.oneIn(12) ? "com" : top].join(".");
}

/** A domain somewhere above, below or beside another. */
function relative(random: Random, name: string): string {
  const labels = name.split(".");
  const parent = labels.slice(random.below(labels.length)).join(".");
  const below = Array.from(
    { length: random.below(3) },
    () => random.pick("abc"),
  );
  return [...below, parent].join(".");
}

function record(random: Random): Record<string, string> {
  const given = Object.entries(TAGS).filter(([name]) =>
    name === "p" || random.oneIn(name === "psd" ? 2 : 3)
  );
  return Object.fromEntries(
    given.map(([name, words]) => [name, random.pick(words)]),
  );
}

/** Every domain that a walk could ask for. */
function namesOf({ author, passed }: Case): string[] {
  const starts = [author, ...passed.map(({ domain }) => domain)];
  return [
    ...new Set(starts.flatMap((start) => {
      const labels = start.split(".");
      return labels.map((_, n) => labels.slice(n).join("."));
    })),
  ];
}

/** The same message, with something else where there was no answer. */
function* worldsOf(message: Case, silent: string[]): Generator<Case> {
  const texts = [undefined, { p: "reject" }, { p: "none", psd: "y" }, {
    p: "quarantine",
    psd: "n",
  }];
  for (const first of texts) {
    for (const second of texts) {
      const zone = new Map(message.zone);
      [first, second].forEach((text, n) => {
        if (text === undefined) zone.delete(silent[n]!);
        else zone.set(silent[n]!, text);
      });
      yield { ...message, zone };
    }
  }
}

function expect({ author, passed, zone, exists }: Case): string {
  return referenceDmarc(author, passed, zone, exists);
}

async function evaluate(
  { author, passed }: Case,
  ports: CountedPorts,
): Promise<string> {
  const by = (wanted: string): AuthenticatedDomain[] =>
    passed.filter(({ method }) => method === wanted)
      .map(({ domain }) => ({ domain, result: "pass" }));
  const spf = by("spf")[0];
  const header = `From: a@${author}\n`;
  return wordsOf(
    await evaluateHeader(header, { spf, dkim: by("dkim") }, ports),
  );
}

function portsOf({ zone, exists }: Case, silent: string[]): CountedPorts {
  return countedPorts((name) => {
    const domain = name.replace("_dmarc.", "");
    if (silent.includes(domain)) {
      return { outcome: "temporary", detail: "timeout" };
    }
    const tags = zone.get(domain);
    return tags && { outcome: "records", records: [formatRecord(tags)] };
  }, () => exists ? "yes" : "no");
}

function formatRecord(tags: Record<string, string>): string {
  const words = Object.entries(tags).map(([name, word]) => `${name}=${word}`);
  return ["v=DMARC1", ...words].join("; ");
}

function assertFew({ asked }: CountedPorts, note: string): void {
  assertEquals(new Set(asked).size, asked.length, note);
  assert(asked.length <= 24, note);
}

function describe(message: Case): string {
  return JSON.stringify({ ...message, zone: [...message.zone] });
}
