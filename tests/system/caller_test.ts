// What a launcher hands over, read back; and garbage in its place.

import { assertEquals } from "@std/assert";
import { listEntries, parseCaller } from "../../lib/system/process/caller.ts";

const LIMITS = "2929\nunlimited\n8192\n64";

function blockOf(...entries: string[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    entries.map((entry) => `${entry}\0`).join(""),
    (char) => char.charCodeAt(0),
  );
}

Deno.test("`parseCaller()` reads limits and an environment that is no UTF-8", () => {
  const block = blockOf("A=b", "N\xe9=\xff\n", "x y=", "=");
  const caller = parseCaller(`${LIMITS}\n${block.toBase64()}`);
  assertEquals([...caller!.limits], [
    ["Max address space", "2929"],
    ["Max data size", "unlimited"],
    ["Max stack size", "8192"],
    ["Max open files", "64"],
  ]);
  assertEquals(caller?.block, block);
  assertEquals(caller?.replaced, []);
});

Deno.test("`parseCaller()` reads an empty environment, whose line the shell drops", () => {
  assertEquals(parseCaller(LIMITS)?.block, new Uint8Array(0));
});

Deno.test("`parseCaller()` reads what was replaced where there is no environment", () => {
  const caller = parseCaller(`${LIMITS}\n\nDENO_DIR\nTMPDIR`);
  assertEquals(caller?.block, undefined);
  assertEquals(caller?.replaced, ["DENO_DIR", "TMPDIR"]);
});

for (
  const [name, text] of [
    ["nothing", ""],
    ["three limits", "1\n2\n3"],
    ["a limit that is none", "1\n2\nmany\n4\nQT1iAA=="],
    ["a limit that is negative", "1\n2\n-3\n4\nQT1iAA=="],
    ["a limit beyond all numbers", `1\n2\n${"9".repeat(40)}\n4`],
    ["an environment without an end", `${LIMITS}\n${btoa("A=b")}`],
  ] as const
) {
  Deno.test(`\`parseCaller()\` takes ${name} for no launcher`, () => {
    assertEquals(parseCaller(text), undefined);
  });
}

Deno.test("`listEntries()` leaves out the variables for us, and no others", () => {
  const kept = ["DKQUEUES=1", "XDKQUEUE=2", "DKQUEUE", "", "A=DK_CALLER="];
  const ours = ["DKQUEUE=/x", "DKREMOTE=", "DK_CALLER=1\n2", "DKQUEUE=again"];
  const block = blockOf(
    ...kept.flatMap((entry, n) => [entry, ours[n] ?? "Z=z"]),
  );
  assertEquals(
    [...listEntries(block, ["DKQUEUE", "DKREMOTE"])].map((entry) =>
      String.fromCharCode(...entry)
    ),
    kept.flatMap((entry, n) => [`${entry}\0`, ...n < 4 ? [] : ["Z=z\0"]]),
  );
});
