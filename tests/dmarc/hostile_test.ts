// What a sender may do to whoever checks DMARC: long names, many signatures, large records, resolvers
// that fail. Questions and steps stay bounded, and nothing is thrown.

import { countSteps } from "../support/steps.ts";
import { assert, assertEquals } from "@std/assert";
import { evaluateDmarc } from "../../lib/dmarc/evaluate.ts";
import type { Lookup } from "../../lib/ports/resolver.ts";
import { parseDmarcRecord } from "../../lib/dmarc/record.ts";
import {
  countedPorts,
  evaluateHeader,
  wordsOf,
} from "../support/dmarc_rows.ts";

const LARGE_OCTETS = 1 << 16;

/** 127 labels in 253 octets. */
const DEEP = Array.from({ length: 127 }, () => "a").join(".");

Deno.test("`evaluateDmarc()` asks eight times for an author of 127 labels", async () => {
  const ports = countedPorts(() => undefined, () => "yes");
  const verdict = await evaluateHeader(`From: a@${DEEP}\n`, {}, ports);
  assertEquals(verdict.result, "none");
  assertEquals(ports.asked.length, 8);
});

Deno.test("`evaluateDmarc()` takes an author of 128 labels for none", async () => {
  const ports = countedPorts(() => undefined, () => "yes");
  const verdict = await evaluateHeader(`From: a@a.${DEEP}\n`, {}, ports);
  assertEquals(verdict.result, "permerror");
  assertEquals(ports.asked, []);
});

Deno.test("`evaluateDmarc()` takes a name that is too long for DNS for one without record", async () => {
  const ports = countedPorts(
    (name) => name.length > 253 ? { outcome: "too long" } : undefined,
    () => "yes",
  );
  const verdict = await evaluateHeader(`From: a@${DEEP}\n`, {}, ports);
  assertEquals(verdict.result, "none");
});

Deno.test("`evaluateDmarc()` asks at most 24 questions for a hundred signatures", async () => {
  const ports = countedPorts((name) => {
    if (name === "_dmarc.example.com") {
      return { outcome: "records", records: ["v=DMARC1; p=none; np=reject"] };
    }
    return /^_dmarc\.x\d+\.example\.com$/.test(name)
      ? { outcome: "records", records: ["v=DMARC1; p=none; psd=n"] }
      : undefined;
  }, () => "no");
  const dkim = Array.from({ length: 100 }, (_, n) => ({
    domain: `a.b.c.d.e.x${n}.example.com`,
    result: "pass",
  }));
  const verdict = await evaluateHeader(
    "From: a@ghost.example.com\n",
    { dkim },
    ports,
  );
  assertEquals(wordsOf(verdict), "fail reject");
  assertEquals(ports.asked.length, 24);
  assertEquals(ports.asked.at(-1), "ghost.example.com");
});

Deno.test("`evaluateDmarc()` finds the author's own domain after a hundred others", async () => {
  const ports = countedPorts(
    () => ({ outcome: "records", records: ["v=DMARC1; p=reject"] }),
    () => "yes",
  );
  const dkim = Array.from({ length: 100 }, (_, n) => ({
    domain: `x${n}.com`,
    result: "pass",
  }));
  dkim.push({ domain: "mail.example.com", result: "pass" });
  const verdict = await evaluateHeader(
    "From: a@mail.example.com\n",
    { dkim },
    ports,
  );
  assertEquals(verdict.aligned, { method: "dkim", domain: "mail.example.com" });
  assertEquals(ports.asked.length, 1);
});

/** Resolvers that fail, in each way. */
const FAILING = {
  throw: () => {
    throw new Error("down");
  },
  reject: () => Promise.reject(new Error("down")),
};

for (const [how, fail] of Object.entries(FAILING)) {
  Deno.test(`\`evaluateDmarc()\` has no answer of resolvers that ${how}`, async () => {
    const author = { localPart: "a", domain: "example.com" };
    const { status, questions } = await evaluateDmarc(
      { author },
      { resolver: { lookup: fail } },
    );
    assertEquals(status, "dnsTemporary");
    assertEquals(questions, [{
      name: "_dmarc.example.com",
      type: "TXT",
      outcome: "temporary",
      records: [],
    }]);
    const known = countedPorts(
      (name) =>
        name === "_dmarc.com"
          ? { outcome: "records", records: ["v=DMARC1; p=none; np=reject"] }
          : undefined,
      () => "yes",
    );
    const resolver: Lookup = {
      lookup: (name, type) =>
        type === "A" ? fail() : known.resolver.lookup(name, type),
    };
    const finding = await evaluateDmarc({ author }, { resolver });
    assertEquals(finding.status, "dnsTemporary");
  });
}

/** What a record of 64 KiB may be made of, and the steps that each piece may take. */
const PIECES = [
  ";",
  "=",
  "p=;",
  "p;",
  " ",
  "\t",
  "p=reject;",
  "x=y;",
  ",",
  "a:b,",
];

for (const piece of PIECES) {
  for (
    const start of ["v=DMARC1;", "v=DMARC1; rua=mailto:d", "v", "v=DMARC1"]
  ) {
    const name = JSON.stringify(start + piece.repeat(2));
    Deno.test(`\`parseDmarcRecord()\` takes as many steps as 64 KiB of ${name} have octets`, async () => {
      const text = start + piece.repeat(LARGE_OCTETS / piece.length);
      const steps = await countSteps(() => parseDmarcRecord(text));
      assert(steps < 8 * text.length, String(steps));
    });
  }
}

Deno.test("`evaluateDmarc()` parses what is a DMARC record alone, of a hundred records of 64 KiB", async () => {
  const records = Array.from({ length: 99 }, () => ";".repeat(LARGE_OCTETS));
  records.push("v=DMARC1; p=reject");
  const ports = countedPorts(
    () => ({ outcome: "records", records }),
    () => "yes",
  );
  let result = "";
  const steps = await countSteps(async () => {
    ({ result } = await evaluateHeader("From: a@example.com\n", {}, ports));
  });
  assertEquals(result, "fail");
  assert(steps < 5000, String(steps));
});
