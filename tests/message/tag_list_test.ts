// parseTagList(): the grammar of RFC 6376 section 3.2 row by row, and where a tag's value is.

import { assertEquals } from "@std/assert";
import { parseTagList, unfold } from "../../lib/message/tag_list.ts";

/** A list, and its tags in their order. */
const ROWS: Record<string, [text: string, ...tags: string[]]> = {
  "one tag": ["a=b", "a=b"],
  "two tags": ["a=b;c=d", "a=b", "c=d"],
  "a final semicolon": ["a=b;", "a=b"],
  "white space after the final semicolon": ["a=b; \n\t", "a=b"],
  "white space around names and values": [" a \t= b ; c= d\t;", "a=b", "c=d"],
  "folds around names and values": [
    "\n a\n =\n b\n ;\r\n c=\r\n\td",
    "a=b",
    "c=d",
  ],
  "an empty value": ["a=;b=c", "a=", "b=c"],
  "an empty last value": ["a=b;c=", "a=b", "c="],
  "a value of white space alone": ["a= \t ;b=c", "a=", "b=c"],
  "white space inside a value": ["a=b c\td", "a=b c\td"],
  "a fold inside a value": ["a=b\n c\r\n\td", "a=b\n c\r\n\td"],
  "equals signs in a value": ["a=b=c==;d==", "a=b=c==", "d=="],
  "names of letters, digits and underscores": [
    "aB_9=x;Z__=y",
    "aB_9=x",
    "Z__=y",
  ],
  "names that differ in case alone": ["a=b;A=c", "a=b", "A=c"],
  "the names of object members": [
    "constructor=a;toString=b",
    "constructor=a",
    "toString=b",
  ],
  "every character of a value": [
    "a=!\"#$%&'()*+,-./09:<=>?@AZ[\\]^_`az{|}~",
    "a=!\"#$%&'()*+,-./09:<=>?@AZ[\\]^_`az{|}~",
  ],
};

for (const [name, [text, ...tags]] of Object.entries(ROWS)) {
  Deno.test(`\`parseTagList()\` reads ${name}`, () => {
    const list = parseTagList(text);
    assertEquals(
      list && Array.from(list, ([name, { value }]) => `${name}=${value}`),
      tags,
    );
  });
}

const REFUSED: Record<string, string> = {
  "nothing": "",
  "white space alone": " \t\n ",
  "a semicolon alone": ";",
  "an empty tag in front": ";a=b",
  "an empty tag in the middle": "a=b;;c=d",
  "white space for a tag in the middle": "a=b; ;c=d",
  "two final semicolons": "a=b;;",
  "two final semicolons with white space": "a=b; ;",
  "a tag without an equals sign": "a",
  "a last tag without an equals sign": "a=b;c",
  "a first tag without an equals sign": "a;b=c",
  "a tag without a name": "=b",
  "a tag with white space for a name": " =b",
  "a name that begins with a digit": "1a=b",
  "a name that begins with an underscore": "_a=b",
  "a name that begins with a hyphen": "-a=c",
  "a name with white space inside": "a b=c",
  "a name with a fold inside": "a\n b=c",
  "a name that is not ASCII": "\xe4=b",
  "a duplicate tag": "a=b;c=d;a=b",
  "a duplicate tag with another value": "a=b;a=c",
  "a duplicate tag in white space": "a=b; a =c",
  "a value with a NUL": "a=b\0",
  "a value with a control character": "a=\x07b",
  "a value with a vertical tab": "a=b\v",
  "a value with a form feed": "a=\fb",
  "a value with a DEL": "a=b\x7f",
};

for (const [name, text] of Object.entries(REFUSED)) {
  Deno.test(`\`parseTagList()\` refuses ${name}`, () => {
    assertEquals(parseTagList(text), undefined);
  });
}

Deno.test("`parseTagList()` tells where all between `=` and `;` stands", () => {
  const rows: [text: string, name: string, between: string][] = [
    ["a=b; b= c ;c=d", "b", " c "],
    ["a=b; b=\n c\n\t;", "b", "\n c\n\t"],
    ["a=b; b = c", "b", " c"],
    ["b=;a=b", "b", ""],
    ["bb=x;b=y=z;", "b", "y=z"],
    ["a=b;b=  ", "b", "  "],
  ];
  for (const [text, name, between] of rows) {
    const { start, end } = parseTagList(text)!.get(name)!;
    assertEquals(text.slice(start, end), between, text);
  }
});

Deno.test("`unfold()` takes all white space out", () => {
  assertEquals(unfold(" a\n b\r\n\tc d "), "abcd");
  assertEquals(unfold("a\v\xa0"), "a\v\xa0");
});
