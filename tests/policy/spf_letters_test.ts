// SPFVERIFY as it is written: letters, or a digit of the SPF patch.

import { assertEquals, assertThrows } from "@std/assert";
import { parseSpfLetters, SPF_LETTERS } from "../../lib/policy/spf_letters.ts";
import { SPF_RESULTS } from "../../lib/spf/finding.ts";

const READ: [text: string, letters: string][] = [
  ["", ""],
  ["B", "B"],
  ["Bf", "Bf"],
  ["x,;B 7", "x,;B 7"],
  ["0", ""],
  ["1", ""],
  ["2", "f"],
  ["3", "fB"],
  ["4", "fBC"],
  ["5", "fBCD"],
  ["6", "fBCDEG"],
  // Of more than one character none is a digit of the patch.
  ["33", "33"],
];
for (const [text, letters] of READ) {
  Deno.test(`\`parseSpfLetters()\` reads "${text}"`, () => {
    assertEquals(parseSpfLetters(text), letters);
  });
}

for (const digit of ["7", "8", "9"]) {
  Deno.test(`\`parseSpfLetters()\` refuses ${digit}`, () => {
    assertThrows(
      () => parseSpfLetters(digit),
      SyntaxError,
      `Cannot use "${digit}" for SPFVERIFY`,
    );
  });
}

Deno.test("`SPF_LETTERS` has a letter of its own for each result", () => {
  assertEquals(
    SPF_RESULTS.map((result) => SPF_LETTERS[result]).join(""),
    "ABCDEFG",
  );
});
