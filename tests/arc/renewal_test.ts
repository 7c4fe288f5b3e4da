// Sealing on departure: a list changes a message after it arrived, and our newest set is made anew;
// nothing else is touched.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { ArcRenewal } from "../../lib/arc/renewal.ts";
import { BodyHashes } from "../../lib/dkim/body_hashes.ts";
import { parseHeader } from "../../lib/message/header.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import {
  AMS,
  briefly,
  sealByHand,
  sealTimes,
  validate,
} from "../support/arc_sets.ts";
import {
  OURS,
  renew,
  renewed,
  rsaKeyOf,
  sealed,
} from "../support/arc_sealing.ts";
import { NOW, signaturesIn } from "../support/signing.ts";
import { RSA_KEYS, signDkim } from "../support/verifying.ts";

const FIELDS =
  "From: Alice <alice@example.org>\nDate: Fri, 27 Nov 2026 00:00:00 +0000\nMessage-ID: <1@example.org>\nSubject: hello\n";
const MESSAGE = `${FIELDS}\nHello  Bob.\n`;

/** What a list does. */
function edit(message: string): string {
  return message.replace("Subject: hello", "Subject: [list] hello") +
    "-- \nA list.\n";
}

Deno.test("what a list has changed is sealed anew, and the chain is good", async () => {
  for (const count of [0, 1, 4]) {
    const edited = edit(await sealed(sealTimes(count, MESSAGE)));
    const i = count + 1;
    assertEquals(
      briefly(await validate(edited)),
      `fail: i=${i} ${AMS}: bad bodyhash`,
    );
    const verdict = await validate(await renewed(edited));
    assertEquals(briefly(verdict), `pass: i=${i} example.com`);
    assertEquals(verdict.oldestPass, count === 0 ? 0 : i);
  }
});

Deno.test("a set that is made anew keeps its instance, cv= and results, and has a new time", async () => {
  const before = edit(await sealed(sealTimes(1, MESSAGE)));
  const after = await renewed(before, { now: NOW + 60 });
  const [seal, ams, aar] = signaturesIn(after);
  assertEquals(
    [seal!["i"], seal!["cv"], seal!["t"], ams!["i"], ams!["t"]],
    ["2", "pass", `${NOW + 60}`, "2", `${NOW + 60}`],
  );
  assertEquals(aar, signaturesIn(before)[2]);
  assert(before.includes(`hm=${ams!["hm"]}`));
});

Deno.test("a change of a signed field alone is one", async () => {
  const before = await sealed(MESSAGE);
  const changed = before.replace("Subject: hello", "Subject: [list] hello");
  const verdict = await validate(await renewed(changed));
  assertEquals(briefly(verdict), "pass: i=1 example.com");
});

Deno.test("new DKIM signatures are signed with the rest", async () => {
  const before = edit(await sealed(MESSAGE));
  const signatures = signDkim("").trimEnd() + "\n";
  const after = await renewed(before, { signatures });
  assertEquals(briefly(await validate(after)), "pass: i=1 example.com");
  const without = after.slice(signatures.length);
  assertEquals(
    briefly(await validate(without)),
    `fail: i=1 ${AMS}: bad sig`,
  );
});

const OTHER_PEM = RSA_KEYS["1025 bits, exponent 65537"];

const NOT_OURS = "the newest set is not ours";
const mine = await sealed(MESSAGE);
const UNTOUCHED: [
  name: string,
  message: string,
  reason: string,
  more?: Parameters<typeof renew>[1],
][] = [
  ["without a set", MESSAGE, "no ARC set"],
  ["that nobody has changed", mine, "nothing was changed"],
  [
    "with white space that relaxed does not see",
    mine.replace("hello", " hello "),
    "nothing was changed",
  ],
  [
    "with a field that is not signed",
    `X-List: 1\n${mine}`,
    "nothing was changed",
  ],
  ["of 7 days ago and a second", edit(mine), "sealed more than 7 days ago", {
    now: NOW + 7 * 86_400 + 1,
  }],
  [
    "sealed by somebody who has the key, without hm=",
    edit(sealByHand(MESSAGE)),
    NOT_OURS,
  ],
  ["that another one has sealed since", edit(sealByHand(mine)), NOT_OURS],
  ["whose key is not here", edit(mine), NOT_OURS, { find: () => undefined }],
  ["whose key is another one now", edit(mine), NOT_OURS, {
    find: () => ({ ...OURS, key: rsaKeyOf(OTHER_PEM) }),
  }],
  ["whose selector is another one now", edit(mine), NOT_OURS, {
    find: () => ({ ...OURS, selector: "new" }),
  }],
  ["whose key is found in a parent", edit(mine), NOT_OURS, {
    find: () => ({ ...OURS, domain: "com" }),
  }],
  ["with other results", edit(mine.replace("spf=pass", "spf=fail")), NOT_OURS],
  ["with another hm=", edit(mine.replace(/hm=./, "hm=x")), NOT_OURS],
  [
    "whose set is on another author's",
    edit(mine).replace("alice", "bob"),
    "the set is of another message",
  ],
  [
    "whose set is on another day's",
    edit(mine).replace("27 Nov", "28 Nov"),
    "the set is of another message",
  ],
  [
    "whose set is on another Message-ID",
    edit(mine).replace("<1@", "<2@"),
    "the set is of another message",
  ],
  [
    "with a From more",
    edit(mine).replace("\nFrom:", "\nFrom: eve@example.net\nFrom:"),
    "the set is of another message",
  ],
  [
    "whose chain was broken before us",
    edit(await sealed(edit(sealTimes(1, MESSAGE)))),
    "i=2: cv=fail",
  ],
  [
    "with a gap",
    edit(mine.replace(/^(ARC-.*)i=1/gm, "$1i=2")),
    "i=1: no ARC-Authentication-Results",
  ],
];

for (const [name, message, reason, more] of UNTOUCHED) {
  Deno.test(`nothing is touched of a message ${name}`, async () => {
    assertEquals(await renew(message, more), { reason });
  });
}

Deno.test("a set of exactly 7 days ago is made anew", async () => {
  const made = await renew(edit(mine), { now: NOW + 7 * 86_400 });
  assert("fields" in made);
});

Deno.test("the key is asked for once, by d= of the newest seal, and not at all without a set", async () => {
  const asked: string[] = [];
  const find = (domain: string) => {
    asked.push(domain);
    return OURS;
  };
  await renew(MESSAGE, { find });
  assertEquals(asked, []);
  await renew(edit(mine), { find });
  assertEquals(asked, ["example.com"]);
});

Deno.test("what the key store throws is thrown while the header is read", () => {
  const header = mine.slice(0, mine.indexOf("\n\n") + 1);
  assertThrows(
    () =>
      new ArcRenewal(
        parseHeader(header),
        () => {
          throw new RangeError("bad key");
        },
        { signedFields: [], oversignedFields: [] },
        { crypto: systemCrypto, now: NOW },
        new BodyHashes(systemCrypto),
      ),
    RangeError,
    "bad key",
  );
});
