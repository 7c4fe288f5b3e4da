// InboundPass: what becomes of a message by the letters of DKVERIFY, what is put on top of it and
// taken out of it, what the log is told, and that a bounce of our own waits for nobody.

import { assertEquals } from "@std/assert";
import { toOctets, toText } from "../../lib/message/octets.ts";
import { InboundPass } from "../../lib/pass/inbound_pass.ts";
import type { Note, Outcome } from "../../lib/pass/pass.ts";
import { parseLetters } from "../../lib/policy/letters.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { everySplit } from "../support/laws.ts";
import { NOW } from "../support/signing.ts";
import {
  makeZone,
  MESSAGE,
  signDkim,
  signDomainKeys,
} from "../support/verifying.ts";
import type { Zone } from "../support/zone.ts";

const HOST = "mx.example.com";
const GOOD = signDomainKeys(signDkim(MESSAGE));
const BAD = GOOD.replace("Bob.", "Eve.");
const FORGED = `Authentication-Results: ${HOST}; dkim=pass\n`;

/** What a site wants, what comes, and from whom. */
interface Judging {
  message?: string;
  letters?: string;
  isLocal?: boolean;
  sender?: Promise<string>;
  zone?: Zone;
  chunks?: Uint8Array[];
}

/** The outcome, and what went on of the message. */
async function judge(
  judging: Judging = {},
): Promise<Outcome & { goesOn: string }> {
  const { message = GOOD, letters = "", isLocal = false } = judging;
  const pass = makeInboundPass(letters, isLocal, judging.zone);
  let goesOn = "";
  for (const chunk of judging.chunks ?? [toOctets(message)]) {
    const buffer = chunk.slice();
    goesOn += toText(pass.filter(buffer));
    pass.push(buffer);
    buffer.fill(0xa5);
  }
  const outcome = await pass.end(
    judging.sender ?? Promise.resolve("alice@example.com"),
  );
  goesOn += toText(outcome.remainder ?? new Uint8Array(0));
  return { ...outcome, goesOn };
}

function makeInboundPass(
  letters: string,
  isLocal: boolean,
  zone = makeZone(),
): InboundPass {
  return new InboundPass(
    { authservId: HOST, letters: parseLetters(letters), isLocal },
    { crypto: systemCrypto, resolver: zone, now: NOW },
  );
}

const DK_REJECTS = "DDomainKeys permanently rejected message (#5.3.0)";
const DK_DEFERS =
  "ZDomainKeys temporarily deferred message, please try again later (#4.3.0)";
const DKIM_REJECTS =
  "DDomainKeys Identified Mail (DKIM) permanently rejected message (#5.3.0)";
const DKIM_DEFERS =
  "ZDomainKeys Identified Mail (DKIM) temporarily deferred message, please try again later (#4.3.0)";
const BY_B = "bad signature by example.com (letter B)";
const BY_P = "body changed after signing by example.com (letter P)";

const DECISIONS: Record<
  string,
  [message: string, letters: string, done: string, text?: string]
> = {
  "a bad message without letters": [BAD, "", "verified"],
  "a good message with the recommended letters": [
    GOOD,
    "DEGIJKfh,CGHIJMQRkl",
    "verified",
  ],
  "a bad message with letters of other statuses": [BAD, "ACD,BDN", "verified"],
  "B for DomainKeys": [BAD, "B", "rejected", `${DK_REJECTS}: ${BY_B}`],
  "b for DomainKeys": [BAD, "b", "deferred", `${DK_DEFERS}: ${BY_B}`],
  "P for DKIM": [BAD, ",P", "rejected", `${DKIM_REJECTS}: ${BY_P}`],
  "p for DKIM": [BAD, ",p", "deferred", `${DKIM_DEFERS}: ${BY_P}`],
  "both letters in both cases": [
    BAD,
    "bB,pP",
    "rejected",
    `${DK_REJECTS}: ${BY_B}`,
  ],
  "b for DomainKeys and P for DKIM": [
    BAD,
    "b,P",
    "deferred",
    `${DK_DEFERS}: ${BY_B}`,
  ],
  "C of an unsigned message": [
    MESSAGE,
    "C",
    "rejected",
    `${DK_REJECTS}: no signature (letter C)`,
  ],
  "n of an unsigned message": [
    MESSAGE,
    ",n",
    "deferred",
    `${DKIM_DEFERS}: no signature (letter N)`,
  ],
  "D and P of a message with one bad signature of two": [
    signDkim(signDkim(MESSAGE), { b: "AAAA" }),
    ",BDP",
    "verified",
  ],
};

for (
  const [name, [message, letters, done, text]] of Object.entries(DECISIONS)
) {
  Deno.test(`\`InboundPass\` decides on ${name}: ${done}`, async () => {
    const outcome = await judge({ message, letters });
    assertEquals([outcome.action, outcome.refusal], [
      done,
      text === undefined ? undefined : {
        action: done === "rejected" ? "reject" : "defer",
        text,
      },
    ]);
    assertEquals(outcome.newFields === "", text !== undefined);
    assertEquals(outcome.goesOn, message);
  });
}

