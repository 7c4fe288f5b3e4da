// WithoutForgedResults: which fields it drops, and parts of fields, however the stream is cut; one that
// hides in its length is dropped too.

import { assertEquals } from "@std/assert";
import { toOctets } from "../../lib/message/octets.ts";
import { WithoutForgedResults } from "../../lib/authres/forged_results.ts";
import { withoutForgedResults } from "../../lib/authres/forged_results_text.ts";
import { clean, cleanChunks, HOST } from "../support/cleaning.ts";
import {
  assertSameForEveryLineEnd,
  assertSameForEverySplit,
  flood,
} from "../support/laws.ts";

const FORGED = "Authentication-Results: mx.example.com; dkim=pass\n";
const FOREIGN = "Authentication-Results: mx.example.net; dkim=pass\n";

/** Of a field no more octets are kept. */
const READ_OCTETS = 1 << 16;

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
  "what follows a CR that ends no line": {
    message: `A: b\r${FORGED}C: d\n\n`,
    kept: "A: b\nC: d\n\n",
    dropped: 1,
  },
  "what follows a CR and ends without a line end": {
    message: `A: b\r${FORGED.trimEnd()}`,
    kept: "A: b",
    dropped: 1,
  },
  "one behind a CR that ends no line, after lines that it goes on with": {
    message: `A: b\n c\r${FORGED}\tx\n\n`,
    kept: "A: b\n c\n\n",
    dropped: 1,
  },
  "one in the middle of another one": {
    message: `Authentication-Results: (\r${FORGED}A: b\n\n`,
    kept: "A: b\n\n",
    dropped: 1,
  },
  "one in the middle of another host's": {
    message: `${FOREIGN.trimEnd()}\r${FORGED}A: b\n\n`,
    kept: `${FOREIGN}A: b\n\n`,
    dropped: 1,
  },
  "one whose host is in a line without a colon": {
    message: `Authentication-Results:\n${HOST}; none\nA: b\n\n`,
    kept: "A: b\n\n",
    dropped: 1,
  },
  "one whose host is behind two of them": {
    message: `Authentication-Results: (a\n)\n${HOST}; none\n x: y\nA: b\n\n`,
    kept: "A: b\n\n",
    dropped: 1,
  },
  "one whose host is behind what is white space to some": {
    message: `Authentication-Results:\n\v${HOST}; none (a:b)\nA: b\n\n`,
    kept: "A: b\n\n",
    dropped: 1,
  },
  "a part whose host is in a line without a colon": {
    message: `X: y\rAuthentication-Results:\n${HOST}; none\nA: b\n\n`,
    kept: "X: y\nA: b\n\n",
    dropped: 1,
  },
  "one that hides the line of another without a host": {
    message: `Authentication-Results:\n${FORGED}${HOST}; none\nA: b\n\n`,
    kept: "Authentication-Results:\nA: b\n\n",
    dropped: 2,
  },
  "no line without a colon after another host's": whole(
    `${FOREIGN}${HOST}; none\n\n`,
  ),
  "no line without a colon after one without a host": whole(
    "Authentication-Results:\nother; none\nA: b\n\n",
  ),
  "no empty field before another": whole(
    `Authentication-Results:\n${HOST}: none\n\n`,
  ),
  "no line without a colon after a forged one": {
    message: `A: b\n${FORGED}Hello\n\n`,
    kept: "A: b\nHello\n\n",
    dropped: 1,
  },
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
  "another host's whose name comes too late": [
    makeLong(READ_OCTETS + 100, THEIRS, " "),
    true,
  ],
  "another host's that is long": [
    `Authentication-Results:${THEIRS}${"\n x=y".repeat(50_000)}\n`,
    false,
  ],
  "one of a name that does not end": [
    `Authentication-Results ${"x".repeat(READ_OCTETS)}: ${HOST}\n`,
    true,
  ],
  "one behind octets that nobody sees": [
    `${"\x01".repeat(100)}Authentication-Results: ${HOST}\n`,
    true,
  ],
  "a forged one in many lines": [makeLong(70_000, OURS, "\n "), true],
  "another host's behind many lines": [makeLong(70_000, THEIRS, "\n "), true],
  "one whose host comes in the line behind what is read": [
    makeLong(READ_OCTETS + 30, "", " ") + `${OURS}\n`,
    true,
  ],
  "a field of another name": [
    "X-" + makeLong(70_000, OURS, "\n "),
    false,
  ],
  "a field of another name with our first letter": [
    "A" + makeLong(70_000, OURS, "\n "),
    false,
  ],
  "a line that is no field": ["A".repeat(70_000) + `: ${HOST}\n`, false],
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
  "CRs": "\r",
  "octets that nobody sees": "\0",
  "another host's field": "Authentication-Results: a\r",
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
