// What is signed is verified: messages by chance, signed in every form there is, verify. With one
// octet changed, added or taken away, a signature is good exactly when what it signs is still the
// same, of which the reference is the judge.

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import type { DkimCanonicalization } from "../../lib/message/canonicalization.ts";
import { Random } from "../support/random.ts";
import * as reference from "../support/reference.ts";
import { ED25519, MemoryKeys, RSA_1024, sign } from "../support/signing.ts";
import { ED25519_PEM, publicKeyOf, verify } from "../support/verifying.ts";
import dkVectors from "../vectors/dk_sign.json" with { type: "json" };
import { Zone } from "../support/zone.ts";

const MESSAGES = Deno.env.get("FUZZ_FULL") === "1" ? 4800 : 1200;
const SEED = Number(Deno.env.get("DK_SEED") ?? 4871);

const KEYS = new MemoryKeys({
  "/k/example.com/rsa": RSA_1024,
  "/k/example.com/ed": ED25519,
});
const ZONE = new Zone({
  "rsa._domainkey.example.com": `v=DKIM1; k=rsa; p=${dkVectors.public_key_b64}`,
  "ed._domainkey.example.com": `v=DKIM1; k=ed25519; p=${
    publicKeyOf(ED25519_PEM)
  }`,
});

const FORMS = ["simple", "relaxed"] as const;

/** How one message is signed. */
interface Form {
  header: DkimCanonicalization;
  body: DkimCanonicalization;
  domainKeys: "simple" | "nofws";
  lineEnd: "LF" | "CRLF" | "mixed";
  leavesOut: boolean;
}

/** Every form in its turn. */
function formOf(round: number): Form {
  return {
    header: FORMS[round & 1]!,
    body: FORMS[round >> 1 & 1]!,
    domainKeys: round & 4 ? "simple" : "nofws",
    lineEnd: (["LF", "CRLF", "mixed"] as const)[(round >> 3) % 3]!,
    leavesOut: round % 5 === 0,
  };
}

const WORDS = [
  ..."abcXYZ019",
  ..." \t.:;=,-",
  "\n ",
  "\n\t",
  "  ",
  "\xe4\xff",
  "b=AA==",
];
const NAMES = [
  "To",
  "CC",
  "Subject",
  "subject",
  "Date",
  "Reply-To",
  "X-Mailer",
  "Received",
  "List-Id",
  "Content-Type",
  "MIME-Version",
  "DKIM-signature",
  "Domainkey-Signature",
];
const FROMS = [
  "From: ann@example.com",
  'FROM : "Ann  B" <ann@example.com>',
  "From: Ann\n\t(a;b=c) <ann@sub.example.com>",
  "from:ann@Example.COM",
];
const BODY = [...WORDS, "\n", "\n", "\n\n", " \n", "\t \n", ".\n", "\0", "\r"];

function makeMessage(random: Random, { lineEnd }: Form): string {
  const fields = Array.from(
    { length: random.below(7) },
    () => `${random.pick(NAMES)}:${random.text(WORDS, 0, 12)}`,
  );
  fields.splice(random.below(fields.length + 1), 0, random.pick(FROMS));
  if (random.oneIn(4)) fields.push("Sender: b@sub.example.com");
  const body = random.oneIn(8)
    ? ""
    : `\n${random.text(BODY, 0, random.oneIn(3) ? 200 : 15)}`;
  const text = `${fields.join("\n")}\n${body}`;
  if (lineEnd === "LF") return text;
  return text.replace(
    /\r?\n/g,
    () => lineEnd === "CRLF" || random.oneIn(2) ? "\r\n" : "\n",
  );
}

async function signIn(form: Form, message: string): Promise<string> {
  const { newFields } = await sign(message, {
    keys: KEYS,
    options: { pattern: "/k/%/rsa", extraPattern: "/k/%/ed" },
    dkim: {
      headerCanonicalization: form.header,
      bodyCanonicalization: form.body,
    },
    domainKeys: {
      canonicalization: form.domainKeys,
      uniqueFields: form.leavesOut,
    },
  });
  return newFields + message;
}

/** What a signature is of: the same for two messages if a good one is good for both. */
interface Signed {
  /** What is hashed, and the tags that say with which key. */
  text: string;
  /** `b=` */
  signature: string;
  /** All else that a verifier looks at. */
  around: string;
}

type Which = "rsa" | "ed" | "domainkeys";

/** What the reference sees of a signature, `undefined` when it is not there. */
function signedBy(which: Which, message: string): Signed | undefined {
  const { header, body } = reference.partsOf(message);
  const fields = reference.fieldsOf(header);
  return which === "domainkeys"
    ? signedByDomainKeys(fields, body)
    : signedByDkim(which, fields, body);
}

function signedByDkim(
  selector: string,
  fields: reference.ReferenceField[],
  body: string[],
): Signed | undefined {
  const field = fields.find((field) =>
    isNamed(field, "dkim-signature") && tagsOf(field).get("s") === selector
  );
  if (field === undefined) return undefined;
  const tags = tagsOf(field);
  const [headerForm, bodyForm] = tags.get("c")?.split("/") ?? [];
  const canonicalize = headerForm === "relaxed"
    ? reference.relaxedField
    : reference.simpleField;
  const canonicalizeBody = bodyForm === "relaxed"
    ? reference.dkimRelaxedBody
    : reference.dkimSimpleBody;
  const raw = field.lines.join("\r\n");
  const unsigned = raw.replace(/([;:]\s*b\s*=)[^;]*/, "$1").split("\r\n");
  const header = reference.dkimHeader(
    fields.filter((other) => other !== field),
    tags.get("h")?.split(":") ?? [],
    canonicalize,
  ) + canonicalize({ ...field, lines: unsigned });
  return {
    text: `${header}\n${canonicalizeBody(body)}`,
    signature: tags.get("b") ?? "",
    around: "",
  };
}

