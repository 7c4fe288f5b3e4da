// SPF and DMARC in an inbound pass: what the field says, what each letter and digit does, what the
// log and the client are told, and what is asked of DNS.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { toOctets } from "../../lib/message/octets.ts";
import { openMethods } from "../../lib/pass/client_methods.ts";
import { InboundPass } from "../../lib/pass/inbound_pass.ts";
import { DMARC_LETTERS } from "../../lib/policy/dmarc_letters.ts";
import { parseLetters } from "../../lib/policy/letters.ts";
import { SPF_LETTERS } from "../../lib/policy/spf_letters.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import {
  comeIn,
  type Coming,
  RECEIVER,
  statementsOf,
} from "../support/coming.ts";
import { recordOf } from "../support/signed_mail.ts";
import { NOW } from "../support/signing.ts";
import { MESSAGE, signDkim, signDomainKeys } from "../support/verifying.ts";
import { Zone, type ZoneEntry } from "../support/zone.ts";

const TIMEOUT = { outcome: "temporary", detail: "timeout" } as const;
const SPF = "v=spf1 ip4:192.0.2.0/24 -all";
const FOREIGN = "192.0.3.1";
const KEY = { "default._domainkey.example.com": recordOf() };
const DMARC = { "_dmarc.example.com": "v=DMARC1; p=reject" };

/** A message, DNS, and what is said of them. */
type Entries = Record<string, ZoneEntry>;
type Site = Omit<Coming, "zone" | "message"> & { message?: string };

async function run(entries: Entries, site: Site) {
  const zone = new Zone(entries);
  const outcome = await comeIn({ message: MESSAGE, ...site, zone });
  return { outcome, asked: zone.asked };
}

