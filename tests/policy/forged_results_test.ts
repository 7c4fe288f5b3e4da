// WithoutForgedResults: what it takes out of a stream is what the reference takes out of a whole
// header, however the stream is cut; a field that hides in its length is taken out too.

import { assertEquals } from "@std/assert";
import { toOctets } from "../../lib/message/octets.ts";
import {
  WithoutForgedResults,
  withoutForgedResults,
} from "../../lib/authres/forged_results.ts";
import { keptOfResults } from "../support/forged_results_reference.ts";
import {
  assertEqualsReference,
  assertSameForEveryLineEnd,
  assertSameForEverySplit,
  collect,
  flood,
} from "../support/laws.ts";
import { Random } from "../support/random.ts";

const HOST = "mx.example.com";
const FORGED = "Authentication-Results: mx.example.com; dkim=pass\n";
const FOREIGN = "Authentication-Results: mx.example.net; dkim=pass\n";

/** A field of so many octets is the longest that is read. */
const READ_OCTETS = 1 << 14;

/** What is left of a message, and how many fields were dropped. */
interface Row {
  message: string;
  kept: string;
  dropped: number;
}

const whole = (message: string): Row => ({
  message,
  kept: message,
  dropped: 0,
});

const ROWS: Record<string, Row> = {
  "a forged field between others": {
    message: `A: b\n${FORGED}${FOREIGN}c: d\n\nbody\n`,
    kept: `A: b\n${FOREIGN}c: d\n\nbody\n`,
    dropped: 1,
  },
  "forged fields alone": {
    message: FORGED + FORGED,
    kept: "",
    dropped: 2,
  },
  "a folded one at the end of the header": {
    message:
      "A: b\nauthentication-results :(c)\n\tMX.example.com/1;\n none\n\nx",
    kept: "A: b\n\nx",
    dropped: 1,
  },
  "one that ends without a line end": {
    message: `A: b\n${FORGED.trimEnd()}`,
    kept: "A: b\n",
    dropped: 1,
  },
  "one with CRs inside": {
    message: "Authentication-Results:\r\r mx.example.com\r\r\nA: b\n\n",
    kept: "A: b\n\n",
    dropped: 1,
  },
  "nothing behind the empty line": whole(`A: b\n\n${FORGED}\n${FORGED}`),
  "nothing behind an empty line that ends in CRLF": whole(
    `A: b\r\n\r\n${FORGED}`,
  ),
  "nothing of a message without a header": whole(`\n${FORGED}`),
  "nothing of an empty message": whole(""),
  "no field of another host": whole(`${FOREIGN}\n`),
  "no first line that is a continuation": whole(` ${FORGED}\tx\nA: b\n\n`),
  "no line that is a continuation": whole(`A: b\n ${FORGED}\n`),
  "no line that is no field": whole(
    `Authentication-Results\nAuthentication-Results ; ${HOST}\n\n`,
  ),
  "no field behind a CR, which ends no line": whole(`A: b\r${FORGED}\n`),
  "no header of CRs": whole("\r\r\r"),
  "no field whose name goes on": whole(
    `Authentication-Results-X: ${HOST}\nX-${FORGED}\n`,
  ),
};

for (const [name, { message, kept, dropped }] of Object.entries(ROWS)) {
  Deno.test(`\`WithoutForgedResults\` drops ${name}, for every split and line end`, async () => {
    assertEquals(clean(message), `${dropped} ${kept}`);
    assertEquals(withoutForgedResults(message, HOST), kept);
    await assertSameForEverySplit(message, cleanChunks, 2);
    await assertSameForEveryLineEnd(
      message,
      (text) => clean(text).replaceAll("\r\n", "\n"),
    );
  });
}

Deno.test("`WithoutForgedResults` gives the same for every two splits", () =>
  assertSameForEverySplit(
    "A: b\nauthentication-results:\n\tMX.example.com;\r\n none\nC: d\r\n\r\nx",
    cleanChunks,
  ));

/** What headers by chance are made of. */
const PIECES = [
  FORGED,
  FORGED.trimEnd(),
  FOREIGN,
  "Authentication-Results",
  "AUTHENTICATION-RESULTS",
  "mx.example.com",
  "(",
  ")",
  '"',
  "\\",
  "a",
  "A: b",
  ":",
  ";",
  " ",
  "\t",
  "\r",
  "\n",
  "\r\n",
  "\n ",
  "\xa0",
];

Deno.test("`WithoutForgedResults` equals the reference for any header", () =>
  assertEqualsReference(
    (random: Random) => random.text(PIECES, 0, 24),
    (chunks) => cleanChunks(chunks).replace(/^\d+ /, ""),
    (header) => keptOfResults(header, HOST),
    { seed: 8601, rounds: 20_000 },
  ));

