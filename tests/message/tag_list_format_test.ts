// formatTagList() and appendBase64(): folding at 78 octets, and that what was written is read.

import { assert, assertEquals } from "@std/assert";
import {
  appendBase64,
  formatTagList,
  parseTagList,
  type TagText,
  unfold,
} from "../../lib/message/tag_list.ts";
import { assertInverse } from "../support/laws.ts";
import { Random } from "../support/random.ts";

Deno.test("`formatTagList()` writes tags in their order, with a semicolon between each two", () => {
  const tags = [{ name: "v", value: "1" }, { name: "a", value: "x" }, {
    name: "b",
    value: "",
  }];
  assertEquals(formatTagList("Name", tags), "Name: v=1; a=x; b=");
});

Deno.test("`formatTagList()` folds before the tag that does not fit into 78 octets", () => {
  const filled = { name: "long", value: "x".repeat(60) };
  // "Name: long=", its value and a semicolon make 72 octets, " b=" three more.
  for (const [value, space] of [["yyy", " "], ["yyyy", "\n\t"]] as const) {
    const field = formatTagList("Name", [filled, { name: "b", value }]);
    assertEquals(field, `Name: long=${filled.value};${space}b=${value}`);
  }
});

Deno.test("`formatTagList()` folds a list after its separators", () => {
  const names = Array.from({ length: 12 }, (_, n) => `X-Field-${n}`);
  const field = formatTagList("Name", [
    { name: "h", value: names.join(":"), folding: "list" },
    { name: "b", value: "" },
  ]);
  assertEquals(field.split("\n"), [
    `Name: h=${names.slice(0, 7).join(":")}:`,
    `\t${names.slice(7).join(":")}; b=`,
  ]);
});

Deno.test("`formatTagList()` folds between quoted octets, never inside one", () => {
  const value = `Subject:${"=C3=A4".repeat(40)}`;
  const field = formatTagList("Name", [{ name: "z", value, folding: "list" }]);
  assertEquals(unfold(field), `Name:z=${value}`);
  const [first, ...more] = field.split("\n");
  assert(/^Name: z=Subject:(=[0-9A-F]{2})+$/.test(first!), first);
  assert(more.length > 2);
  for (const line of more) assert(/^\t(=[0-9A-F]{2}){1,25}$/.test(line), line);
});

Deno.test("`formatTagList()` writes lines of at most 78 octets, except for an item that cannot be folded", () => {
  const random = new Random(4);
  for (let round = 0; round < 2000; round++) {
    const tags = makeTags(random);
    const field = formatTagList("X-Signature", tags);
    const items = tags.flatMap(itemsOf).flatMap((item) => [item, `${item};`]);
    for (const line of field.split("\n")) {
      assert(
        line.length <= 78 || items.includes(line.replace(/^\t/, "")),
        `seed ${random.seed}, round ${round}: ${JSON.stringify(line)}`,
      );
    }
  }
});

Deno.test("`parseTagList()` reads what `formatTagList()` writes", () =>
  assertInverse(
    (random) => makeTags(random).map(({ name, value }) => [name, value]),
    (tags) =>
      formatTagList(
        "X-Signature",
        tags.map(([name, value], n) => ({
          name: name!,
          value: value!,
          folding: FOLDINGS[n % 3]!,
        })),
      ),
    (field) =>
      Array.from(
        parseTagList(field.slice("X-Signature:".length))!,
        ([name, { value }]) => [name, unfold(value)],
      ),
    { seed: 5, rounds: 2000 },
  ));

Deno.test("`appendBase64()` fills lines of 78 octets", () => {
  const value = "x".repeat(300);
  for (const used of [3, 76, 77, 78, 79, 200]) {
    const [first, ...more] = appendBase64("y".repeat(used), value).split("\n");
    const room = Math.max(78 - used, 0);
    assertEquals(first, "y".repeat(used) + "x".repeat(room));
    assertEquals(more.map((line) => line[0]).join("").trim(), "");
    assertEquals(more.map((line) => line.slice(1)).join("").length, 300 - room);
    assert(more.slice(0, -1).every((line) => line.length === 78));
    assert(more.at(-1)!.length <= 78 && more.at(-1)!.length > 1);
  }
  assertEquals(appendBase64("b=", ""), "b=");
  assertEquals(appendBase64("\tb=", "QUJD"), "\tb=QUJD");
});

const FOLDINGS = ["none", "list", "anywhere"] as const;

/** Tags with names of their own, and values of parts that are short and long. */
function makeTags(random: Random): TagText[] {
  return Array.from({ length: 1 + random.below(6) }, (_, n) => ({
    name: "vachbz"[n]!,
    value: random.text(
      ["x".repeat(random.below(100)), "y", ":", "|", "=3D"],
      0,
      40,
    ),
    folding: random.pick(FOLDINGS),
  }));
}

/** The parts of a tag between which a line may end. */
function itemsOf({ name, value, folding }: TagText): string[] {
  const items = folding === "list" ? value.split(/(?<=[:|]|=3D)/) : [value];
  return [`${name}=${items[0]}`, ...items.slice(1)];
}
