// SignPass on a message that it has signed before: a good signature of ours is left, anything less
// is made again.

import { assertEquals } from "@std/assert";
import {
  type DkimParameters,
  formatDkimHeader,
  formatDkimSignature,
} from "../../lib/dkim/signature.ts";
import { parseHeader } from "../../lib/message/header.ts";
import { toOctets } from "../../lib/message/octets.ts";
import { appendBase64 } from "../../lib/message/tag_list.ts";
import type { Outcome } from "../../lib/pass/pass.ts";
import {
  echoCrypto,
  ED25519,
  MemoryKeys,
  NOW,
  RSA_1024,
  RSA_2048,
  sign,
  signaturesIn,
  type Signing,
} from "../support/signing.ts";

const MESSAGE =
  "Received: by y\nFrom: Alice <alice@a.example.com>\nTo: bob@example.net\nSubject: hello\n\nHello Bob.\n";

const DKIM: Signing = { options: { schemes: ["dkim"] } };
const DOMAINKEYS: Signing = { options: { schemes: ["domainkeys"] } };
const BOTH: Signing = {};

/** How a message is signed at first, what happens to it, and how it is signed then. */
interface Row {
  first?: Signing;
  change?(signed: string): string;
  then?: Signing;
}

/** After these the signatures are still good. */
const LEFT: Record<string, Row> = {
  "as they are": {},
  "with CRLF line ends": {
    change: (signed) => signed.replaceAll("\n", "\r\n"),
  },
  "below fields of the way": {
    change: (signed) => `Return-Path: <a@b.c>\nReceived: by x\n${signed}`,
  },
  "over a field that neither list names": {
    change: (signed) => signed.replace("\nTo:", "\nX-New: x\nTo:"),
  },
  "before more empty lines": { change: (signed) => `${signed}\n\n\n` },
  "when other options hold by now": {
    then: {
      dkim: {
        headerCanonicalization: "simple",
        bodyCanonicalization: "simple",
      },
      domainKeys: { canonicalization: "simple" },
      now: NOW + 1000,
    },
  },
  "made in simple form": {
    first: {
      dkim: {
        headerCanonicalization: "simple",
        bodyCanonicalization: "simple",
      },
      domainKeys: { canonicalization: "simple" },
    },
  },
  "with an l= that covers all": { first: { dkim: { bodyLength: true } } },
  "with half of their time left": {
    first: { dkim: { expireSeconds: 10 } },
    then: { now: NOW + 5 },
  },
  "without t= with half of the time left that a new one has": {
    first: { dkim: { expireSeconds: 10, timestamp: false } },
    then: { dkim: { expireSeconds: 20 } },
  },
  "with all options": {
    first: {
      dkim: { copiedFields: true, query: true, identity: "a@x.example.com" },
    },
  },
};

for (
  const [name, { first = BOTH, change = same, then = BOTH }] of Object.entries(
    LEFT,
  )
) {
  Deno.test(`\`SignPass\` leaves its signatures ${name}`, async () => {
    const signed = await signTwice(first, change, then);
    assertEquals([signed.action, signed.newFields], ["signed before", ""]);
    assertEquals(signed.notes, [
      ["d", "example.com"],
      ["s", "default"],
      ["a", "rsa-sha256"],
      ["d", "example.com"],
      ["s", "default"],
      ["a", "rsa-sha1"],
    ]);
  });
}

/** After these they are not, or are not the ones that are wanted. */
const AGAIN: Record<string, Row> = {
  "over a body that was changed": {
    change: (signed) => signed.replace("Hello", "Goodbye"),
  },
  "over a field that was changed": {
    change: (signed) => signed.replace("Subject: hello", "Subject: bye"),
  },
  "over a name that came once more": {
    change: (signed) =>
      signed.replace("\nSubject:", "\nSubject: bye\nSubject:"),
  },
  "if their b= was changed": {
    change: (signed) => signed.replaceAll(/ b=\w{4}/g, " b=AAAA"),
  },
  "if another key of that name made them": {
    first: { keys: new MemoryKeys({ "/k/example.com/default": RSA_2048 }) },
  },
  "for another selector": {
    then: {
      keys: new MemoryKeys({ "/k/example.com/other": RSA_1024 }),
      options: { pattern: "/k/%/other" },
    },
  },
  "for another domain with the same key": {
    first: { keys: new MemoryKeys({ "/k/a.example.com/default": RSA_1024 }) },
  },
  "if a bad one of ours stands over a good one": {
    change: (signed) => {
      const top = signed.slice(0, signed.indexOf("Received: by"));
      return top.replaceAll(/ b=\w{4}/g, " b=AAAA") + signed;
    },
  },
  "if they cannot be parsed": {
    change: (signed) => signed.replaceAll(/ (b=|\tb=)/g, " b=A; b="),
  },
};

for (
  const [name, { first = BOTH, change = same, then = BOTH }] of Object.entries(
    AGAIN,
  )
) {
  Deno.test(`\`SignPass\` signs again ${name}`, async () => {
    const signed = await signTwice(first, change, then);
    const fields = signaturesIn(signed.newFields).map(({ field }) => field);
    assertEquals(fields, ["DKIM-Signature", "DomainKey-Signature"]);
    assertEquals(signed.action, "signed");
  });
}