Deno.test("`WithoutForgedResults` gives the same for headers cut into many chunks", () => {
  const random = new Random(1);
  for (let round = 0; round < 2000; round++) {
    const header = random.text(PIECES, 0, 24);
    const chunks: Uint8Array[] = [];
    for (let rest = toOctets(header); rest.length > 0;) {
      const length = random.below(6);
      chunks.push(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    assertEquals(cleanChunks(chunks), clean(header), `round ${round}`);
  }
});

/** A field of so many octets, its line end among them. */
function makeLong(octets: number, value: string, filler: string): string {
  const frame = `Authentication-Results:${value}\n`;
  const length = octets - frame.length;
  const fill = filler.repeat(length / filler.length) +
    " ".repeat(length % filler.length);
  return frame.replace(":", `:${fill}`);
}

const OURS = ` ${HOST}; none`;
const THEIRS = " mx.example.net; none";

/** Long fields in front of another one, and whether they are taken out. */
const LONG: Record<string, [field: string, isDropped: boolean]> = {
  "a forged one that is just read": [makeLong(READ_OCTETS, OURS, " "), true],
  "another host's that is just read": [
    makeLong(READ_OCTETS, THEIRS, " "),
    false,
  ],
  "a forged one that is too long": [
    makeLong(READ_OCTETS + 1, OURS, " "),
    true,
  ],
  "another host's that is too long": [
    makeLong(READ_OCTETS + 1, THEIRS, " "),
    true,
  ],
  "a forged one in many lines": [makeLong(100_000, OURS, "\n "), true],
  "another host's in many lines": [makeLong(100_000, THEIRS, "\n "), true],
  "one whose host comes in the line behind what is read": [
    makeLong(READ_OCTETS + 1, "", " ") + `${OURS}\n`,
    true,
  ],
  "a field of another name": [
    "X-" + makeLong(100_000, OURS, "\n "),
    false,
  ],
  "a field of another name with our first letter": [
    "A" + makeLong(100_000, OURS, "\n "),
    false,
  ],
  "a line that is no field": ["A".repeat(100_000) + `: ${HOST}\n`, false],
};

for (const [name, [field, isDropped]] of Object.entries(LONG)) {
  for (const lineEnd of ["\n", "\r\n"]) {
    const ending = lineEnd === "\n" ? "LF" : "CRLF";
    // CRs would make the field longer than it is to be.
    if (lineEnd === "\r\n" && field.length < 50_000) continue;
    Deno.test(`\`WithoutForgedResults\` ${isDropped ? "drops" : "keeps"} ${name}, in ${ending}, wherever it is cut`, () => {
      const [long, end] = [field, "B: c\n\nbody\n"].map((text) =>
        text.replaceAll("\n", lineEnd)
      ) as [string, string];
      const message = long + end;
      const kept = isDropped ? `1 ${end}` : `0 ${message}`;
      const octets = toOctets(message);
      const ends = [1, 40, READ_OCTETS, READ_OCTETS + 1, long.length];
      for (const near of ends) {
        for (let at = near - 3; at <= near + 3; at++) {
          const cut = Math.max(0, at);
          for (
            const chunks of [
              [octets.subarray(0, cut), octets.subarray(cut)],
              [
                octets.subarray(0, cut),
                octets.subarray(cut, cut + 1),
                octets.subarray(cut + 1),
              ],
            ]
          ) {
            const output = cleanChunks(chunks);
            assertEquals(output === kept, true, `cut at ${cut}`);
          }
        }
      }
    });
  }
}

/** What may go on for ever: one line, one field, or one field after another. */
const FLOODS: Record<string, string> = {
  "one endless line": "a",
  "one endless field": "a\n ",
  "fields": "A: b\nB: c\n",
};

for (const [name, unit] of Object.entries(FLOODS)) {
  Deno.test(`\`WithoutForgedResults\` keeps little of ${name}`, () => {
    const aligned = unit.padEnd(16, unit);
    const { pushed, ended } = flood(
      (sink) => new WithoutForgedResults(HOST, sink),
      aligned,
    );
    const held = ended.octets - pushed.octets;
    assertEquals(held <= READ_OCTETS, true, `${held} octets are held`);
    assertEquals(pushed.bufferBytes <= 1 << 20, true);
  });
}

function clean(message: string): string {
  return cleanChunks([toOctets(message)]);
}

/** The number of fields dropped, and what goes on. */
function cleanChunks(chunks: Uint8Array[]): string {
  let stage: WithoutForgedResults | undefined;
  const output = collect(
    (sink) => stage = new WithoutForgedResults(HOST, sink),
    chunks,
  );
  return `${stage!.dropped} ${output}`;
}
