// The signatures that libdkim 1.0.21 made, made again: its own fields with b= emptied, hashed and
// signed here with its key, give the same bh= and b=. No row of it departs from RFC 6376.

import { assertEquals } from "@std/assert";
import {
  DKIM_SIGNATURE,
  type DkimSignature,
  formatDkimHeader,
  parseDkimSignature,
} from "../../lib/dkim/signature.ts";
import { parseHeader } from "../../lib/message/header.ts";
import { toOctets, toText } from "../../lib/message/octets.ts";
import { BodyHashes } from "../../lib/dkim/body_hashes.ts";
import { CRYPTOS } from "../support/cryptos.ts";
import {
  dkimHeader,
  dkimRelaxedBody,
  dkimSimpleBody,
  fieldsOf,
  linesOf,
  partsOf,
  relaxedField,
  simpleField,
} from "../support/reference.ts";
import { MemoryKeys, RSA_2048, sign } from "../support/signing.ts";
import vectors from "../vectors/dkim_sign.json" with { type: "json" };

for (const vector of vectors.cases) {
  const row = `${vector.name} ${vector.canon}`;
  const message = toText(Uint8Array.fromBase64(vector.message_b64));
  const raw = vector.dkim_signature_header.replaceAll("\r\n", "\n").trimEnd();
  const { header, body } = partsOf(message);

  for (const { name: by, crypto: one, ignore } of CRYPTOS) {
    Deno.test(`By ${by}, \`BodyHashes\` gives the bh= of libdkim for ${row}`, {
      ignore,
    }, async () => {
      const { bodyHash, bodyCanonicalization } = readSignature(raw);
      const hashes = new BodyHashes(one);
      const hash = hashes.get(bodyCanonicalization, "SHA-256");
      hashes.push(toOctets(body.map((line) => line + "\n").join("")));
      hashes.end();
      assertEquals(await hash.result(), bodyHash);
      const octets = bodyCanonicalization === "simple"
        ? dkimSimpleBody(body)
        : dkimRelaxedBody(body);
      const digest = await crypto.subtle.digest("SHA-256", toOctets(octets));
      assertEquals(new Uint8Array(digest), bodyHash);
    });

    Deno.test(
      `By ${by}, \`formatDkimHeader()\` gives what libdkim signed for ${row}`,
      { ignore },
      async () => {
        const signature = readSignature(raw);
        const fields = parseHeader(header.map((line) => line + "\n").join(""));
        const octets = formatDkimHeader(fields, signature, signature.unsigned);
        const signer = one.signer(RSA_2048, "SHA-256");
        signer.push(toOctets(octets));
        assertEquals(await signer.end(), signature.signature);

        const canonicalize = signature.headerCanonicalization === "simple"
          ? simpleField
          : relaxedField;
        const [own] = fieldsOf(linesOf(signature.unsigned.raw));
        const reference =
          dkimHeader(fieldsOf(header), signature.signedFields, canonicalize) +
          canonicalize(own!).slice(0, -2);
        assertEquals(octets, reference);
      },
    );
  }

  Deno.test(`\`SignPass\` leaves the signature of libdkim for ${row}, which is its own`, async () => {
    const { action, newFields } = await sign(`${raw}\n${message}`, {
      keys: new MemoryKeys({ "/k/example.com/default": RSA_2048 }),
      options: { schemes: ["dkim"] },
    });
    assertEquals([action, newFields], ["signed before", ""]);
  });
}

function readSignature(raw: string): DkimSignature {
  const signature = parseDkimSignature({ name: DKIM_SIGNATURE, raw });
  if (typeof signature === "string") throw new Error(`${signature}: ${raw}`);
  return signature;
}
