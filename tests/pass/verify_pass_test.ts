// VerifyPass on whole messages: which signature counts, what is asked of DNS and when, and the laws.

import { assertEquals } from "@std/assert";
import { toOctets } from "../../lib/message/octets.ts";
import { HEADER_LIMIT_BYTES } from "../../lib/message/split.ts";
import type { TxtAnswer } from "../../lib/ports/resolver.ts";
import { STRICT, VerifyPass } from "../../lib/pass/verify_pass.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { NOW } from "../support/signing.ts";
import {
  addFrom,
  brief,
  KEY_NAME,
  makeVerifyPass,
  makeZone,
  MESSAGE,
  P,
  signDkim,
  signDomainKeys,
  type Tags,
  verify,
} from "../support/verifying.ts";
import { Zone } from "../support/zone.ts";

const BAD = { b: "AAAA" };
const EXPIRED = { x: `${NOW - 1}` };
const GOOD = {};
const WRONG_LENGTH = "B fail (fail): b= is not as long as the key";

/** The message and its signatures from the top down; what counts, and whose it is. */
interface Choice {
  message?: string;
  signatures: Tags[];
  verdict: string;
  domain?: string;
  unexamined?: number;
}

const CHOICES: Record<string, Choice> = {
  "a good signature below a bad one": {
    signatures: [BAD, GOOD],
    verdict: "A pass (ok)",
    domain: "example.com",
  },
  "a good signature of somebody else, though From's is bad": {
    signatures: [BAD, { d: "example.org" }],
    verdict: "A pass (ok)",
    domain: "example.org",
  },
  "the first of two good signatures": {
    signatures: [{ d: "example.org" }, GOOD],
    verdict: "A pass (ok)",
    domain: "example.org",
  },
  "a good signature below one that policy refuses": {
    signatures: [{ a: "rsa-sha1" }, { l: "1" }, GOOD],
    verdict: "A pass (ok)",
    domain: "example.com",
  },
  "the failure that is aligned with From": {
    signatures: [{ ...BAD, d: "example.org" }, EXPIRED, BAD],
    verdict: "F fail (expired)",
    domain: "example.com",
  },
  "the failure of From's parent": {
    message: MESSAGE.replace("@example", "@a.EXAMPLE"),
    signatures: [{ ...BAD, d: "example.org" }, EXPIRED],
    verdict: "F fail (expired)",
    domain: "example.com",
  },
  "the failure of a domain below From's": {
    signatures: [{ ...BAD, d: "badexample.com" }, {
      ...EXPIRED,
      d: "a.example.com",
    }],
    verdict: "F fail (expired)",
    domain: "a.example.com",
  },
  "the first failure if none is aligned": {
    signatures: [{ ...EXPIRED, d: "example.org" }, {
      ...BAD,
      d: "example.net",
    }],
    verdict: "F fail (expired)",
    domain: "example.org",
  },
  "the first failure if From is missing": {
    message: MESSAGE.replace("From:", "X:"),
    signatures: [{ ...EXPIRED, d: "example.org" }, BAD],
    verdict: "F fail (expired)",
    domain: "example.org",
  },
  "the first failure if there are two From": {
    message: addFrom(MESSAGE),
    signatures: [{ ...EXPIRED, d: "example.net" }, BAD],
    verdict: "F fail (expired)",
    domain: "example.net",
  },
  "the aligned failure after one that cannot be read": {
    signatures: [{ v: "2" }, BAD],
    verdict: WRONG_LENGTH,
    domain: "example.com",
  },
  "the first failure, though it cannot be read": {
    signatures: [{ v: "2" }, { ...BAD, d: "example.org" }],
    verdict: "R neutral (bad version)",
  },
  "the tenth signature, which is good": {
    signatures: [...new Array(9).fill(BAD), GOOD],
    verdict: "A pass (ok)",
    domain: "example.com",
  },
  "the tenth of eleven signatures, which is good": {
    signatures: [...new Array(9).fill(BAD), GOOD, BAD],
    verdict: "A pass (ok)",
    domain: "example.com",
    unexamined: 1,
  },
  "the first of ten bad signatures": {
    signatures: [EXPIRED, ...new Array(9).fill(BAD)],
    verdict: "F fail (expired)",
    domain: "example.com",
  },
  "none of twelve signatures, of which the eleventh is good": {
    signatures: [...new Array(10).fill(BAD), GOOD, BAD],
    verdict: "O neutral (no valid sig)",
    unexamined: 2,
  },
};

for (const [name, row] of Object.entries(CHOICES)) {
  Deno.test(`\`VerifyPass\` chooses ${name}`, async () => {
    const { message = MESSAGE, signatures, unexamined = 0 } = row;
    const signed = signatures.map((tags) => signDkim(message, tags))
      .map((text) => text.slice(0, -message.length));
    const verification = await verify(signed.join("") + message, {
      zone: new Zone({ "*": P }),
    });
    const { dkim } = verification;
    assertEquals([brief(dkim), dkim.domain], [row.verdict, row.domain]);
    assertEquals(verification.unexamined, unexamined);
    const examined = signatures.length - unexamined;
    assertEquals(verification.signatures.length, examined);
  });
}

