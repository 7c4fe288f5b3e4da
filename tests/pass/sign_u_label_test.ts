// SignPass on a signature of ours that names us by U-labels, as other programs with our key write
// it (RFC 8616 section 5): it is ours all the same.

import { assertEquals } from "@std/assert";
import {
  type DkimParameters,
  formatDkimHeader,
  formatDkimSignature,
} from "../../lib/dkim/signature.ts";
import {
  type DomainKeysParameters,
  formatDomainKeysHeader,
  formatDomainKeysSignature,
} from "../../lib/domainkeys/signature.ts";
import { parseHeader } from "../../lib/message/header.ts";
import { encodeUtf8, toOctets } from "../../lib/message/octets.ts";
import { appendBase64 } from "../../lib/message/tag_list.ts";
import { echoCrypto, MemoryKeys, RSA_1024, sign } from "../support/signing.ts";

const A_LABEL = "xn--bcher-kva.example";
const U_LABEL = encodeUtf8("b\u00fccher.example");
const NAMES = {
  "our A-labels": A_LABEL,
  "our U-labels": U_LABEL,
  "another domain": "example.com",
};
const HEADER = `From: a@${U_LABEL}\n`;
const FIELDS = parseHeader(HEADER);
const BODY = "x\r\n";

/** The hashes and signatures of this crypto are what is hashed and signed. */
const SIGNING = {
  crypto: echoCrypto,
  keys: new MemoryKeys({ [`/k/${A_LABEL}/default`]: RSA_1024 }),
};

for (const [name, domain] of Object.entries(NAMES)) {
  const isOurs = domain !== "example.com";
  const verb = isOurs ? "leaves" : "signs again over";
  Deno.test(`\`SignPass\` ${verb} a DKIM-Signature of ${name}`, async () => {
    const parameters: DkimParameters = {
      algorithm: "rsa-sha256",
      headerCanonicalization: "relaxed",
      bodyCanonicalization: "relaxed",
      domain,
      selector: "default",
      signedFields: ["From"],
    };
    const bodyHash = toOctets(BODY).toBase64();
    const unsigned = formatDkimSignature(parameters, bodyHash);
    const signed = formatDkimHeader(FIELDS, parameters, unsigned);
    assertEquals(await signAgain("dkim", unsigned.raw, signed), isOurs);
  });

  Deno.test(`\`SignPass\` ${verb} a DomainKey-Signature of ${name}`, async () => {
    const parameters: DomainKeysParameters = {
      canonicalization: "nofws",
      domain,
      selector: "default",
      signedFields: ["From"],
    };
    const { raw } = formatDomainKeysSignature(parameters);
    const signed = `${formatDomainKeysHeader(FIELDS, parameters)}\r\n${BODY}`;
    assertEquals(await signAgain("domainkeys", raw, signed), isOurs);
  });
}

/** Tells whether the signature was left. */
async function signAgain(
  scheme: "dkim" | "domainkeys",
  raw: string,
  signed: string,
): Promise<boolean> {
  const field = appendBase64(raw, toOctets(signed).toBase64());
  const { action } = await sign(`${field}\n${HEADER}\nx\n`, {
    ...SIGNING,
    options: { schemes: [scheme] },
  });
  return action === "signed before";
}
