// Authentication-Results fields that came with a message and claim to be ours are gone after
// InboundPass; everything else goes on byte for byte, what only looks like one too.

import { assert, assertEquals } from "@std/assert";
import { tricksFor } from "../support/forged_tricks.ts";
import { HOST, judge } from "../support/inbound.ts";
import { MAIL } from "../support/signed_mail.ts";
import { splitResults } from "../support/split_results.ts";
import { signDkim, signDomainKeys } from "../support/verifying.ts";

const NAME = "Authentication-Results";
const PASS = "dkim=pass header.d=paypal.example";

/** Fields that claim to be those of mx.example.net. */
const FORGED = {
  "plain": `${NAME}: ${HOST}; ${PASS}`,
  "without results": `${NAME}: ${HOST}; none`,
  "that is nothing but the name": `${NAME}: ${HOST}`,
  "without a space": `${NAME}:${HOST};${PASS}`,
  "in capitals": `${NAME}: MX.EXAMPLE.NET; ${PASS}`,
  "whose own name is in capitals": `AUTHENTICATION-RESULTS: ${HOST}; ${PASS}`,
  "whose own name is in lower case": `authentication-results: ${HOST}; ${PASS}`,
  "with white space before the colon": `${NAME} \t : ${HOST}; ${PASS}`,
  "with a version": `${NAME}: ${HOST} 1; ${PASS}`,
  "with a version that there is not": `${NAME}: ${HOST} 99; ${PASS}`,
  "behind a comment": `${NAME}: (our own) ${HOST}; ${PASS}`,
  "behind comments in a comment": `${NAME}: (a (b \\) c)) ${HOST}; ${PASS}`,
  "between comments": `${NAME}: (x)${HOST}(y) (z) 1 (!) ; ${PASS}`,
  "behind a fold": `${NAME}:\n ${HOST}; ${PASS}`,
  "behind folds and tabs": `${NAME}:\n\t\n \t\n\t${HOST}\n\t;\n ${PASS}`,
  "behind a comment with folds": `${NAME}: (a\n b\n\tc) ${HOST}; ${PASS}`,
  "in quotes": `${NAME}: "${HOST}"; ${PASS}`,
  "in quotes with backslashes": `${NAME}: "m\\x.example\\.net"; ${PASS}`,
  "with white space around its dots": `${NAME}: mx . example . net; ${PASS}`,
  "with a final dot": `${NAME}: ${HOST}.; ${PASS}`,
  "behind a NUL": `${NAME}: \0${HOST}; ${PASS}`,
  "that is never closed": `${NAME}: ${HOST} (; ${PASS}`,
  "with text that is not ASCII": `${NAME}: ${HOST} (\xe4\xff); ${PASS}`,
};

/** Fields that are somebody else's, or none of that name. */
const LOOK_ALIKES = [
  `${NAME}: mx.example.org; ${PASS}`,
  `${NAME}: example.net; ${PASS}`,
  `${NAME}: a.${HOST}; ${PASS}`,
  `${NAME}: ${HOST}.evil.example; ${PASS}`,
  `${NAME}: x${HOST}; ${PASS}`,
  `${NAME}: ${HOST}x; ${PASS}`,
  `${NAME}: mx-example.net; ${PASS}`,
  `${NAME}: (${HOST}) mx.example.org; ${PASS}`,
  `${NAME}: "(${HOST})" ; ${PASS}`,
  `${NAME}: mx.example.org (${HOST}); ${PASS}`,
  `${NAME}: mx.example.org; ${PASS} header.from=${HOST}`,
  `${NAME}: mx.example.org;\n ${HOST}; ${PASS}`,
  `${NAME}: none`,
  `${NAME}:`,
  `X-${NAME}: ${HOST}; ${PASS}`,
  `Old-${NAME}: ${HOST}; ${PASS}`,
  `${NAME}-X: ${HOST}; ${PASS}`,
  `ARC-${NAME}: i=1; ${HOST}; ${PASS}`,
  `Subject2: ${NAME}: ${HOST}; ${PASS}`,
  `Comments: a\n ${NAME}: ${HOST}; ${PASS}\n\t${NAME}: ${HOST}`,
  `Comments: a\r${NAME}-X: ${HOST}; ${PASS}`,
  `${NAME}: mx.example.org ${HOST}; ${PASS}`,
  `${NAME}: spf=pass smtp.mailfrom=example.com; ${HOST}; ${PASS}`,
  `${NAME}: =?utf-8?q?mx.example.org?=; ${PASS}`,
  `${NAME}: mx.example.org; ${PASS} (=?utf-7?q?${HOST}?=)`,
  `${NAME}: caf\xc3\xa9.example; ${PASS} (${HOST})`,
  `${NAME}: mx.example.org; ${PASS}${"\n x=y".repeat(20_000)}`,
];

