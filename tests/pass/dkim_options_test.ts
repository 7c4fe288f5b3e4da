// Every option for DKIM that a site can set has its effect in the field that is written, and the
// signature stays good to an independent verifier.

import { assertEquals } from "@std/assert";
import {
  ALL_SIGNED,
  nameOf,
  RICH,
  type Row,
  sign,
} from "../support/rich_mail.ts";
import { Site } from "../support/site.ts";

const DKIM: Row[] = [
  {
    env: {},
    order: "v a c d s t h bh b",
    tags: {
      v: "1",
      a: "rsa-sha256",
      c: "relaxed/relaxed",
      d: "example.com",
      s: "default",
      h: ALL_SIGNED,
    },
  },
  { env: { DKIMSIGNOPTIONS: "" }, order: "v a c d s t h bh b" },
  { env: { DKIMSIGNOPTIONS: "-c r" }, tags: { c: "relaxed/relaxed" } },
  { env: { DKIMSIGNOPTIONS: "-c s" }, tags: { c: "simple/simple" } },
  { env: { DKIMSIGNOPTIONS: "-c t" }, tags: { c: "relaxed/simple" } },
  { env: { DKIMSIGNOPTIONS: "-cu" }, tags: { c: "simple/relaxed" } },
  { env: { DKIMSIGNOPTIONS: "-l" }, tags: { l: "11" } },
  { env: { DKIMSIGNOPTIONS: "-l -c s" }, tags: { l: "13" } },
  { env: { DKIMSIGNOPTIONS: "-q" }, tags: { q: "dns/txt" } },
  { env: { DKIMSIGNOPTIONS: "-t" }, order: "v a c d s h bh b" },
  {
    env: { DKIMSIGNOPTIONS: "-i ann@example.com" },
    tags: { i: "ann@example.com" },
  },
  {
    env: { DKIMSIGNOPTIONS: "-i @Sub.Example.com" },
    tags: { i: "@Sub.Example.com" },
  },
  {
    env: { DKIMSIGNOPTIONS: "-i abc=xyz@example.com" },
    tags: { i: "abc=3Dxyz@example.com" },
  },
  {
    env: { DKIMSIGNOPTIONS: "-i j\u00fcrgen@b\u00fccher.example.com" },
    tags: { i: "j=C3=BCrgen@xn--bcher-kva.example.com" },
  },
  { env: { DKIMSIGNOPTIONS: "-i ann@example.org" }, tags: { i: undefined } },
  { env: { DKIMSIGNOPTIONS: "-i ann@notexample.com" }, tags: { i: undefined } },
  { env: { DKIMSIGNOPTIONS: "-z 2" }, tags: { a: "rsa-sha256" } },
  {
    env: { DKIMSIGNOPTIONS: "-lq -x 60 -i @example.com" },
    order: "v a c d s t x i q l h bh b",
  },
  {
    env: { DKIMSIGNOPTIONS: " -tlqcs\t-x60  -i@example.com " },
    order: "v a c d s x i q l h bh b",
  },
  {
    env: { DKIMSIGNHEADERS: "From Subject" },
    tags: { h: "From:From:Subject:Subject" },
  },
  {
    env: { DKIMSIGNHEADERS: "subject:x-*,from,list-*", DKIMOVERSIGN: "" },
    tags: { h: "subject:X-Mailer:from:List-Id:List-Post" },
  },
  // Without From no signature is valid (RFC 6376 section 5.4).
  { env: { DKIMSIGNHEADERS: "To", DKIMOVERSIGN: "" }, tags: { h: "From:To" } },
  {
    env: {
      DKIMOVERSIGN: "Message-ID",
      DKIMSIGNHEADERS: "From Message-ID Date",
    },
    tags: { h: "From:Message-ID:Message-ID" },
  },
];

for (const { env, order, tags } of DKIM) {
  Deno.test(
    `\`SignPass\` writes the DKIM-Signature of ${nameOf(env)}`,
    async () => {
      await using site = await Site.open();
      const { dkim } = await sign(site, env);
      if (order !== undefined) assertEquals([...dkim!.keys()].join(" "), order);
      for (const [name, value] of Object.entries(tags ?? {})) {
        assertEquals(dkim!.get(name), value, name);
      }
    },
  );
}

Deno.test(
  "`SignPass` writes the time of signing, and with -x that of expiry",
  async () => {
    await using site = await Site.open();
    const before = Math.floor(Date.now() / 1000);
    const { dkim } = await sign(site, { DKIMSIGNOPTIONS: "-x 604800" });
    const time = Number(dkim!.get("t"));
    assertEquals(time >= before && time <= Date.now() / 1000, true, `${time}`);
    assertEquals(Number(dkim!.get("x")), time + 604_800);
  },
);

Deno.test("`SignPass` copies the signed fields into z= with -h", async () => {
  await using site = await Site.open();
  const { dkim } = await sign(site, { DKIMSIGNOPTIONS: "-h" });
  const copies = dkim!.get("z")!.split("|").map((copy) =>
    copy.replace(
      /=([0-9A-F]{2})/g,
      (_, hex) => String.fromCharCode(parseInt(hex, 16)),
    )
  );
  const header = RICH.slice(0, RICH.indexOf("\n\n")).replaceAll("\n", "\r\n");
  const signed = header.split(/\r\n(?![ \t])/).filter((field) =>
    ALL_SIGNED.toLowerCase().split(":").includes(
      field.split(":", 1)[0]!.toLowerCase(),
    )
  );
  assertEquals(copies, signed);
});

Deno.test("`SignPass` folds z= inside of a long field", async () => {
  await using site = await Site.open();
  const text = RICH.replace("a long subject", "a long subject ".repeat(20));
  await sign(site, { DKIMSIGNOPTIONS: "-h" }, text);
});