const STATEMENTS: Record<string, [Entries, Site, statements: string[]]> = {
  "SPF alone": [{ "example.com": SPF }, { spfVerify: "" }, [
    "spf=pass (ip4:192.0.2.0/24) smtp.mailfrom=example.com",
  ]],
  "each method in its order": [
    { ...KEY, ...DMARC, "lists.example.org": SPF },
    {
      message: signDkim(MESSAGE),
      sender: "bounce-bob=example.net@lists.example.org",
      ip: FOREIGN,
      dkVerify: "",
      dmarcVerify: "",
    },
    [
      "domainkeys=none (no signature) header.from=example.com",
      "dkim=pass (ok) header.d=example.com header.s=default header.a=rsa-sha256",
      "spf=fail (-all) smtp.mailfrom=lists.example.org",
      "dmarc=pass (p=reject) header.from=example.com",
    ],
  ],
  "DMARC alone: dkim, spf and dmarc": [
    { ...DMARC, "example.com": SPF },
    { dmarcVerify: "" },
    [
      "dkim=none (no signature)",
      "spf=pass (ip4:192.0.2.0/24) smtp.mailfrom=example.com",
      "dmarc=pass (p=reject) header.from=example.com",
    ],
  ],
  "a DMARC failure": [
    { "_dmarc.example.com": "v=DMARC1; p=reject; t=y" },
    { dmarcVerify: "" },
    [
      "dkim=none (no signature)",
      "spf=none (no record of example.com) smtp.mailfrom=example.com",
      "dmarc=fail (p=reject, t=y) header.from=example.com policy.dmarc=quarantine",
    ],
  ],
  "no DMARC record": [{}, { dmarcVerify: "", sender: "" }, [
    "dkim=none (no signature)",
    "spf=none (no domain)",
    "dmarc=none header.from=example.com",
  ]],
  "no usable From": [
    {},
    { dmarcVerify: "", message: `From: b@example.org\n${MESSAGE}` },
    [
      "dkim=none (no signature)",
      "spf=none (no record of example.com) smtp.mailfrom=example.com",
      "dmarc=permerror (not one domain in From)",
    ],
  ],
  "a header that is none": [
    DMARC,
    { dmarcVerify: "", message: `X-A: \0\n${MESSAGE}` },
    [
      "dkim=none (no signature)",
      "spf=none (no record of example.com) smtp.mailfrom=example.com",
      "dmarc=permerror (not one domain in From)",
    ],
  ],
  "a header over 1 MiB": [
    DMARC,
    { dmarcVerify: "", message: `X-A: ${"b".repeat(1 << 20)}\n${MESSAGE}` },
    [
      "dkim=permerror (bad syntax)",
      "spf=none (no record of example.com) smtp.mailfrom=example.com",
      "dmarc=permerror (not one domain in From)",
    ],
  ],
  "softfail": [{ "example.com": "v=spf1 ~all" }, { spfVerify: "" }, [
    "spf=softfail (~all) smtp.mailfrom=example.com",
  ]],
  "neutral by no term": [{ "example.com": "v=spf1" }, { spfVerify: "" }, [
    "spf=neutral smtp.mailfrom=example.com",
  ]],
  "temperror": [{ "*": TIMEOUT }, { spfVerify: "", dmarcVerify: "" }, [
    "dkim=none (no signature)",
    "spf=temperror (dns) smtp.mailfrom=example.com",
    "dmarc=temperror (dns) header.from=example.com",
  ]],
  "permerror": [{ "example.com": "v=spf1 x" }, { spfVerify: "" }, [
    "spf=permerror (bad term x of example.com) smtp.mailfrom=example.com",
  ]],
  "a bracket in a term": [
    { "example.com": "v=spf1 include:a(b -all" },
    { spfVerify: "" },
    ["spf=permerror (bad term include:a\\(b of example.com) smtp.mailfrom=example.com"],
  ],
  "local rules: the word is the record's": [
    { "example.com": "v=spf1 -all" },
    { spfVerify: "B", spfRules: "ip4:192.0.2.1" },
    ["spf=fail (local rules) smtp.mailfrom=example.com"],
  ],
  "HELO for the null sender": [
    { "mail.example.org": SPF },
    { spfVerify: "", sender: "", helo: "mail.example.org" },
    ["spf=pass (ip4:192.0.2.0/24) smtp.helo=mail.example.org"],
  ],
  "HELO out of the Received field": [
    { "mail.example.org": SPF },
    {
      spfVerify: "",
      sender: "",
      message:
        `Received: from unknown (HELO mail.example.org) (192.0.2.1)\n  by x\n${MESSAGE}`,
    },
    ["spf=pass (ip4:192.0.2.0/24) smtp.helo=mail.example.org"],
  ],
  "an address as HELO": [
    {},
    { spfVerify: "", sender: "", helo: "[192.0.2.1]" },
    ["spf=none (no domain)"],
  ],
  "a HELO that would be a field": [
    {},
    { spfVerify: "", sender: "", helo: "a.example\r\nX-A: b.example" },
    ["spf=none"],
  ],
  "an IPv6 client": [
    { "example.com": "v=spf1 ip4:192.0.2.1 ip6:2001:db8::/32 -all" },
    { spfVerify: "", ip: "2001:db8::1%eth0" },
    ["spf=pass (ip6:2001:db8::/32) smtp.mailfrom=example.com"],
  ],
  "an IPv4-mapped client": [
    { "example.com": SPF },
    { spfVerify: "", ip: "::ffff:192.0.2.9" },
    ["spf=pass (ip4:192.0.2.0/24) smtp.mailfrom=example.com"],
  ],
  "a sender without a domain": [{}, { spfVerify: "", sender: "root" }, [
    "spf=none (no domain)",
  ]],
  "a sender whose domain needs quoting": [
    {},
    { spfVerify: "", sender: "a@b;c.example" },
    ['spf=none (no record of b;c.example) smtp.mailfrom="b;c.example"'],
  ],
};
for (const [name, [entries, site, expected]] of Object.entries(STATEMENTS)) {
  Deno.test(`an inbound pass says of ${name}`, async () => {
    const { outcome } = await run(entries, site);
    assertEquals(
      outcome.newFields.replaceAll("\n\t", " ")
        .replace(/ header\.b=\S+?(?=;)/, ""),
      `Authentication-Results: mx.example.net; ${expected.join("; ")}\n`,
    );
  });
}