Deno.test("`InboundPass` puts one field on top, with a result for each signature", async () => {
  const { newFields } = await judge({
    message: signDkim(BAD, { s: "gone" }),
  });
  const unfolded = newFields.replaceAll("\n\t", " ");
  assertEquals(
    unfolded.replace(/header\.b=[^\s;]+/g, "header.b=…").split("; "),
    [
      `Authentication-Results: ${HOST}`,
      "domainkeys=fail (bad sig) header.from=example.com",
      "dkim=permerror (dns) header.d=example.com header.s=gone header.a=rsa-sha256 header.b=…",
      "dkim=fail (bad bodyhash) header.d=example.com header.s=default header.a=rsa-sha256 header.b=…\n",
    ],
  );
});

Deno.test("`InboundPass` says none of an unsigned message", async () => {
  const { newFields } = await judge({ message: "To: bob\n\n" });
  assertEquals(
    newFields,
    `Authentication-Results: ${HOST};
	domainkeys=none (no signature);
	dkim=none (no signature)
`,
  );
});

/** What comes, and what goes on of it. */
const FORGERIES: Record<string, [message: string, goesOn: string]> = {
  "a forged field between signatures and body": [
    GOOD.replace("\n\n", `\n${FORGED}\n`),
    GOOD,
  ],
  "a forged field alone": [FORGED, ""],
  "a forged field at the end of a header without a body": [
    `To: bob\n${FORGED}`,
    "To: bob\n",
  ],
  "no octet of a header without a body": ["To: bob\nX: y", "To: bob\nX: y"],
  "no octet of an empty message": ["", ""],
  "nothing in the body": [`To: bob\n\n${FORGED}`, `To: bob\n\n${FORGED}`],
};

for (const [name, [message, goesOn]] of Object.entries(FORGERIES)) {
  Deno.test(`\`InboundPass\` drops ${name}, whatever the chunks`, async () => {
    const short = message.length < 200 ? message : undefined;
    const splits = short === undefined
      ? [[toOctets(message)]]
      : everySplit(toOctets(short), 2);
    for (const chunks of splits) {
      const outcome = await judge({ chunks });
      assertEquals(outcome.goesOn, goesOn);
      const forged = outcome.notes.find(([key]) => key === "forged");
      assertEquals(forged, message === goesOn ? undefined : ["forged", 1]);
    }
  });
}

Deno.test("`InboundPass` hands out as `remainder` what it held back of a header without a body", async () => {
  const pass = makeInboundPass("", false);
  const chunk = toOctets("To: bob\nAuth");
  const goesOn = pass.filter(chunk);
  pass.push(chunk);
  const { remainder } = await pass.end(Promise.resolve(""));
  assertEquals([toText(goesOn), toText(remainder!)], ["To: bob\n", "Auth"]);
});

/** What comes, and what the log is told. */
const NOTES: Record<string, [message: string, notes: Note[]]> = {
  "good signatures": [GOOD, [
    ["domainkeys", "pass"],
    ["letter", "A"],
    ["reason", "ok"],
    ["d", "example.com"],
    ["s", "default"],
    ["dkim", "pass"],
    ["letter", "A"],
    ["reason", "ok"],
    ["d", "example.com"],
    ["s", "default"],
    ["a", "rsa-sha256"],
    ["signature", 1],
  ]],
  "the signature that gave the letter": [
    signDkim(signDkim(MESSAGE), { s: "gone" }),
    [
      ["domainkeys", "none"],
      ["letter", "C"],
      ["reason", "no signature"],
      ["dkim", "permerror"],
      ["letter", "L"],
      ["reason", "dns: nxdomain"],
      ["d", "example.com"],
      ["s", "gone"],
      ["a", "rsa-sha256"],
      ["dkim", "pass"],
      ["letter", "A"],
      ["reason", "ok"],
      ["d", "example.com"],
      ["s", "default"],
      ["a", "rsa-sha256"],
      ["signature", 2],
    ],
  ],
  "no signature, a forged field and lone CRs": [
    `To: bob\n${FORGED}\na\rb\rc\n`,
    [
      ["domainkeys", "none"],
      ["letter", "C"],
      ["reason", "no signature"],
      ["dkim", "none"],
      ["letter", "N"],
      ["reason", "no signature"],
      ["forged", 1],
      ["bare_cr", 2],
    ],
  ],
  "a signature with a detail": [
    signDkim(MESSAGE, { s: "gone" }),
    [
      ["domainkeys", "none"],
      ["letter", "C"],
      ["reason", "no signature"],
      ["dkim", "permerror"],
      ["letter", "L"],
      ["reason", "dns: nxdomain"],
      ["d", "example.com"],
      ["s", "gone"],
      ["a", "rsa-sha256"],
      ["signature", 1],
    ],
  ],
};

for (const [name, [message, notes]] of Object.entries(NOTES)) {
  Deno.test(`\`InboundPass\` tells the log of ${name}`, async () => {
    assertEquals((await judge({ message })).notes, notes);
  });
}

Deno.test("`InboundPass` tells the log how many signatures it did not look at", async () => {
  const message = new Array(13).fill({ v: "2" })
    .reduce((text, tags) => signDkim(text, tags), MESSAGE);
  const { notes } = await judge({ message });
  assertEquals(notes.filter(([key]) => key === "dkim").length, 10);
  assertEquals(notes.at(-1), ["unexamined", 3]);
});
