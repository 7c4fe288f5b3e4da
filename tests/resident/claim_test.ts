// What a launcher writes into a slot: whole or nothing, whatever stands there.

import { assertEquals, assertThrows } from "@std/assert";
import {
  MAX_CLAIM_OCTETS,
  OWNER_OCTETS,
  parseClaim,
  parseOwner,
} from "../../lib/resident/claim.ts";
import { Environment } from "../../lib/system/configuration/environment.ts";
import { StepFailed } from "../../lib/qmail/exit_code.ts";
import { toOctets } from "../../lib/message/octets.ts";

/** As printf(1) writes it: a line, then parts with a NUL after each. */
function claimOf(pid: string, ...parts: string[]): Uint8Array {
  return toOctets(`${pid}\n${parts.map((part) => `${part}\0`).join("")}`);
}

const WHOLE = claimOf(
  ...["4711", "dk-sign", "v1", "/bin/next", "", "DKSIGN=/a", "DKSIGN=/b=c"],
  ...["TMPDIR=", "ERROR_FD", "."],
);

Deno.test("`parseClaim()` reads a whole claim", () => {
  const { variables, ...claim } = parseClaim(WHOLE)!;
  assertEquals(claim, {
    pid: 4711,
    program: "dk-sign",
    version: "v1",
    next: "/bin/next",
    sender: "",
  });
  // The launcher's defaults come first, the caller's own after them.
  assertEquals(variables.get("DKSIGN"), "/b=c");
  assertEquals(variables.get("TMPDIR"), "");
  assertEquals(variables.get("ERROR_FD"), undefined);
  assertEquals(variables.get("DKVERIFY"), undefined);
});

Deno.test("`parseClaim()` takes no claim that is cut at any octet", () => {
  for (let length = 0; length < WHOLE.length; length++) {
    assertEquals(parseClaim(WHOLE.subarray(0, length)), undefined, `${length}`);
  }
});

Deno.test("`parseClaim()` takes none with something after its end", () => {
  for (const more of ["x", "\0", "A=b\0", "\n"]) {
    const octets = new Uint8Array([...WHOLE, ...toOctets(more)]);
    assertEquals(parseClaim(octets), undefined, JSON.stringify(more));
  }
});

Deno.test("`parseClaim()` takes none that lacks a word", () => {
  const words = ["dk-sign", "v1", "/bin/next", "a@example.com"];
  for (let count = 0; count < words.length; count++) {
    const octets = claimOf("1", ...words.slice(0, count), ".");
    assertEquals(parseClaim(octets), undefined, `${count}`);
  }
  assertEquals(parseClaim(claimOf("1", ...words, "."))?.sender, words[3]);
});

Deno.test("`parseClaim()` takes as much as an environment holds, and no more", () => {
  const claim = (length: number) => {
    const rest = claimOf("1", "dk-sign", "v", "/n", "", "A=", ".").length;
    const value = "x".repeat(length - rest);
    return claimOf("1", "dk-sign", "v", "/n", "", `A=${value}`, ".");
  };
  const largest = claim(MAX_CLAIM_OCTETS);
  assertEquals(largest.length, MAX_CLAIM_OCTETS);
  assertEquals(parseClaim(largest)?.program, "dk-sign");
  assertEquals(parseClaim(claim(MAX_CLAIM_OCTETS + 1)), undefined);
  assertEquals(parseClaim(claim(1 << 20)), undefined);
});

Deno.test("A variable that is not UTF-8 is refused with 55, as it is one-shot", () => {
  const claim = claimOf("1", "dk-sign", "v", "/n", "", "DKSIGN=/k\xff", ".");
  const environment = new Environment(parseClaim(claim)!.variables);
  const error = assertThrows(() => environment.get("DKSIGN"), StepFailed);
  assertEquals(error.code, 55);
  const umlaut = claimOf("1", "dk-sign", "v", "/n", "", "DKSIGN=\xc3\xbc", ".");
  assertEquals(parseClaim(umlaut)!.variables.get("DKSIGN"), "ü");
});

for (
  const [text, owner] of [
    ["1\n", 1],
    ["4194304\n", 4194304],
    ["4294967295\n", 4294967295],
    ["4711\ndk-sign\0", 4711],
    ["4711", undefined],
    ["", undefined],
    ["\n", undefined],
    ["0\n", undefined],
    ["-1\n", undefined],
    ["1 \n", undefined],
    ["01\n", undefined],
    ["1e3\n", undefined],
    ["99999999999\n", undefined],
    ["\x004711\n", undefined],
  ] as const
) {
  Deno.test(`\`parseOwner()\` of ${JSON.stringify(text)}`, () => {
    assertEquals(parseOwner(toOctets(text)), owner);
    assertEquals(parseOwner(toOctets(text).subarray(0, OWNER_OCTETS)), owner);
  });
}