Deno.test("an inbound pass says of our own DKIM signature and of DomainKeys what it does without DMARC", async () => {
  const message = signDkim(signDomainKeys(MESSAGE));
  const { outcome } = await run(KEY, { message, dkVerify: "", spfVerify: "" });
  assertEquals(statementsOf(outcome).map((text) => text.split(" ")[0]), [
    "domainkeys=pass",
    "dkim=pass",
    "spf=none",
  ]);
});

/** DNS and a client for each result of SPF. */
const SPF_RESULTS: Record<keyof typeof SPF_LETTERS, ZoneEntry | undefined> = {
  pass: "v=spf1 +all",
  fail: "v=spf1 -all",
  softfail: "v=spf1 ~all",
  neutral: "v=spf1 ?all",
  none: undefined,
  temperror: TIMEOUT,
  permerror: "v=spf1 include",
};

/** What becomes of each result, by each digit. */
const DIGITS: Record<
  string,
  Partial<Record<keyof typeof SPF_LETTERS, string>>
> = {
  "0": {},
  "1": {},
  "2": { temperror: "defer" },
  "3": { temperror: "defer", fail: "reject" },
  "4": { temperror: "defer", fail: "reject", softfail: "reject" },
  "5": {
    temperror: "defer",
    fail: "reject",
    softfail: "reject",
    neutral: "reject",
  },
  "6": {
    temperror: "defer",
    fail: "reject",
    softfail: "reject",
    neutral: "reject",
    none: "reject",
    permerror: "reject",
  },
};

for (
  const [result, record] of Object.entries(SPF_RESULTS) as [
    keyof typeof SPF_LETTERS,
    ZoneEntry | undefined,
  ][]
) {
  const entries: Entries = record === undefined
    ? {}
    : { "example.com": record };
  const letter = SPF_LETTERS[result];
  const others = "ABCDEFG".replace(letter, "");

  Deno.test(`SPFVERIFY with ${letter} and ${letter.toLowerCase()}, spf=${result}`, async () => {
    const by = async (spfVerify: string) =>
      (await run(entries, { spfVerify })).outcome;
    const rejected = await by(letter);
    assertEquals(
      [rejected.action, rejected.newFields, rejected.refusal],
      ["rejected", "", {
        action: "reject",
        text: "DSPF check failed for example.com (#5.7.23)",
      }],
    );
    assertEquals((await by(letter.toLowerCase() + letter)).action, "rejected");
    const deferred = await by(`${others}${letter.toLowerCase()}`);
    assertEquals(
      [deferred.action, deferred.newFields, deferred.refusal],
      ["deferred", "", {
        action: "defer",
        text: "ZSPF check of example.com is not possible now (#4.4.3)",
      }],
    );
    const taken = await by(others + others.toLowerCase());
    assertEquals([taken.action, taken.refusal], ["verified", undefined]);
  });

  for (const [digit, refused] of Object.entries(DIGITS)) {
    Deno.test(`SPFVERIFY=${digit} with spf=${result}`, async () => {
      const { outcome } = await run(entries, { spfVerify: digit });
      assertEquals(outcome.refusal?.action, refused[result]);
    });
  }
}

/** What stands at _dmarc.example.com for each status that needs no chain. */
const DMARC_STATUSES: Record<
  Exclude<keyof typeof DMARC_LETTERS, "excused">,
  [Entries, Site]
> = {
  ok: [{ ...DMARC, "example.com": SPF }, {}],
  reject: [DMARC, {}],
  quarantine: [{ "_dmarc.example.com": "v=DMARC1; p=quarantine" }, {}],
  monitor: [{ "_dmarc.example.com": "v=DMARC1; p=none" }, {}],
  noRecord: [{}, {}],
  dnsTemporary: [{ "_dmarc.example.com": TIMEOUT }, {}],
  noAuthor: [{}, { message: "To: a@example.com\n\nx\n" }],
};

