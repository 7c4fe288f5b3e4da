// SignPass: the fields that it puts on top, tag by tag, as the options have it.

import { assert, assertEquals } from "@std/assert";
import { NOW, sign, signaturesIn } from "../support/signing.ts";

const MESSAGE =
  "From: Alice <alice@Example.com>\nTo: bob@example.net\nSubject: hello\n\nHello Bob.\n";

Deno.test("`SignPass` puts DKIM-Signature on top, then DomainKey-Signature, and nothing else", async () => {
  const { newFields } = await sign(MESSAGE);
  const signatures = signaturesIn(newFields);
  assertEquals(signatures.map(({ field }) => field), [
    "DKIM-Signature",
    "DomainKey-Signature",
  ]);
  const [dkim] = signatures;
  assertEquals(Object.keys(dkim!).join(" "), "field v a c d s t h bh b");
  assertEquals(dkim!["t"], `${NOW}`);
  assertEquals(
    dkim!["h"],
    "From:From:Reply-To:Subject:Subject:Date:To:To:Cc:" +
      "MIME-Version:Content-Type:Content-Transfer-Encoding",
  );
  assert(newFields.endsWith("\n") && !newFields.includes("\r"));
  assert(newFields.split("\n").every((line) => line.length <= 78));
});

Deno.test("`SignPass` writes the options of DKIM", async () => {
  const dkim = {
    bodyLength: true,
    query: true,
    copiedFields: true,
    timestamp: false,
    identity: "@a.Example.com",
    expireSeconds: 60,
  };
  const { newFields } = await sign(MESSAGE, { dkim });
  const [signature] = signaturesIn(newFields);
  const { x, i, q, l, z } = signature!;
  assertEquals(
    Object.keys(signature!).join(" "),
    "field v a c d s x i q l h z bh b",
  );
  assertEquals([x, i, q, l], [`${NOW + 60}`, dkim.identity, "dns/txt", "12"]);
  assertEquals(
    z,
    "From:=20Alice=20<alice@Example.com>|To:=20bob@example.net|Subject:=20hello",
  );
});

Deno.test("`SignPass` writes i= only where it is of the signing domain", async () => {
  for (const identity of ["@example.net", "@com", "@notexample.com"]) {
    const { newFields } = await sign(MESSAGE, { dkim: { identity } });
    assertEquals(signaturesIn(newFields)[0]!["i"], undefined, identity);
  }
});

Deno.test("`SignPass` leaves names that occur twice out of a DomainKey-Signature if told so", async () => {
  const { newFields } = await sign(`X: a\nx: b\n${MESSAGE}`, {
    options: { schemes: ["domainkeys"] },
    domainKeys: { uniqueFields: true },
  });
  assertEquals(signaturesIn(newFields)[0]!["h"], "From:To:Subject");
});
