// dkimSignedFields() and domainKeysSignedFields(): the h= of a new signature.

import { assert, assertEquals } from "@std/assert";
import { parseHeader } from "../../lib/message/header.ts";
import { parseDkimOptions } from "../../lib/policy/options.ts";
import { dkimSignedFields } from "../../lib/dkim/signed_fields.ts";
import { domainKeysSignedFields } from "../../lib/domainkeys/signed_fields.ts";

/** Header, names to sign, names to oversign, and the list as h= has it. */
type DkimRow = [header: string, signed: string, oversigned: string, h: string];

const DKIM: Record<string, DkimRow> = {
  "the fields that are there": [
    "To: a\nFrom: b\nX: c\n",
    "From To Cc",
    "",
    "From:To",
  ],
  "each instance": ["To: a\nFrom: b\nto: c\n", "From To", "", "From:To:To"],
  "the order and spelling of the list": [
    "SUBJECT: a\nTo: b\nFROM: c\n",
    "From tO Subject",
    "",
    "From:tO:Subject",
  ],
  "an oversigned name once more than it occurs": [
    "To: a\nFrom: b\nTo: c\n",
    "From To",
    "from to",
    "From:From:To:To:To",
  ],
  "an oversigned name that is absent once": [
    "From: b\n",
    "From Subject",
    "subject",
    "From:Subject",
  ],
  "no oversigned name that is not to be signed": [
    "From: b\nCc: a\n",
    "From",
    "Cc",
    "From",
  ],
  "all endings of a star": [
    "List-Id: a\nFrom: b\nlist-post: c\nListX: d\nLIST-ID: e\n",
    "From List-*",
    "",
    "From:List-Id:List-Id:list-post",
  ],
  "a star that matches nothing": ["From: b\n", "From List-*", "", "From"],
  "a star's names oversigned": [
    "From: b\nList-Id: a\n",
    "From List-*",
    "list-id",
    "From:List-Id:List-Id",
  ],
  "a name of the list and of a star once": [
    "From: b\nList-Id: a\n",
    "List-Id From List-*",
    "",
    "List-Id:From",
  ],
  "a name that is in the list twice once": [
    "From: b\n",
    "From FROM",
    "",
    "From",
  ],
  "no name that would end the tag": [
    "From: a\nList-;b=c: d\nList-x.y: e\n",
    "From List-*",
    "",
    "From",
  ],
  "no line that is no field": ["junk\nFrom: a\n: b\n", "From X*", "", "From"],
  "the names of object members": [
    "From: a\nconstructor: b\n",
    "From constructor toString",
    "",
    "From:constructor",
  ],
};

for (const [name, [header, signed, oversigned, h]] of Object.entries(DKIM)) {
  Deno.test(`\`dkimSignedFields()\` lists ${name}`, () => {
    const names = dkimSignedFields(
      parseHeader(header),
      signed.split(" "),
      oversigned.split(" "),
    );
    assertEquals(names.join(":"), h);
  });
}

Deno.test("`dkimSignedFields()` lists by default what a reader sees, and never what changes on the way", () => {
  const { signedFields, oversignedFields } = parseDkimOptions();
  const signed =
    "From Sender Reply-To Subject Date Message-ID To Cc MIME-Version Content-Type " +
    "Content-Transfer-Encoding Content-ID Content-Description Resent-From Resent-Date " +
    "In-Reply-To References List-Id List-Unsubscribe-Post";
  const unsigned =
    "Received Return-Path Authentication-Results ARC-Seal ARC-Message-Signature " +
    "ARC-Authentication-Results X-Spam Comments Keywords DKIM-Signature DomainKey-Signature Bcc";
  const header = `${signed} ${unsigned}`.split(" ").map((name) =>
    `${name}: x\n`
  );
  const names = dkimSignedFields(
    parseHeader(header.reverse().join("")),
    signedFields,
    oversignedFields,
  );
  const once = new Set(names.map((name) => name.toLowerCase()));
  assertEquals([...once].sort(), signed.toLowerCase().split(" ").sort());
  for (const name of names) {
    const isOversigned =
      ("From Reply-To Subject To Cc Date MIME-Version Content-Type " +
        "Content-Transfer-Encoding").split(" ").includes(name);
    assertEquals(
      names.filter((other) => other === name).length,
      isOversigned ? 2 : 1,
      name,
    );
  }
});

const DOMAINKEYS: Record<string, [header: string, h: string, unique: string]> =
  {
    "every field in the order of the message": [
      "To: a\nX-Y: b\nFrom: c\n",
      "To:X-Y:From",
      "To:X-Y:From",
    ],
    "each instance as it is spelled": [
      "Received: a\nFrom: b\nRECEIVED: c\nSubject: d\n",
      "Received:From:RECEIVED:Subject",
      "From:Subject",
    ],
    "earlier signatures too": [
      "DomainKey-Signature: a\nDKIM-Signature: b\nFrom: c\n",
      "DomainKey-Signature:DKIM-Signature:From",
      "DomainKey-Signature:DKIM-Signature:From",
    ],
    "no name that would end the tag": [
      "A;b=c: d\nFrom: e\nA.b: f\n",
      "From",
      "From",
    ],
    "no line that is no field": ["junk\nFrom: e\n: f\n", "From", "From"],
  };

for (const [name, [header, h, unique]] of Object.entries(DOMAINKEYS)) {
  Deno.test(`\`domainKeysSignedFields()\` lists ${name}`, () => {
    const fields = parseHeader(header);
    assertEquals(domainKeysSignedFields(fields, false).join(":"), h);
    assertEquals(domainKeysSignedFields(fields, true).join(":"), unique);
  });
}

Deno.test("`dkimSignedFields()` and `domainKeysSignedFields()` list 100,000 fields in one go", () => {
  const fields = parseHeader(
    "List-X: a\nList-Y: b\n".repeat(50_000) + "From: c\n",
  );
  assertEquals(
    dkimSignedFields(fields, ["From", "List-*"], []).length,
    100_001,
  );
  assertEquals(domainKeysSignedFields(fields, false).length, 100_001);
  assert(domainKeysSignedFields(fields, true).join() === "From");
});
