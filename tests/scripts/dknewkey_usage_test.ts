// dknewkey as a process: its usage, and what it refuses.

import { assertEquals, assertMatch } from "@std/assert";
import {
  dknewkey,
  dknewkeyIn,
  inFolder,
  namesIn,
} from "../support/dknewkey.ts";

Deno.test("`dknewkey --help` prints the usage", async () => {
  for (const option of ["--help", "-h"]) {
    const { code, stdout, stderr } = await dknewkey(option);
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^usage: dknewkey .* FILE \[BITS\]\n/);
  }
});

const USAGE_ERRORS: Record<string, [args: string[], message: RegExp]> = {
  "no file": [[], /The file of the private key is missing/],
  "an unknown option": [["k", "--bits", "2048"], /Unknown option --bits/],
  "an unknown letter": [["k", "-x"], /Unknown option -x/],
  "a third argument": [["k", "2048", "3"], /Unexpected argument "3"/],
  "1023 bits": [["k", "1023"], /of "1023" bits: give 1024 to 8192/],
  "8193 bits": [["k", "8193"], /of "8193" bits: give 1024 to 8192/],
  "bits that are no number": [["k", "2048x"], /of "2048x" bits/],
  "bits in another form": [["k", "0x800"], /of "0x800" bits/],
  "an unknown type": [["k", "--type", "dsa"], /of type "dsa"/],
  "bits for Ed25519": [["k", "256", "--type=ed25519"], /of "256" bits/],
  "DomainKeys for Ed25519": [
    ["k", "--type=ed25519", "--domainkeys"],
    /Ed25519 key for DomainKeys/,
  ],
  "a type with --print": [["--print", "k", "--type=rsa"], /type with --print/],
  "bits with --print": [["--print", "k", "2048"], /argument "2048"/],
  "--print without a file": [["--print"], /Option "print" needs a value/],
  "--tinydns without a domain": [["k", "--tinydns"], /give --domain as well/],
  "an empty domain": [["k", "--domain"], /Option "domain" needs a value/],
  "a domain with an empty label": [["k", "--domain=a..b"], /domain "a..b"/],
  "a domain with a slash beside a U-label": [
    ["k", "--domain=a.de/ä"],
    /domain "a.de\/ä"/,
  ],
  "a domain that is two dots": [["k", "--domain=a.."], /domain "a\.\."/],
  "a domain that is too long": [
    ["k", `--domain=${"a.".repeat(121)}`],
    /it has 254 characters/,
  ],
  "a folder for a file": [["k/"], /selector ""/],
  "a selector with a space": [["my key"], /selector "my key"/],
  "a selector that ends in a dot": [["k."], /selector "k\."/],
  "a selector that begins with a hyphen": [["./-k"], /selector "-k"/],
  "a selector that is too long": [["a".repeat(64)], /selector "a{64}"/],
  "the folder above": [[".."], /selector "\.\."/],
};
for (const [name, [args, message]] of Object.entries(USAGE_ERRORS)) {
  Deno.test(`\`dknewkey\` refuses ${name} as wrong usage`, () =>
    inFolder(async (folder) => {
      const { code, stdout, stderr } = await dknewkeyIn(folder, ...args);
      assertEquals([code, stdout], [2, ""]);
      assertMatch(stderr, message);
      assertMatch(stderr, /\nTry "dknewkey --help"\n$/);
      assertEquals(namesIn(folder), []);
    }));
}

const FAILURES: Record<string, [args: string[], message: RegExp]> = {
  "a folder that is missing": [["a/k"], /Cannot find the folder "a\/"/],
  "a file for a folder": [["/etc/passwd/k"], /\/etc\/passwd/],
  "a folder that cannot be written": [["/sys/k", "1024"], /\/sys\//],
  "a key that is missing": [["--print", "k"], /ENOENT.*'k'/],
  "a folder for a key": [["--print", "/tmp"], /EISDIR/],
};
for (const [name, [args, message]] of Object.entries(FAILURES)) {
  Deno.test(`\`dknewkey\` fails for ${name}`, () =>
    inFolder(async (folder) => {
      const { code, stdout, stderr } = await dknewkeyIn(folder, ...args);
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, message);
      assertEquals(namesIn(folder), []);
    }));
}
