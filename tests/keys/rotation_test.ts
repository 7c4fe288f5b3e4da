// planRotation(): what comes next, from what the files and DNS say.

import { assertEquals } from "@std/assert";
import {
  type FolderState,
  planRotation,
  type Published,
  type Signing,
} from "../../lib/keys/rotation.ts";

const DAY_MS = 86_400_000;
const NOW = 1000 * DAY_MS;
const OPTIONS = {
  everyDays: 180,
  keepDays: 14,
  forgetDays: 30,
  isForced: false,
};

function keyOf(name: string, ageDays: number, next?: string): Signing {
  const [selector, published] = next?.split(" ") ?? [];
  return {
    name,
    selector: `old-${name}`,
    madeMs: NOW - ageDays * DAY_MS,
    ...(selector === undefined ? {} : {
      next: {
        selector,
        isMade: published !== undefined,
        published: (published ?? "gone") as Published,
      },
    }),
  };
}

/** What is planned, each in a few words. */
function plan(state: Partial<FolderState>, options = {}): string[] {
  const { steps, waits } = planRotation({
    nowMs: NOW,
    month: "202611",
    signing: [],
    retired: [],
    names: [],
    ...state,
  }, { ...OPTIONS, ...options });
  return [...steps, ...waits].map(({ is, selector }) => `${is} ${selector}`);
}

const SIGNING: Record<string, [signing: Signing[], ...expected: string[]]> = {
  "a young key is left": [[keyOf("a", 179)], "young old-a"],
  "an old key gets a next one": [[keyOf("a", 180)], "name s202611"],
  "keys are replaced together when one is old": [
    [keyOf("a", 10), keyOf("b", 180)],
    "name s202611",
    "name s202611-a",
  ],
  "a next one that was named by half is named to the end": [
    [keyOf("a", 180, "s202611"), keyOf("b", 180)],
    "name s202611-a",
  ],
  "what is named is made": [
    [keyOf("a", 180, "s1 gone"), keyOf("b", 180, "s2")],
    "make s2",
  ],
  "nothing switches while one is not published": [
    [keyOf("a", 180, "s1 everywhere"), keyOf("b", 180, "s2 somewhere")],
    "publish s2",
  ],
  "nothing switches while one is not known": [
    [keyOf("a", 180, "s1 unknown"), keyOf("b", 180, "s2 everywhere")],
    "publish s1",
  ],
  "all switch when all are published": [
    [keyOf("a", 180, "s1 everywhere"), keyOf("b", 180, "s2 everywhere")],
    "switch s1",
    "switch s2",
  ],
  "what was switched by half is switched to the end": [
    [keyOf("a", 0), keyOf("b", 180, "s2 everywhere")],
    "switch s2",
  ],
};

for (const [name, [signing, ...expected]] of Object.entries(SIGNING)) {
  Deno.test(`planRotation(): ${name}`, () => {
    assertEquals(plan({ signing }), expected);
  });
}

Deno.test("planRotation() replaces young keys where that is asked for, but none twice", () => {
  const forced = { isForced: true };
  assertEquals(plan({ signing: [keyOf("a", 1)] }, forced), ["name s202611"]);
  const signing = [keyOf("a", 1, "s1 gone")];
  assertEquals(plan({ signing }, forced), ["publish s1"]);
});

Deno.test("planRotation() takes no name that a file, a next key or a retired one has", () => {
  const letters = Array.from("bcdefghijklmnopqrstuvwxyz");
  const names = ["s202611", ...letters.map((letter) => `s202611-${letter}`)];
  const signing = [keyOf("a", 180)];
  assertEquals(plan({ signing, names }), ["name s202611-a"]);
  const retired = [{
    selector: "s202611-a",
    sinceMs: NOW,
    isThere: false,
    published: "gone" as const,
  }];
  assertEquals(plan({ signing, names, retired })[0], "name s202611-aa");
});

const RETIRED: [
  days: number,
  published: Published,
  isThere: boolean,
  expected: string,
][] = [
  [13.9, "gone", true, "keep"],
  [13.9, "revoked", true, "keep"],
  [14, "everywhere", true, "revoke"],
  [14, "somewhere", true, "revoke"],
  [400, "somewhere", true, "revoke"],
  [14, "unknown", true, "unclear"],
  [400, "unknown", true, "unclear"],
  [14, "revoked", true, "remove"],
  [14, "gone", true, "remove"],
  [14, "revoked", false, "leave"],
  [43.9, "revoked", false, "leave"],
  [44, "revoked", false, "take out"],
  [44, "gone", false, "forget"],
];

for (const [days, published, isThere, expected] of RETIRED) {
  const key = isThere ? "with" : "without";
  Deno.test(`planRotation(): ${days} days after its last signature, ${published}, ${key} its key: ${expected}`, () => {
    const sinceMs = NOW - days * DAY_MS;
    const retired = [{ selector: "old", sinceMs, isThere, published }];
    assertEquals(plan({ retired }), [`${expected} old`]);
  });
}
