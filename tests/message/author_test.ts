// authorOf(): whose message it is, or why that cannot be told.

import { assertEquals } from "@std/assert";
import { parseHeader } from "../../lib/message/header.ts";
import { type Author, authorOf } from "../../lib/message/author.ts";

const ALICE = { localPart: "alice", domain: "Example.com" };
const BOB = { localPart: "bob", domain: "example.net" };

const ROWS: Record<string, [header: string, author: Author]> = {
  "one address": ["From: Alice <alice@Example.com>\n", ALICE],
  "a name in any case, with white space before the colon": [
    "FROM : alice@Example.com\n",
    ALICE,
  ],
  "the last of several addresses, as libdomainkeys has it": [
    "From: alice@Example.com, bob@example.net\n",
    BOB,
  ],
  "the last of a group": [
    "From: A: alice@Example.com, bob@example.net;\n",
    BOB,
  ],
  "the last before empty places": ["From: bob@example.net, ,\n", BOB],
  "a folded field": ["From:\n Bob\n\t<bob@example.net>\n", BOB],
  "none without the field": ["To: alice@Example.com\n", "none"],
  "none for another name": ["From-: alice@Example.com\nXFrom: a@b\n", "none"],
  "none in a header without fields": ["", "none"],
  "bad for two fields": [
    "From: alice@Example.com\nTo: x\nfrom: alice@Example.com\n",
    "bad",
  ],
  "bad for two fields, one of them malformed": [
    "From: alice\nFrom: alice@Example.com\n",
    "bad",
  ],
  "bad for an empty field": ["From:\n", "bad"],
  "bad for a comment alone": ["From: (nobody)\n", "bad"],
  "bad for an empty group": ["From: undisclosed-recipients:;\n", "bad"],
  "bad for a malformed address": ["From: alice at example.com\n", "bad"],
  "bad for a malformed address before a good one": [
    "From: alice, bob@example.net\n",
    "bad",
  ],
};

for (const [name, [header, author]] of Object.entries(ROWS)) {
  Deno.test(`\`authorOf()\` gives ${name}`, () => {
    assertEquals(authorOf(parseHeader(header), "From"), author);
    const sender = header.replaceAll(/^from/gim, "Sender");
    assertEquals(authorOf(parseHeader(sender), "Sender"), author);
  });
}

Deno.test("`authorOf()` keeps From and Sender apart", () => {
  const fields = parseHeader(
    "Sender: bob@example.net\nFrom: alice@Example.com\n",
  );
  assertEquals(authorOf(fields, "From"), ALICE);
  assertEquals(authorOf(fields, "Sender"), BOB);
});
