// The command line of dk-resident.

import { assertEquals, assertThrows } from "@std/assert";
import { parseOptions } from "../../lib/resident/options.ts";

const MIB = 1 << 20;
const DEFAULTS = { action: "serve", folder: "/f", slots: 64 } as const;

for (
  const [line, options] of [
    ["/f", { ...DEFAULTS, maxRssBytes: 256 * MIB }],
    ["--slots 8 /f", { ...DEFAULTS, slots: 8, maxRssBytes: 256 * MIB }],
    ["--slots=8 --max-rss=1024 /f", {
      ...DEFAULTS,
      slots: 8,
      maxRssBytes: 1024 * MIB,
    }],
    ["--status /f", { action: "status", folder: "/f" }],
    ["--help", { action: "help" }],
    ["--help /f", { action: "help" }],
  ] as const
) {
  Deno.test(`\`parseOptions()\` reads "${line}"`, () => {
    assertEquals(parseOptions(line.split(" ")), options);
  });
}

for (
  const line of [
    "",
    "/f /g",
    "--slots /f",
    "--slots 0 /f",
    "--slots 65 /f",
    "--slots 1e1 /f",
    "--slots -1 /f",
    "--slots",
    "--slots= /f",
    "--slots=8=8 /f",
    "--max-rss 0 /f",
    "--max-rss many /f",
    "--status=1 /f",
    "--status",
    "--fast /f",
    "/f --slots 8",
  ]
) {
  Deno.test(`\`parseOptions()\` refuses "${line}"`, () => {
    const args = line.split(" ").filter((word) => word !== "");
    assertThrows(() => parseOptions(args), SyntaxError);
  });
}