const LINE_ENDS = { LF: "\n", CRLF: "\r\n" };

/** Both forms of a pair of messages: what comes, and what is to go on. */
function spell(lineEnd: string, text: string): string {
  return text.replaceAll("\n", lineEnd);
}

/** Takes a message in, of which this is to go on, without so many fields: three statements on top. */
async function assertGoesOn(
  message: string,
  kept: string,
  forged?: number,
): Promise<void> {
  const { action, goesOn, log, newFields } = await judge({ message });
  assertEquals(action, "verified");
  assert(goesOn === kept, `not as it should be: ${goesOn.slice(0, 1000)}`);
  assertEquals(splitResults(newFields).length, 3);
  if (forged === undefined) return;
  const said = forged === 0 ? undefined : ` forged=${forged}`;
  assertEquals(/ forged=\d+(?= |$)/m.exec(log)?.[0], said, log);
}

for (const [lineEndName, lineEnd] of Object.entries(LINE_ENDS)) {
  for (const [name, field] of Object.entries(FORGED)) {
    Deno.test(`\`InboundPass\` takes a forged field out, one ${name}, with ${lineEndName} lines`, async () => {
      await assertGoesOn(
        spell(lineEnd, `X-A: b\n${field}\n${MAIL}`),
        spell(lineEnd, `X-A: b\n${MAIL}`),
        1,
      );
    });
  }

  Deno.test(`\`InboundPass\` leaves fields that look alike, with ${lineEndName} lines`, async () => {
    for (const field of LOOK_ALIKES) {
      const message = spell(lineEnd, `${field}\n${MAIL}`);
      await assertGoesOn(message, message, 0);
    }
  });
}

for (const { name, text, kept } of tricksFor(HOST)) {
  Deno.test(`\`InboundPass\` takes out one ${name}`, async () => {
    await assertGoesOn(`X-A: b\n${text}${MAIL}`, `X-A: b\n${kept}${MAIL}`, 1);
  });
}

Deno.test("`InboundPass` takes out the U-label of its A-label", async () => {
  const ours = `${NAME}: mx.b\xc3\xbccher.example; ${PASS}\n`;
  const theirs = `${NAME}: mx.b\xc3\xa4cher.example; ${PASS}\n`;
  const { newFields, goesOn } = await judge({
    message: ours + theirs + MAIL,
    host: "mx.xn--bcher-kva.example",
  });
  assertEquals(goesOn, theirs + MAIL);
  assertEquals(splitResults(newFields)[0], "mx.xn--bcher-kva.example");
});

const PLAIN = `${FORGED.plain}\n`;
const FOLDED = `${NAME}: ${HOST};\n\t${PASS};\n dkim=pass (\n )\n`;
const [HEADER = "", BODY = ""] = MAIL.split("\n\n");

