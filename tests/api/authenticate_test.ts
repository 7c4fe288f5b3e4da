// `authenticate()`: all methods of one message in one call; what a caller may give, and resolvers that
// fail.

import { assertEquals, assertRejects } from "@std/assert";
import { authenticate, type Lookup } from "../../mod.ts";
import { recordOf } from "../support/signed_mail.ts";
import { MESSAGE, signDkim, signDomainKeys } from "../support/verifying.ts";
import { Zone } from "../support/zone.ts";

const CLIENT = { ip: "192.0.2.1", mailFrom: "alice@example.com" };

Deno.test("`authenticate()` says what each method says, and asks for each name once", async () => {
  const resolver = new Zone({
    "default._domainkey.example.com": recordOf(),
    "example.com": "v=spf1 -all",
    "_dmarc.example.com": "v=DMARC1; p=reject",
  });
  const message = signDkim(signDomainKeys(MESSAGE));
  const { domainKeys, dkim, spf, dmarc, results } = await authenticate(
    new TextEncoder().encode(message),
    { ...CLIENT, resolver },
  );
  assertEquals(
    [domainKeys.result, dkim.letter, spf.letter, dmarc.letter],
    ["pass", "A", "B", "A"],
  );
  assertEquals(results.map(({ method, result }) => `${method}=${result}`), [
    "domainkeys=pass",
    "dkim=pass",
    "spf=fail",
    "dmarc=pass",
    "arc=none",
  ]);
  assertEquals(resolver.asked.length, 3);
});

Deno.test("`authenticate()` holds HELO against the client of the null sender", async () => {
  const { spf } = await authenticate(MESSAGE, {
    ip: "2001:db8::1",
    mailFrom: "",
    helo: "mail.example.com",
    resolver: new Zone({ "mail.example.com": "v=spf1 ip6:2001:db8::1 -all" }),
  });
  assertEquals([spf.result, spf.identity], ["pass", "helo"]);
});

const FAILING: Record<string, () => Promise<never>> = {
  "throw": () => {
    throw new Error("down");
  },
  "reject": () => Promise.reject(new Error("down")),
};
for (const [how, fail] of Object.entries(FAILING)) {
  Deno.test(`\`authenticate()\` has no answer of resolvers that ${how}`, async () => {
    const resolver: Lookup = { lookup: fail };
    const { results } = await authenticate(signDkim(MESSAGE), {
      ...CLIENT,
      resolver,
    });
    assertEquals(results.map(({ result }) => result), [
      "none",
      "temperror",
      "temperror",
      "temperror",
      "none",
    ]);
  });
}

for (const ip of ["", "localhost", "192.0.2.1:25"]) {
  Deno.test(`\`authenticate()\` refuses the address "${ip}"`, async () => {
    const settings = { ...CLIENT, ip, resolver: new Zone() };
    await assertRejects(() => authenticate(MESSAGE, settings), TypeError);
  });
}