for (const [status, [entries, site]] of Object.entries(DMARC_STATUSES)) {
  const letter = DMARC_LETTERS[status as keyof typeof DMARC_LETTERS];
  const others = "ABCDEFGH".replace(letter, "");
  const domain = status === "noAuthor" ? "the author's domain" : "example.com";

  Deno.test(`DMARCVERIFY with ${letter} and ${letter.toLowerCase()}: ${status}`, async () => {
    const by = async (dmarcVerify: string) =>
      (await run(entries, { ...site, dmarcVerify })).outcome;
    const rejected = await by(letter + letter.toLowerCase());
    assertEquals([rejected.action, rejected.refusal], ["rejected", {
      action: "reject",
      text: `DEmail rejected per DMARC policy for ${domain} (#5.7.1)`,
    }]);
    const deferred = await by(others + letter.toLowerCase());
    assertEquals([deferred.action, deferred.refusal], ["deferred", {
      action: "defer",
      text: `ZDMARC check of ${domain} is not possible now (#4.4.3)`,
    }]);
    const taken = await by(others + others.toLowerCase());
    assertEquals([taken.action, taken.refusal], ["verified", undefined]);
  });
}

const ORDER: Record<string, [Entries, Site, text: string | undefined]> = {
  "SPF is not asked where DMARC passes": [
    { ...KEY, ...DMARC, "example.com": "v=spf1 -all" },
    { message: signDkim(MESSAGE), spfVerify: "B", dmarcVerify: "" },
    undefined,
  ],
  "SPF is asked where DMARC has not been": [
    { ...KEY, ...DMARC, "example.com": "v=spf1 -all" },
    { message: signDkim(MESSAGE), spfVerify: "B" },
    "DSPF check failed for example.com (#5.7.23)",
  ],
  "SPF before DMARC": [
    { ...DMARC, "example.com": "v=spf1 -all" },
    { spfVerify: "B", dmarcVerify: "B" },
    "DSPF check failed for example.com (#5.7.23)",
  ],
  "a signature before SPF": [
    { "example.com": "v=spf1 -all" },
    { dkVerify: ",n", spfVerify: "B" },
    "ZDomainKeys Identified Mail (DKIM) temporarily deferred message, please try again later (#4.3.0): no signature (letter N)",
  ],
  "local rules are a pass to the letters": [
    { "example.com": "v=spf1 -all" },
    { spfVerify: "B", spfRules: "ip4:192.0.2.1" },
    undefined,
  ],
  "and no pass to DMARC": [
    { ...DMARC, "example.com": "v=spf1 -all" },
    { spfRules: "ip4:192.0.2.1", dmarcVerify: "B" },
    "DEmail rejected per DMARC policy for example.com (#5.7.1)",
  ],
};
for (const [name, [entries, site, text]] of Object.entries(ORDER)) {
  Deno.test(`letters of SPF and DMARC: ${name}`, async () => {
    const { outcome } = await run(entries, site);
    assertEquals(outcome.refusal?.text, text);
  });
}

const EXPLAINED: Entries = {
  "example.com": "v=spf1 -all exp=why.example.com",
  "why.example.com": "%{i} may not, says %{r}",
};
const EXPLANATIONS: Record<
  string,
  [Entries, Site, text: string, asked: number]
> = {
  "the domain's own": [
    EXPLAINED,
    { isTold: true },
    " Explanation of example.com: 192.0.2.1 may not, says mx.example.net",
    2,
  ],
  "none where nobody is told": [EXPLAINED, {}, "", 1],
  "ours where the domain has none": [
    { "example.com": "v=spf1 -all" },
    { isTold: true, spfExplanation: "no %{d}" },
    " Explanation of example.com: no example.com",
    1,
  ],
};
for (
  const [name, [entries, site, text, asked]] of Object.entries(EXPLANATIONS)
) {
  Deno.test(`the client is told why SPF fails: ${name}`, async () => {
    const result = await run(entries, { ...site, spfVerify: "B" });
    assertEquals(
      result.outcome.refusal?.text,
      `DSPF check failed for example.com (#5.7.23)${text}`,
    );
    assertEquals(result.asked.length, asked);
  });
}

Deno.test("the explanation is not asked for where no letter rejects", async () => {
  const { asked } = await run(EXPLAINED, { spfVerify: "b", isTold: true });
  assertEquals(asked, ["example.com"]);
});