/** Where forged fields stand: what comes, and what is to go on. */
const PLACES: Record<string, [message: string, kept: string]> = {
  "as the first": [PLAIN + MAIL, MAIL],
  "as the last": [`${HEADER}\n${PLAIN}\n${BODY}`, MAIL],
  "as the last, without a body": [`${HEADER}\n${PLAIN}`, `${HEADER}\n`],
  "as the last, without a line end": [
    `${HEADER}\n${PLAIN.trimEnd()}`,
    `${HEADER}\n`,
  ],
  "as the last, with a body that is empty": [
    `${HEADER}\n${PLAIN}\n`,
    `${HEADER}\n\n`,
  ],
  "as the only one": [PLAIN, ""],
  "as the only one, with a body": [`${PLAIN}\n${BODY}`, `\n${BODY}`],
  "in folds": [FOLDED + MAIL, MAIL],
  "in folds, as the last": [`${HEADER}\n${FOLDED}\n${BODY}`, MAIL],
  "ten times": [
    PLAIN + FOLDED + PLAIN + `${HEADER}\n` + (PLAIN + FOLDED).repeat(3) +
    PLAIN + `\n${BODY}`,
    MAIL,
  ],
  "in the body alone": [MAIL + PLAIN, MAIL + PLAIN],
  "in the body behind an empty line": [
    `${MAIL}\n${PLAIN}\n`,
    `${MAIL}\n${PLAIN}\n`,
  ],
  "beside a foreign one": [
    `${LOOK_ALIKES[0]}\n${PLAIN}${LOOK_ALIKES[1]}\n${MAIL}`,
    `${LOOK_ALIKES[0]}\n${LOOK_ALIKES[1]}\n${MAIL}`,
  ],
};

for (const [lineEndName, lineEnd] of Object.entries(LINE_ENDS)) {
  for (const [name, texts] of Object.entries(PLACES)) {
    Deno.test(`\`InboundPass\` takes out fields that stand ${name}, with ${lineEndName} lines`, async () => {
      const [message, kept] = texts.map((text) => spell(lineEnd, text));
      await assertGoesOn(message!, kept!);
    });
  }
}

Deno.test("`InboundPass` leaves a signature good from which it takes a forged field", async () => {
  const signed = signDkim(signDomainKeys(MAIL));
  const { newFields, goesOn } = await judge({ message: PLAIN + signed });
  assertEquals(goesOn, signed);
  const results = splitResults(newFields).map((text) => text.split(" ")[0]);
  assertEquals(results, [HOST, "domainkeys=pass", "dkim=pass"]);
});

/** A field of so many octets, folded. */
function longField(host: string, octets: number, filler = "x"): string {
  const lines = `\n ${filler.repeat(75)}`.repeat(octets / 77);
  return `${NAME}: ${host}; ${PASS}${lines}\n`;
}

/** What hides the name that a field claims, and is too long to be read to its end. */
const HIDDEN = `${NAME}: (${"\n x".repeat(30_000)}) ${HOST}; ${PASS}\n`;

const LONG: Record<string, [message: string, kept: string]> = {
  "of 70 KB": [longField(HOST, 70_000) + MAIL, MAIL],
  "of 300 KB": [longField(HOST, 300_000) + MAIL, MAIL],
  "of 300 KB, as the last": [
    `${HEADER}\n${longField(HOST, 300_000)}\n${BODY}`,
    MAIL,
  ],
  "of 300 KB, without a body": [
    `${HEADER}\n${longField(HOST, 300_000)}`,
    `${HEADER}\n`,
  ],
  "behind a comment of 90 KB": [HIDDEN + MAIL, MAIL],
  "behind another field of 300 KB": [
    `X-A: ${"\n y".repeat(100_000)}\n${PLAIN}${MAIL}`,
    `X-A: ${"\n y".repeat(100_000)}\n${MAIL}`,
  ],
  "behind 600 KB of other fields": [
    "X-A: b\n".repeat(90_000) + PLAIN + MAIL,
    "X-A: b\n".repeat(90_000) + MAIL,
  ],
};

for (const [lineEndName, lineEnd] of Object.entries(LINE_ENDS)) {
  for (const [name, texts] of Object.entries(LONG)) {
    Deno.test(`\`InboundPass\` takes out a field ${name}, with ${lineEndName} lines`, async () => {
      const [message, kept] = texts.map((text) => spell(lineEnd, text));
      await assertGoesOn(message!, kept!);
    });
  }
}
