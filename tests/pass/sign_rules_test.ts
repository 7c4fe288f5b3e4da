// SignPass where domains have rules of their own: which author's rule counts, and for what.

import { assertEquals } from "@std/assert";
import { SignPass } from "../../lib/pass/sign_pass.ts";
import {
  parseDkimOptions,
  parseDomainKeysOptions,
  type SignOptions,
} from "../../lib/policy/options.ts";
import type { SignRule } from "../../lib/policy/sign_rule.ts";
import { toOctets } from "../../lib/message/octets.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { feed } from "../support/laws.ts";
import { MemoryKeys, NOW, RSA_1024, signaturesIn } from "../support/signing.ts";

const NO_LINE: SignRule = {
  reason: "no line",
  isFinal: false,
  align: "from",
};
const NEVER: SignRule = { reason: "never", isFinal: true, align: "from" };

function signedAt(
  pattern: string,
  changes: Partial<SignOptions> = {},
): SignRule {
  return {
    pattern,
    schemes: ["dkim", "domainkeys"],
    align: "from",
    dkim: parseDkimOptions(),
    domainKeys: parseDomainKeysOptions(),
    ...changes,
  };
}

/** Signs a message of `from.example`, with a Sender of `sender.example` where that has a rule. */
async function sign(rules: { from: SignRule; sender?: SignRule }) {
  const header = "From: a@from.example\n" +
    (rules.sender === undefined ? "" : "Sender: b@sender.example\n");
  const keys = new MemoryKeys({
    "/from/s": RSA_1024,
    "/sender/s": RSA_1024,
    "/extra/s": RSA_1024,
  });
  const pass = new SignPass(
    (domain) => domain === "from.example" ? rules.from : rules.sender!,
    { keys, crypto: systemCrypto, now: NOW },
  );
  const { action, newFields, notes } = await feed(pass, [
    toOctets(`${header}\nHello.\n`),
  ]);
  const made = signaturesIn(newFields).map((tags) =>
    `${tags.bh === undefined ? "domainkeys" : "dkim"} ${tags.d} ${tags.c}`
  );
  return made.length > 0 ? made : [action, ...notes.map(String)];
}

const FROM = signedAt("/from/s");
const SENDER = signedAt("/sender/s");

const ROWS: Record<
  string,
  [rules: { from: SignRule; sender?: SignRule }, ...expected: string[]]
> = {
  "the rule of From": [
    { from: FROM },
    "dkim from.example relaxed/relaxed",
    "domainkeys from.example nofws",
  ],
  "each scheme by the rule of its author": [
    {
      from: signedAt("/from/s", { dkim: parseDkimOptions("-c s") }),
      sender: signedAt("/sender/s", {
        domainKeys: parseDomainKeysOptions("-c simple"),
      }),
    },
    "dkim from.example simple/simple",
    "domainkeys sender.example simple",
  ],
  "the rule of Sender where From has none": [
    { from: NO_LINE, sender: SENDER },
    "dkim sender.example relaxed/relaxed",
    "domainkeys sender.example nofws",
  ],
  "no DKIM where From is never to be signed": [
    { from: NEVER, sender: signedAt("/sender/s", { schemes: ["dkim"] }) },
    "unsigned",
    "reason,never",
  ],
  "the Sender first where From's rule says so": [
    { from: signedAt("/from/s", { align: "sender" }), sender: SENDER },
    "dkim sender.example relaxed/relaxed",
    "domainkeys sender.example nofws",
  ],
  "no scheme that the rule leaves out": [
    { from: signedAt("/from/s", { schemes: ["domainkeys"] }) },
    "domainkeys from.example nofws",
  ],
  "an extra signature where the rule has a place for it": [
    {
      from: signedAt("/from/s", {
        extraPattern: "/extra/s",
        schemes: ["dkim"],
      }),
    },
    "dkim from.example relaxed/relaxed",
    "dkim from.example relaxed/relaxed",
  ],
  "nothing where nobody has a rule": [
    { from: NO_LINE, sender: NO_LINE },
    "unsigned",
    "reason,no line",
  ],
};

for (const [name, [rules, ...expected]] of Object.entries(ROWS)) {
  Deno.test(`\`SignPass\` makes ${name}`, async () => {
    assertEquals(await sign(rules), expected);
  });
}
