// What is said of mail that a hostile sender, or an odd but honest one, sends: the fields of both schemes
// in Authentication-Results.

import { assert } from "@std/assert";
import type { Zone } from "../../scripts/host/zone.ts";
import { judge, ZONE } from "../support/inbound.ts";
import { MAIL, recordOf } from "../support/signed_mail.ts";
import { splitResults } from "../support/split_results.ts";
import { ED25519_PEM, signDkim, signDomainKeys } from "../support/verifying.ts";

const SIGNED = signDkim(signDomainKeys(MAIL));
const NAME = "default._domainkey.example.com";

/** The neutral point of the curve: as a key, it verifies this signature of anything. */
const IDENTITY = Uint8Array.of(1, ...new Uint8Array(31));
const NOBODYS = Uint8Array.of(...IDENTITY, ...new Uint8Array(32)).toBase64();

interface Row {
  message: string;
  zone?: Zone;
  /** As the field has them. */
  domainkeys?: string;
  dkim?: string;
}

const NONE = {
  domainkeys: "permerror (bad format)",
  dkim: "permerror (bad syntax)",
};
/** Put before the empty line. */
const inHeader = (text: string): Row => ({
  message: SIGNED.replace("\n\n", `\n${text}\n`),
  ...NONE,
});

const ROWS: Record<string, Row> = {
  "two lines of text at the end of the header": inHeader(
    "Dear Bob,\nbuy this now!\n",
  ),
  "a line of CR in the header": inHeader("\r\r\n"),
  "a NUL in the header": inHeader("X-A: a\0b\n"),
  "a NUL in a name": inHeader("From\0: ceo@bank.example\n"),
  "a bare CR in the header": inHeader("X-A: b\rFrom: ceo@bank.example\n"),
  "8-bit octets in a name": inHeader("From\xc2\xa0: ceo@bank.example\n"),
  "two From, both signed": {
    message: signDkim(`From: eve@example.org\n${MAIL}`, { h: "From:From" }),
    dkim: "permerror (bad syntax)",
  },
  "a key of small order and a signature that nobody made": {
    message: signDkim(MAIL, { a: "ed25519-sha256", b: NOBODYS }),
    zone: { [NAME]: [`v=DKIM1; k=ed25519; p=${IDENTITY.toBase64()}`] },
    dkim: "fail (bad key)",
  },
  "an address before the address of From": {
    message: signDomainKeys(
      MAIL.replace(/^From:.*/m, "From: ceo@bank.example<ann@example.com>"),
    ),
    domainkeys: "neutral (bad format)",
  },
  "another Subject above the DomainKey-Signature": {
    message: `Subject: bye\n${SIGNED}`,
    domainkeys: "fail (bad sig)",
  },
  "a list's Sender above the DomainKey-Signature": {
    message: `Sender: list@lists.example.org\n${SIGNED}`,
    domainkeys: "pass (ok) header.from=example.com",
  },
  "a Sender's own DomainKey-Signature": {
    message: signDomainKeys(
      `Sender: a@example.com\n${MAIL.replace("@example.com", "@bank.example")}`,
      { h: "Sender:From:To:Subject" },
    ),
    domainkeys: "pass (ok) header.sender=example.com",
  },
  "no From below the DomainKey-Signature": {
    message: `From: ann@example.com\n${
      signDomainKeys(MAIL.replace(/^From:.*\n/m, ""))
    }`,
    domainkeys: "none (no signature)",
  },
  "an empty g= in a record of the original": {
    message: SIGNED,
    zone: { [NAME]: [recordOf("g=; ").replace("v=DKIM1; ", "")] },
    domainkeys: "pass (ok)",
  },
  "a key that is not for mail": {
    message: SIGNED,
    zone: { [NAME]: [recordOf("s=tlsrpt; ")] },
    domainkeys: "fail (bad key)",
    dkim: "neutral (bad selector)",
  },
  "i= in quoted-printable": {
    message: signDkim(MAIL, { i: "=61nn@=65xample.com" }),
    zone: { [NAME]: [recordOf("g=ann; ")] },
    dkim: "pass (ok)",
  },
  "U-labels": {
    message: signDkim(MAIL, {
      d: "b\xc3\xbccher.example",
      s: "\xc3\xbc",
      i: "j\xc3\xbc@b\xc3\xbccher.example",
    }),
    zone: { "xn--tda._domainkey.xn--bcher-kva.example": [recordOf()] },
    dkim: "pass (ok) header.d=xn--bcher-kva.example header.s=xn--tda",
  },
  "a signature as others write it": {
    message: signDkim(MAIL, { a: "RSA-SHA256", h: "From::To:", "x-y": "\xc3" }),
    zone: {
      [NAME]: [
        `h=SHA256; s=EMAIL; n=\xe4; ${
          recordOf().replace("v=DKIM1; ", "")
        }; v=DKIM1`,
      ],
    },
    dkim: "pass (ok)",
  },
  "keys that do not fit beside the one that does": {
    message: SIGNED,
    zone: {
      [NAME]: [
        recordOf("s=tlsrpt; "),
        recordOf("h=md5; "),
        recordOf("", ED25519_PEM),
        recordOf(),
      ],
    },
    domainkeys: "pass (ok)",
    dkim: "pass (ok)",
  },
};

for (
  const [name, { message, zone = ZONE, ...expected }] of Object.entries(ROWS)
) {
  Deno.test(`\`InboundPass\` says what is so of ${name}`, async () => {
    const { newFields } = await judge({ message, zone });
    const results = splitResults(newFields);
    for (const [method, result] of Object.entries(expected)) {
      const said = results.find((text) => text.startsWith(`${method}=`));
      assert(said?.startsWith(`${method}=${result}`), said);
    }
  });
}
