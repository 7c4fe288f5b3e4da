// DMARC as a program calls it: a header, results, and a verdict with its letter.

import { assertEquals, assertRejects } from "@std/assert";
import { checkDmarc, DMARC_LETTERS, DMARC_STATUS } from "../../mod.ts";
import { Zone } from "../support/zone.ts";

/** What it shows, what stands at _dmarc.example.com, and what it says. */
const LETTERS: [string, string, string, string, string][] = [
  ["A", "pass", "v=DMARC1; p=reject", "pass", ""],
  ["B", "fail", "v=DMARC1; p=reject", "fail", ""],
  ["C", "fail", "v=DMARC1; p=quarantine", "fail", ""],
  ["C", "fail", "v=DMARC1; p=reject; t=y", "fail", ""],
  ["D", "fail", "v=DMARC1; p=none", "fail", ""],
  ["E", "none", "v=DMARC1", "fail", ""],
  ["H", "fail", "v=DMARC1; p=reject", "fail", "lists.example.org"],
];

for (const [letter, result, record, dkim, excuse] of LETTERS) {
  Deno.test(`\`checkDmarc()\` says ${letter} of "${record}" and dkim=${dkim}`, async () => {
    const verdict = await checkDmarc("From: a@example.com\n", {
      dkim: [{ domain: "example.com", result: dkim }],
      ...(excuse === "" ? {} : { excuse }),
      resolver: new Zone({ "_dmarc.example.com": record }),
    });
    assertEquals([verdict.letter, verdict.result], [letter, result]);
  });
}

Deno.test("`checkDmarc()` says F without an answer, G without an author", async () => {
  const resolver = new Zone({
    "*": { outcome: "temporary", detail: "timeout" },
  });
  const { letter, result } = await checkDmarc("From: a@example.com\n", {
    resolver,
  });
  assertEquals([letter, result], ["F", "temperror"]);
  const without = await checkDmarc("To: a@example.com\n", { resolver });
  assertEquals([without.letter, without.result], ["G", "permerror"]);
});

Deno.test("`DMARC_LETTERS` has a letter of its own for each status", () => {
  assertEquals(Object.keys(DMARC_LETTERS), Object.keys(DMARC_STATUS));
  assertEquals(Object.values(DMARC_LETTERS).join(""), "ABCDEFGH");
});

Deno.test("`checkDmarc()` takes a header in CRLF, and stops at its end", async () => {
  const resolver = new Zone({ "_dmarc.b\u00fccher.example": "v=DMARC1" });
  const { authorDomain, questions } = await checkDmarc(
    "To: b\r\nFrom: a\r\n <a@b\u00fccher.example>\r\n\r\nFrom: b@example.com\r\n",
    { resolver },
  );
  assertEquals(authorDomain, "xn--bcher-kva.example");
  assertEquals(questions.map(({ name }) => name), [
    "_dmarc.xn--bcher-kva.example",
    "_dmarc.example",
  ]);
  for (const body of ["\n", "\r\n"]) {
    const text = `${body}From: a@example.com\n`;
    assertEquals((await checkDmarc(text, { resolver })).result, "permerror");
  }
});

for (
  const [outcome, policy] of [
    ["nxdomain", "reject"],
    ["nodata", "none"],
    ["too long", "none"],
  ] as const
) {
  Deno.test(`\`checkDmarc()\` asks its resolver for the author's domain: ${outcome}`, async () => {
    const resolver = new Zone({
      "_dmarc.example.com": "v=DMARC1; p=none; np=reject",
      "a.example.com": { outcome },
    });
    const verdict = await checkDmarc("From: a@a.example.com\n", { resolver });
    assertEquals(verdict.policy, policy);
    assertEquals(verdict.questions.at(-1)?.type, "A");
  });
}

Deno.test("`checkDmarc()` has no result when its resolver does not know of the author's domain", async () => {
  const verdict = await checkDmarc("From: a@a.example.com\n", {
    resolver: new Zone({
      "_dmarc.example.com": "v=DMARC1; p=none; np=reject",
      "a.example.com": { outcome: "temporary", detail: "timeout" },
    }),
  });
  assertEquals(verdict.result, "temperror");
});

Deno.test("`checkDmarc()` refuses a header that is no text", async () => {
  const header = new Uint8Array() as unknown as string;
  await assertRejects(() => checkDmarc(header), TypeError);
});