Deno.test("`VerifyPass` names a good signature as it was written", async () => {
  const tags = { d: "Example.COM", i: "alice@Example.COM" };
  const { dkim, domainKeys } = await verify(
    signDkim(signDomainKeys(MESSAGE), tags),
  );
  const { signature, ...rest } = dkim;
  assertEquals(rest, {
    result: "pass",
    reason: "ok",
    letter: "A",
    status: "ok",
    meaning: "good signature by %",
    domain: "Example.COM",
    selector: "default",
    algorithm: "rsa-sha256",
    identity: "alice@Example.COM",
  });
  assertEquals(signature?.length, 128);
  assertEquals(domainKeys.fromDomain, "example.com");
});

/** A field that fills a header up to so many octets. */
function fillHeader(message: string, octets: number): string {
  const length = message.indexOf("\n\n") + 1;
  return `X:${" ".repeat(octets - length - 3)}\n${message}`;
}

Deno.test("`VerifyPass` verifies below a header of 1 MiB", async () => {
  const message = signDomainKeys(signDkim(MESSAGE));
  const { dkim, domainKeys } = await verify(
    fillHeader(message, HEADER_LIMIT_BYTES),
  );
  assertEquals([dkim.letter, domainKeys.letter], ["A", "A"]);
});

Deno.test("`VerifyPass` says C and G permerror of a header over 1 MiB, and asks nothing", async () => {
  const zone = makeZone();
  const message = signDomainKeys(signDkim(MESSAGE));
  const verification = await verify(
    fillHeader(message, HEADER_LIMIT_BYTES + 1),
    { zone },
  );
  const { dkim, domainKeys, signatures } = verification;
  assertEquals([brief(dkim), brief(domainKeys)], [
    "C permerror (bad syntax): the header is over 1 MiB",
    "G permerror (bad format): the header is over 1 MiB",
  ]);
  assertEquals([signatures, zone.asked], [[], []]);
});

const signOnTop = (message: string, tags: Tags) => signDkim(message, tags);
const OTHER_NAME = "other._domainkey.example.com";

/** What is asked for a message. */
const QUESTIONS: Record<string, [message: string, names: string[]]> = {
  "none when unsigned": [MESSAGE, []],
  "none without a header": ["\n" + signDkim(MESSAGE), []],
  "none for a signature that its field refutes": [
    [EXPIRED, { v: "2" }, { a: "rsa-sha1" }, { d: undefined }].reduce(
      signOnTop,
      MESSAGE,
    ),
    [],
  ],
  "none for DomainKeys without From": [
    signDomainKeys(MESSAGE.replace("From:", "X:")),
    [],
  ],
  "none for signatures beyond the tenth": [
    new Array(10).fill({ v: "2" }).reduce(signOnTop, signDkim(MESSAGE)),
    [],
  ],
  "one for each name": [
    signDkim(signDkim(MESSAGE), { s: "other" }),
    [OTHER_NAME, KEY_NAME],
  ],
  "one for two signatures with one key": [
    signDkim(signDkim(MESSAGE)),
    [KEY_NAME],
  ],
  "one for both schemes with one key": [
    signDomainKeys(signDkim(MESSAGE)),
    [KEY_NAME],
  ],
  "one for one name in two spellings": [
    signDkim(signDkim(MESSAGE, { s: "DEFAULT" }), { d: "Example.com" }),
    ["default._domainkey.Example.com"],
  ],
};

for (const [name, [message, names]] of Object.entries(QUESTIONS)) {
  Deno.test(`\`VerifyPass\` asks DNS questions when the header has ended: ${name}`, async () => {
    const zone = makeZone();
    const pass = makeVerifyPass({ zone });
    const end = message.indexOf("\n\n");
    pass.push(toOctets(message.slice(0, end + 1)));
    assertEquals(zone.asked, []);
    pass.push(toOctets(message.slice(end + 1, end + 2)));
    assertEquals(zone.asked, names);
    pass.push(toOctets(message.slice(end + 2)));
    await pass.end();
    assertEquals(zone.asked, names);
  });
}

Deno.test("`VerifyPass` takes the body before DNS has answered", async () => {
  const { promise, resolve } = Promise.withResolvers<TxtAnswer>();
  const pass = makeVerifyPass({ zone: new Zone({ "*": promise }) });
  pass.push(toOctets(signDomainKeys(signDkim(MESSAGE))));
  const end = pass.end();
  resolve({ outcome: "records", records: [P] });
  const { dkim, domainKeys } = await end;
  assertEquals([dkim.letter, domainKeys.letter], ["A", "A"]);
});

for (
  const [how, txt] of Object.entries({
    throws: () => {
      throw new Error("no network");
    },
    rejects: () => Promise.reject(new Error("no network")),
  })
) {
  Deno.test(`\`VerifyPass\` takes a resolver that ${how} for a temporary failure, of a large message too`, async () => {
    const pass = new VerifyPass(STRICT, {
      crypto: systemCrypto,
      resolver: { txt },
      now: NOW,
    });
    pass.push(toOctets(signDkim(signDomainKeys(MESSAGE))));
    // Nobody has asked for the end yet, and nothing is unhandled meanwhile.
    await new Promise((resolve) => setTimeout(resolve));
    const { dkim, domainKeys } = await pass.end();
    assertEquals(brief(dkim), "K temperror (dns): Error: no network");
    assertEquals(
      brief(domainKeys),
      "F temperror (can't verify): Error: no network",
    );
  });
}
