// `dknewkey --spf --dmarc` as a process: records that our own readers of SPF and DMARC take.

import { assertEquals, assertMatch } from "@std/assert";
import { parseDmarcRecord } from "../../lib/dmarc/record.ts";
import { parseRecord, selectRecords } from "../../lib/spf/record.ts";
import {
  dknewkey,
  inFolder,
  namesIn,
  parseZoneLine,
} from "../support/dknewkey.ts";

const BOTH = ["--spf", "--dmarc", "--domain", "Example.COM."];

Deno.test("`dknewkey --spf --dmarc` prints two records to begin with, and makes no key", () =>
  inFolder(async (folder) => {
    const { code, stdout, stderr } = await dknewkey(...BOTH);
    assertEquals([code, stderr, namesIn(folder)], [0, "", []]);
    const [spf, dmarc, ...rest] = stdout.match(/.+\n/g)!.map(parseZoneLine);
    assertEquals(rest, []);
    assertEquals(spf, { name: "example.com.", text: "v=spf1 mx -all" });
    assertEquals(dmarc, {
      name: "_dmarc.example.com.",
      text: "v=DMARC1; p=none; rua=mailto:postmaster@example.com",
    });
    const [record = ""] = selectRecords([spf!.text]);
    assertEquals(typeof parseRecord(record), "object");
    assertEquals(parseDmarcRecord(dmarc!.text)?.policy, "none");
  }));

Deno.test("`dknewkey --spf --dmarc --tinydns` escapes the colon that would end the text", async () => {
  const { stdout } = await dknewkey(...BOTH, "--tinydns");
  // tinydns-data: 'fqdn:s:ttl, where a colon in s is written \072.
  assertEquals(
    stdout,
    "'example.com:v=spf1 mx -all:3600\n" +
      "'_dmarc.example.com:v=DMARC1; p=none; rua=mailto\\072postmaster@example.com:3600\n",
  );
});

Deno.test("`dknewkey --dmarc FILE` prints the record of the key first", () =>
  inFolder(async (folder) => {
    const file = `${folder}/default`;
    const args = ["--dmarc", "--domain", "example.com"];
    const made = await dknewkey(file, ...args);
    const names = made.stdout.match(/^\S+(?=\t)/gm);
    assertEquals(names, [
      "default._domainkey.example.com.",
      "_dmarc.example.com.",
    ]);
    const printed = await dknewkey("--print", file, ...args);
    assertEquals(printed.stdout, made.stdout);
  }));

for (const option of ["--spf", "--dmarc"]) {
  Deno.test(`\`dknewkey ${option}\` without a domain is wrong usage`, async () => {
    const { code, stdout, stderr } = await dknewkey(option);
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, new RegExp(`what ${option} asks for: give --domain`));
  });
}