function signedByDomainKeys(
  fields: reference.ReferenceField[],
  body: string[],
): Signed | undefined {
  const at = fields.findIndex((field) => isNamed(field, "domainkey-signature"));
  if (at === -1) return undefined;
  const field = fields[at]!;
  const tags = tagsOf(field);
  const isSimple = tags.get("c") === "simple";
  const canonicalize = isSimple ? reference.simpleField : reference.nofwsField;
  const below = fields.slice(at + 1);
  const names = tags.get("h")?.split(":");
  // Without h= every field below is signed (RFC 4870 section 3.3).
  const header = names === undefined
    ? below.map(canonicalize).join("")
    : reference.domainKeysHeader(below, names, canonicalize);
  const canonicalBody = isSimple
    ? reference.domainKeysSimpleBody(body)
    : reference.domainKeysNofwsBody(body);
  const keyName = `${tags.get("s")}._domainkey.${tags.get("d")}`;
  const authors = fields.filter((field) => /^(from|sender)$/i.test(field.name));
  return {
    text: [keyName.toLowerCase(), header, canonicalBody].join("\n"),
    signature: tags.get("b") ?? "",
    // Its own field is not signed; and who the message is from is read in the whole header.
    around: field.lines.join("\n") +
      authors.map(reference.simpleField).join(""),
  };
}

function isNamed(field: reference.ReferenceField, name: string): boolean {
  return field.name.toLowerCase() === name;
}

/** Tags by name, values without any white space. */
function tagsOf({ lines }: reference.ReferenceField): Map<string, string> {
  const value = lines.join("").replace(/^[^:]*:/, "").replace(/[ \t\r]/g, "");
  const tags = value.split(";").map((tag): [string, string] => {
    const [name = "", ...rest] = tag.split("=");
    return [name, rest.join("=")];
  });
  // The first of two: a list with both of them is none.
  return new Map(tags.reverse());
}

/** Which of the signatures are good. */
async function goodOnes(message: string): Promise<Which[]> {
  const { domainKeys, signatures } = await verify(message, { zone: ZONE });
  const isGood = (which: Which) =>
    which === "domainkeys"
      ? domainKeys.result === "pass"
      : signatures.some(({ selector, result }) =>
        selector === which && result === "pass"
      );
  return ALL.filter(isGood);
}

const ALL: Which[] = ["rsa", "ed", "domainkeys"];

/** Tells whether a signature has to be good, must not be, or may be either. */
function expectationOf(
  which: Which,
  before: Signed,
  changed: string,
): "good" | "bad" | "either" {
  const after = signedBy(which, changed);
  const { header } = reference.partsOf(changed);
  if (!reference.isWellFormed(header)) return "bad";
  if (after === undefined || after.text !== before.text) return "bad";
  if (after.signature !== before.signature) {
    // Base64 has more than one spelling for the same octets.
    const [a, b] = [before, after].map(({ signature }) =>
      Buffer.from(signature.replace(/=.*/, ""), "base64").toString("hex")
    );
    return a === b ? "either" : "bad";
  }
  // White space before the colon of a field that is not signed is not let pass.
  const isOdd = reference.fieldsOf(header).some(({ lines }) =>
    /^[!-9;-~]+[ \t]+:/.test(lines[0]!)
  );
  return after.around === before.around && !isOdd ? "good" : "either";
}

/** Changes one octet into another, or takes it away, or puts one in front of it. */
function changeOctet(random: Random, message: string): [string, string] {
  const at = random.below(message.length);
  const old = message[at]!;
  const takenAway = random.oneIn(4) ? 0 : 1;
  let octet = old;
  while (octet === old && takenAway === 1) {
    octet = random.oneIn(2)
      ? random.pick(" \t\r\n:;=aA\0")
      : String.fromCharCode(random.below(256));
  }
  if (takenAway === 0) octet = random.pick(" \t\r\n;a");
  else if (random.oneIn(3)) octet = "";
  const changed = message.slice(0, at) + octet + message.slice(at + takenAway);
  return [changed, `${JSON.stringify(octet)} at ${at}`];
}

Deno.test(`${MESSAGES} messages by chance verify, and with an octet changed exactly when the same is signed`, async () => {
  const random = new Random(SEED);
  const counts = { good: 0, bad: 0, either: 0 };
  for (let round = 0; round < MESSAGES; round++) {
    const form = formOf(round);
    const message = makeMessage(random, form);
    const signed = await signIn(form, message);
    const note = `DK_SEED=${SEED}, round ${round}: ${JSON.stringify(form)} ${
      JSON.stringify(signed)
    }`;
    assertEquals(await goodOnes(signed), ALL, note);
    const [changed, change] = changeOctet(random, signed);
    const good = await goodOnes(changed);
    for (const which of ALL) {
      const expected = expectationOf(which, signedBy(which, signed)!, changed);
      counts[expected]++;
      const isFine = expected === "either" ||
        good.includes(which) === (expected === "good");
      assert(isFine, `${which} should be ${expected} with ${change}; ${note}`);
    }
  }
  // Neither half of the law holds for want of cases.
  assert(counts.good > MESSAGES / 12, JSON.stringify(counts));
  assert(counts.bad > MESSAGES / 1.2, JSON.stringify(counts));
  assert(counts.either < counts.good / 2, JSON.stringify(counts));
});