/** What concerns one of the signatures alone, and which are made again. */
const PARTLY: Record<string, Row & { made: string[] }> = {
  "DKIM with less than half of its time left": {
    first: { dkim: { expireSeconds: 10 } },
    then: { now: NOW + 6 },
    made: ["rsa-sha256"],
  },
  "DKIM without t= with less than half of the time left that a new one has": {
    first: { dkim: { expireSeconds: 9, timestamp: false } },
    then: { dkim: { expireSeconds: 20 } },
    made: ["rsa-sha256"],
  },
  "DKIM that expires without t= where a new one does not": {
    first: { dkim: { expireSeconds: 1000, timestamp: false } },
    then: {},
    made: ["rsa-sha256"],
  },
  "DKIM below a Content-Type that was added": {
    change: (signed) => `Content-Type: text/html\n${signed}`,
    made: ["rsa-sha256"],
  },
  "DKIM past the second that it expires": {
    first: { dkim: { expireSeconds: 10 } },
    then: { now: NOW + 11 },
    made: ["rsa-sha256"],
  },
  "both if there is more after the l= of DKIM": {
    first: { dkim: { bodyLength: true } },
    change: (signed) => `${signed}and more\n`,
    made: ["rsa-sha256", "rsa-sha1"],
  },
  "DKIM alone if there is more after its l=": {
    first: { ...DKIM, dkim: { bodyLength: true } },
    change: (signed) => `${signed}and more\n`,
    then: DKIM,
    made: ["rsa-sha256"],
  },
  "DKIM with rsa-sha256 over one with rsa-sha1": {
    first: DKIM,
    change: (signed) => signed.replace("a=rsa-sha256", "a=rsa-sha1"),
    then: DKIM,
    made: ["rsa-sha256"],
  },
  "DomainKeys where there was DKIM alone": { first: DKIM, made: ["rsa-sha1"] },
  "DKIM where there was DomainKeys alone": {
    first: DOMAINKEYS,
    made: ["rsa-sha256"],
  },
  "the extra signature alone if it is bad": {
    first: withExtra(),
    change: (signed) =>
      signed.replace(/(a=ed25519.*\n(?:\t.*\n)*?.* b=)\w{4}/, "$1AAAA"),
    then: withExtra(),
    made: ["ed25519-sha256"],
  },
  "the extra signature alone if there was none": {
    then: withExtra(),
    made: ["ed25519-sha256"],
  },
  "nothing if an h= that names DKIM-Signature was made without one": {
    first: {
      ...DKIM,
      dkim: {
        signedFields: ["From", "DKIM-Signature"],
        oversignedFields: ["DKIM-Signature"],
      },
    },
    then: DKIM,
    made: [],
  },
  "nothing if the extra signature is good too": {
    first: withExtra(),
    then: withExtra(),
    made: [],
  },
};

for (
  const [name, { first = BOTH, change = same, then = BOTH, made }] of Object
    .entries(PARTLY)
) {
  Deno.test(`\`SignPass\` makes ${name}`, async () => {
    const signed = await signTwice(first, change, then);
    assertEquals(signaturesIn(signed.newFields).map(({ a }) => a), made);
  });
}

for (const algorithm of ["rsa-sha256", "rsa-sha1", "ed25519-sha256"] as const) {
  const is = algorithm === "rsa-sha256" ? "leaves" : "signs again over";
  Deno.test(`\`SignPass\` ${is} a signature that says ${algorithm}`, async () => {
    const fields = parseHeader("From: a@example.com\n");
    const parameters: DkimParameters = {
      algorithm,
      headerCanonicalization: "relaxed",
      bodyCanonicalization: "relaxed",
      domain: "example.com",
      selector: "default",
      signedFields: ["From"],
    };
    // The hashes and signatures of this crypto are what is hashed and signed.
    const bodyHash = toOctets("x\r\n").toBase64();
    const unsigned = formatDkimSignature(parameters, bodyHash);
    const octets = formatDkimHeader(fields, parameters, unsigned);
    const signature = appendBase64(unsigned.raw, toOctets(octets).toBase64());
    const { action } = await sign(`${signature}\nFrom: a@example.com\n\nx\n`, {
      ...DKIM,
      crypto: echoCrypto,
    });
    assertEquals(action, is === "leaves" ? "signed before" : "signed");
  });
}

async function signTwice(
  first: Signing,
  change: (signed: string) => string,
  then: Signing,
): Promise<Outcome> {
  const { newFields } = await sign(MESSAGE, first);
  const changed = change(newFields + MESSAGE);
  return await sign(changed, then);
}

function same(signed: string): string {
  return signed;
}

function withExtra(): Signing {
  return {
    keys: new MemoryKeys({
      "/k/example.com/default": RSA_1024,
      "/e/example.com/ed": ED25519,
    }),
    options: { extraPattern: "/e/%/ed" },
  };
}
