// Split: where the header ends, what is left of it beyond 1 MiB, and that no split point matters.

import { assert, assertEquals } from "@std/assert";
import { toOctets, toText } from "../../lib/message/octets.ts";
import { HEADER_LIMIT_BYTES, Split } from "../../lib/message/split.ts";
import {
  assertEqualsReference,
  assertSameForEverySplit,
  feed,
  flood,
} from "../support/laws.ts";
import { partsOf } from "../support/reference.ts";

const ROWS: Record<string, [input: string, header: string, body: string]> = {
  "header and body": ["A: b\nC: d\n\ne\n", "A: b\nC: d\n", "e\n"],
  "no blank line": ["A: b\nC: d\n", "A: b\nC: d\n", ""],
  "an unterminated header": ["A: b", "A: b", ""],
  "nothing": ["", "", ""],
  "an empty header": ["\nbody\n", "", "body\n"],
  "a blank line alone": ["\n", "", ""],
  "an empty body": ["A: b\n\n", "A: b\n", ""],
  "a body of blank lines": ["A: b\n\n\n\n", "A: b\n", "\n\n"],
  "a second blank line": ["A: b\n\nc\n\nd\n", "A: b\n", "c\n\nd\n"],
  "a line of white space in the header": [
    "A: b\n \nC: d\n\ne\n",
    "A: b\n \nC: d\n",
    "e\n",
  ],
  "a line of one CR in the header": ["A: b\n\r\n\ne\n", "A: b\n\r\n", "e\n"],
  "octets of all kinds": ["\x00\xff\n\n\x00\xff", "\x00\xff\n", "\x00\xff"],
};

for (const [name, [input, header, body]] of Object.entries(ROWS)) {
  Deno.test(`\`Split\` parts ${name}`, () => {
    assertEquals(split([toOctets(input)]), JSON.stringify([[header], body]));
  });
}

Deno.test("`Split` gives the same for every split", async () => {
  for (const [input] of Object.values(ROWS)) {
    await assertSameForEverySplit(input, split);
  }
});

Deno.test("`Split` equals RFC 5322 section 2.1 written down", () =>
  assertEqualsReference(
    (random) => random.text(["a", ":", " ", "\n", "\n"], 0, 16) + "\n",
    split,
    (input) => {
      const { header, body } = partsOf(input);
      return JSON.stringify([[endLines(header)], endLines(body)]);
    },
    { seed: 2, rounds: 5000 },
  ));

Deno.test("`Split` hands over the header before the first octet of the body", () => {
  const seen: string[] = [];
  const stage = new Split(
    (header) => seen.push(`header ${header}`),
    (run) => seen.push(`body ${toText(run)}`),
  );
  stage.push(toOctets("A: b\n"));
  assertEquals(seen, []);
  stage.push(toOctets("\nc"));
  assertEquals(seen, ["header A: b\n", "body c"]);
});

const SIZES: Record<string, [octets: number, isGiven: boolean]> = {
  "one octet under the limit": [HEADER_LIMIT_BYTES - 1, true],
  "of the limit": [HEADER_LIMIT_BYTES, true],
  "one octet over the limit": [HEADER_LIMIT_BYTES + 1, false],
  "twice the limit": [2 * HEADER_LIMIT_BYTES, false],
};

for (const [name, [octets, isGiven]] of Object.entries(SIZES)) {
  const line = "X: " + "y".repeat(60) + "\n";
  const lines = line.repeat(Math.ceil(octets / line.length));
  const header = "Z" + lines.slice(lines.length - octets + 1);
  for (const chunkBytes of [octets + 6, 64 << 10, 4093]) {
    Deno.test(`\`Split\` ${isGiven ? "hands over" : "leaves out"} a header ${name}, in chunks of ${chunkBytes}`, () => {
      const message = toOctets(header + "\nbody\n");
      const chunks = [];
      for (let at = 0; at < message.length; at += chunkBytes) {
        chunks.push(message.subarray(at, at + chunkBytes));
      }
      const [[given], body] = JSON.parse(split(chunks));
      assertEquals(given === (isGiven ? header : null), true);
      assertEquals(body, "body\n");
    });
  }
}

/** What comes first, what is repeated, the header that is handed over, and the octets of the body. */
type FloodRow = [
  prefix: string,
  unit: string,
  header: string | undefined,
  octets: number,
];

const FLOODS: Record<string, FloodRow> = {
  "one endless line": ["", "a", undefined, 0],
  "header fields": ["", "X: y\n\tz\n", undefined, 0],
  "spaces": ["", " ", undefined, 0],
  "line breaks": ["A: b\n", "\n", "A: b\n", (16 << 20) - 1],
  "a body": ["\n", "a", "", 16 << 20],
};

for (const [name, [prefix, unit, header, octets]] of Object.entries(FLOODS)) {
  Deno.test(`\`Split\` stays small on 16 MiB of ${name}`, () => {
    const headers: (string | undefined)[] = [];
    const { pushed, ended } = flood((sink) => {
      const stage = new Split((header) => headers.push(header), sink);
      stage.push(toOctets(prefix));
      return stage;
    }, unit);
    assertEquals(ended.octets, octets);
    assert(ended.runs <= 256, `${ended.runs} runs`);
    // The header up to its limit, while its buffer grows twice over.
    assert(pushed.retainedBytes < 4 << 20, `${pushed.retainedBytes} kept`);
    assertEquals(headers, [header]);
  });
}

/** The headers that were handed over, and the body. */
function split(chunks: Uint8Array[]): string {
  const headers: (string | undefined)[] = [];
  let body = "";
  feed(
    new Split((header) => headers.push(header), (run) => body += toText(run)),
    chunks,
  );
  return JSON.stringify([headers, body]);
}

function endLines(lines: string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
