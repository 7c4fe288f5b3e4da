// The signing pass gives the very signatures that libdomainkeys 0.69 gave: RSA is deterministic.
// Where that library departs from the rules of this project, the row names the rule.

import { assertEquals } from "@std/assert";
import { createSign } from "node:crypto";
import { toOctets, toText } from "../../lib/message/octets.ts";
import type { Crypto } from "../../lib/ports/crypto.ts";
import { CRYPTOS } from "../support/cryptos.ts";
import {
  domainKeysHeader,
  domainKeysNofwsBody,
  domainKeysSimpleBody,
  fieldsOf,
  nofwsField,
  partsOf,
  simpleField,
} from "../support/reference.ts";
import {
  MemoryKeys,
  RSA_1024,
  sign,
  signaturesIn,
} from "../support/signing.ts";
import vectors from "../vectors/dk_sign.json" with { type: "json" };

type Vector = typeof vectors.cases[number];

/** Rows that libdomainkeys hashed or judged differently, and the sentence that holds here. */
const DEPARTURES: Record<string, string> = {
  "crs simple":
    "LF becomes CRLF for the hash; a CR just before the LF counts as part of that one line end",
  "presigned simple": "both computed over the message as it came",
  "presigned nofws": "both computed over the message as it came",
};

for (const vector of vectors.cases) {
  const { name, canon, status, b, h, signing_domain: domain } = vector;
  const row = `${name} ${canon}`;
  const rule = DEPARTURES[row];

  for (const { name: by, crypto, ignore } of CRYPTOS) {
    if (rule !== undefined) {
      Deno.test(
        `By ${by}, \`SignPass\` signs ${row} by its own rule: ${rule}`,
        { ignore },
        async () => {
          const [signature] = await signaturesOf(vector, crypto);
          assertEquals(signature?.["b"], signOctets(referenceOctets(vector)));
          assertEquals(signature?.["h"], h);
          assertEquals(signature?.["d"], domain);
        },
      );
    } else if (status === 0) {
      Deno.test(`By ${by}, \`SignPass\` signs ${row} as libdomainkeys`, {
        ignore,
      }, async () => {
        assertEquals(await signaturesOf(vector, crypto), [{
          field: "DomainKey-Signature",
          a: "rsa-sha1",
          q: "dns",
          c: canon,
          s: "default",
          d: domain,
          h,
          b,
        }]);
        assertEquals(signOctets(referenceOctets(vector)), b);
      });
    } else {
      Deno.test(
        `By ${by}, \`SignPass\` leaves ${row} unsigned as libdomainkeys`,
        { ignore },
        async () => {
          assertEquals(await signaturesOf(vector, crypto), []);
        },
      );
    }
  }
}

Deno.test("libdomainkeys hashed the CRs of crs as CR CR LF", () => {
  const vector = vectors.cases.find(({ name, canon }) =>
    name === "crs" && canon === "simple"
  )!;
  const octets = messageOf(vector).replaceAll("\n", "\r\n");
  assertEquals(signOctets(octets), vector.b);
});

async function signaturesOf(vector: Vector, crypto: Crypto) {
  const { newFields } = await sign(messageOf(vector), {
    crypto,
    keys: new MemoryKeys({
      "/k/example.com/default": RSA_1024,
      "/k/lists.example.org/default": RSA_1024,
    }),
    options: { schemes: ["domainkeys"] },
    domainKeys: {
      canonicalization: vector.canon === "simple" ? "simple" : "nofws",
    },
  });
  return signaturesIn(newFields);
}

/** What RFC 4870 says that is signed. */
function referenceOctets(vector: Vector): string {
  const { header, body } = partsOf(messageOf(vector));
  const names = vector.h.split(":");
  return vector.canon === "simple"
    ? domainKeysHeader(fieldsOf(header), names, simpleField) +
      domainKeysSimpleBody(body)
    : domainKeysHeader(fieldsOf(header), names, nofwsField) +
      domainKeysNofwsBody(body);
}

function messageOf({ message_b64: base64 }: Vector): string {
  return toText(Uint8Array.fromBase64(base64));
}

function signOctets(octets: string): string {
  const signer = createSign("RSA-SHA1");
  signer.update(toOctets(octets));
  return signer.sign(vectors.private_key_pem, "base64");
}
