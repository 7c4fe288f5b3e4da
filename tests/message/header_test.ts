// parseHeader(): where fields begin and end, which lines are none, and that no octet is lost.

import { assert, assertEquals } from "@std/assert";
import {
  fieldsNamed,
  fieldValue,
  isFieldName,
  parseHeader,
} from "../../lib/message/header.ts";
import { Random } from "../support/random.ts";
import { fieldsOf, linesOf } from "../support/reference.ts";

/** The fields of a header, each with its name. Together they are the header, octet for octet. */
const ROWS: Record<string, [name: string, raw: string][]> = {
  "no header": [],
  "one field": [["From", "From: a@b.c"]],
  "two fields": [["A", "A: b"], ["C", "C: d"]],
  "a field without a space": [["From", "From:a"]],
  "an empty field": [["X-Empty", "X-Empty:"]],
  "a folded field": [["A", "A: b\n c\n\td"], ["E", "E: f"]],
  "a continuation of white space alone": [["A", "A: b\n \n\t"], ["B", "B:"]],
  "a field folded right after its colon": [["A", "A:\n b"]],
  "colons in the value": [["A", "A: b: c::"]],
  "white space before the colon": [["A", "A : b"], ["C", "C\t \t: d"]],
  "a line without a colon": [["", "junk"], ["A", "A: b"]],
  "the continuation of junk": [["", "junk\n x: y"], ["A", "A: b"]],
  "a continuation on the first line": [["", " A: b"], ["C", "C: d"]],
  "a name with white space inside": [["", "A b: c"]],
  "a colon without a name": [["", ": a"]],
  "a colon only in the continuation": [["", "A\n : b"]],
  "an mbox line": [["", "From a@b.c Thu Jan  1 00:00:00 1970"], ["A", "A: b"]],
  "a name that is not ASCII": [["", "\xc3\x84: b"], ["", "A\xa0: b"]],
  "a name with a control character": [["", "A\x07: b"]],
  "a name with a CR": [["", "A\r: b"]],
  "a name with a NUL": [["", "A\0: b"]],
  "a name with DEL": [["", "A\x7f: b"]],
  "a name of odd characters": [['!#;="~/9', '!#;="~/9: b']],
  "octets of all kinds in a value": [["A", "A: \0\xff\x80\r\v\f"]],
  "an empty line": [["", ""], ["A", "A: b"]],
};

for (const [row, fields] of Object.entries(ROWS)) {
  Deno.test(`\`parseHeader()\` reads ${row}`, () => {
    const header = fields.map(([, raw]) => raw + "\n").join("");
    const expected = fields.map(([name, raw]) => ({ name, raw }));
    assertEquals(parseHeader(header), expected);
  });
}

Deno.test("`parseHeader()` reads an unterminated last line", () => {
  assertEquals(parseHeader("A: b\nC: d"), parseHeader("A: b\nC: d\n"));
});

Deno.test("`parseHeader()` equals RFC 5322 section 2.2 written down, and loses no octet", () => {
  const random = new Random(3);
  for (let round = 0; round < 20_000; round++) {
    const header = random.text(["a", "b", ":", " ", "\t", "\r", "\n"], 0, 14) +
      "\n";
    const note = `seed ${random.seed}, round ${round}: ${
      JSON.stringify(header)
    }`;
    const fields = parseHeader(header.replaceAll("\r\n", "\n"));
    const expected = fieldsOf(linesOf(header)).map(({ name, lines }) => ({
      name,
      raw: lines.join("\n"),
    }));
    assertEquals(fields, expected, note);
    const again = fields.map(({ raw }) => raw + "\n").join("");
    assertEquals(again, header.replaceAll("\r\n", "\n"), note);
  }
});

Deno.test("`parseHeader()` reads 100,000 fields", () => {
  const fields = parseHeader("A: b\n\tc\n".repeat(100_000));
  assertEquals(fields.length, 100_000);
  assert(fields.every(({ name, raw }) => name === "A" && raw === "A: b\n\tc"));
});

Deno.test("`parseHeader()` reads a field of 1 MiB in 16,384 lines", () => {
  const raw = "A: " + "b".repeat(61) + ("\n\t" + "b".repeat(62)).repeat(16_383);
  assertEquals(raw.length, 1 << 20);
  assertEquals(parseHeader(raw + "\n"), [{ name: "A", raw }]);
});

Deno.test("`fieldValue()` gives all after the first colon", () => {
  assertEquals(fieldValue({ name: "A", raw: "A : b:\n c " }), " b:\n c ");
  assertEquals(fieldValue({ name: "A", raw: "A:" }), "");
});

Deno.test("`fieldsNamed()` finds each instance in any case, in the order of the message", () => {
  const fields = parseHeader("To: a\nX: b\nTO: c\nto : d\nTo-Do: e\n");
  assertEquals(fieldsNamed(fields, "tO").map(fieldValue), [" a", " c", " d"]);
  assertEquals(fieldsNamed(fields, "Cc"), []);
});

Deno.test("`isFieldName()` takes printable ASCII without space and colon, and nothing else", () => {
  const accepted = Array.from({ length: 256 }, (_, code) => code)
    .filter((code) => isFieldName(`A${String.fromCharCode(code)}`));
  const printable = Array.from({ length: 94 }, (_, n) => 33 + n);
  assertEquals(accepted, printable.filter((code) => code !== 58));
  assertEquals(isFieldName(""), false);
});