Deno.test("the log is told of SPF and DMARC", async () => {
  const { outcome } = await run(
    { "_dmarc.example.com": "v=DMARC1; p=reject" },
    {
      spfVerify: "",
      dmarcVerify: "",
    },
  );
  assertEquals(
    outcome.notes.slice(outcome.notes.findIndex(([key]) => key === "spf")),
    [
      ["spf", "none"],
      ["reason", "no record of example.com"],
      ["spf_domain", "example.com"],
      ["dmarc", "fail"],
      ["reason", "p=reject"],
      ["policy", "reject"],
      ["questions", 2],
    ],
  );
});

Deno.test("SPFVERIFY alone asks for no key, and DMARCVERIFY for none of DomainKeys", async () => {
  const message = signDkim(signDomainKeys(MESSAGE, { s: "old" }));
  const spf = await run({}, { message, spfVerify: "" });
  assertEquals(spf.asked, ["example.com"]);
  const dmarc = await run({ ...KEY, ...DMARC }, { message, dmarcVerify: "" });
  assertEquals(dmarc.asked.toSorted(), [
    "_dmarc.example.com",
    "default._domainkey.example.com",
    "example.com",
  ]);
});

Deno.test("keys and DMARC's record are asked for at the header's end, SPF's when the sender is known", async () => {
  const zone = new Zone({ ...KEY, ...DMARC, "example.com": SPF });
  const site = { ip: "192.0.2.1", dmarcVerify: "", receiver: RECEIVER };
  const ports = { resolver: zone, now: NOW };
  const methods = openMethods(site, ports)!;
  const pass = new InboundPass(
    { authservId: RECEIVER, letters: parseLetters(""), isLocal: false },
    { ...ports, crypto: systemCrypto, resolver: methods.resolver },
    methods,
  );
  const message = signDkim(MESSAGE);
  const headerEnd = message.indexOf("\n\n") + 2;
  pass.push(toOctets(message.slice(0, headerEnd)));
  assertEquals(zone.asked.toSorted(), [
    "_dmarc.example.com",
    "default._domainkey.example.com",
  ]);
  pass.push(toOctets(message.slice(headerEnd)));
  const sender = Promise.withResolvers<string>();
  const outcome = pass.end(sender.promise);
  await methods.resolver.txt("_dmarc.example.com");
  assertEquals(zone.asked.length, 2);
  sender.resolve("alice@example.com");
  assertEquals((await outcome).action, "verified");
  assertEquals(zone.asked.at(-1), "example.com");
});

Deno.test("an inbound pass fails when the envelope cannot be read", async () => {
  const failed = comeIn({
    message: MESSAGE,
    dmarcVerify: "",
    zone: new Zone(DMARC),
    sender: Promise.reject(new Error("no envelope")),
  });
  await assertRejects(() => failed, Error, "no envelope");
});

Deno.test("a name that two methods need is asked for once", async () => {
  const message = signDkim(MESSAGE, { d: "example.com" });
  const { asked, outcome } = await run({
    ...KEY,
    ...DMARC,
    "example.com": "v=spf1 include:default._domainkey.example.com -all",
  }, { message, dmarcVerify: "" });
  assertEquals(asked.length, 3);
  assertEquals(outcome.notes.at(-1), ["questions", 3]);
});

for (
  const [name, settings] of Object.entries({
    "a digit over 6": { spfVerify: "7" },
    "SPFRULES that do not parse": { spfRules: "ip4:x" },
    "a modifier in SPFRULES": { spfRules: "redirect=a.example" },
    "a bad macro in SPFEXP": { spfExplanation: "%x" },
  })
) {
  Deno.test(`\`openMethods()\` refuses ${name}`, () => {
    const site = { ip: "192.0.2.1", receiver: "", ...settings };
    const ports = { resolver: new Zone(), now: 0 };
    assertThrows(() => openMethods(site, ports), SyntaxError, "Cannot use");
  });
}

for (const ip of ["", "unknown", "192.0.2", "192.0.2.256", "1:2", "%eth0"]) {
  Deno.test(`\`openMethods()\` takes a client with the address "${ip}" for local`, () => {
    const ports = { resolver: new Zone(), now: 0 };
    assertEquals(openMethods({ ip, receiver: "" }, ports), undefined);
  });
}
