// Verifiers that share nothing with lib/: the signatures by node:crypto, and what is signed by the
// reference, which has the prose of RFC 6376 and RFC 4870 line by line.

import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import {
  createHash,
  createPublicKey,
  type KeyObject,
  verify,
} from "node:crypto";
import * as reference from "./reference.ts";
import { toText } from "./mail.ts";

/** TXT records by name. */
type Records = ReadonlyMap<string, string>;

/** The key's name, and `pass` or `fail`, of each DKIM-Signature from the top down. */
export function verifyDkim(message: Uint8Array, records: Records): string[] {
  const { header, body } = reference.partsOf(toText(message));
  const fields = reference.fieldsOf(header);
  const signatures = fields.filter(({ name }) =>
    name.toLowerCase() === "dkim-signature"
  );
  return signatures.map((field) => {
    const tags = tagsOf(field);
    const name = `${tags.get("s")}._domainkey.${tags.get("d")}`;
    const record = records.get(name);
    const isGood = record !== undefined &&
      isBodyHashed(tags, body) && isHeaderSigned(field, tags, fields, record);
    return `${name} ${isGood ? "pass" : "fail"}`;
  });
}

/** RFC 6376 section 3.7: the body, "canonicalized using the body canonicalization algorithm", to l=. */
function isBodyHashed(tags: Map<string, string>, body: string[]): boolean {
  const [, c = "simple"] = tags.get("c")?.split("/") ?? [];
  const canonical = c === "relaxed"
    ? reference.dkimRelaxedBody(body)
    : reference.dkimSimpleBody(body);
  const length = Number(tags.get("l") ?? canonical.length);
  const hash = createHash("sha256");
  hash.update(canonical.slice(0, length), "latin1");
  return length <= canonical.length && hash.digest("base64") === tags.get("bh");
}

/** The same section: the fields of h=, then the signature with an empty b= and no CRLF at its end. */
function isHeaderSigned(
  signature: reference.ReferenceField,
  tags: Map<string, string>,
  fields: reference.ReferenceField[],
  record: string,
): boolean {
  const canonicalize = tags.get("c")?.startsWith("relaxed")
    ? reference.relaxedField
    : reference.simpleField;
  const unsigned = signature.lines.join("\r\n")
    .replace(/([:;]\s*b\s*=)[^;]*/, "$1");
  const signed = Buffer.from(
    reference.dkimHeader(fields, tags.get("h")!.split(":"), canonicalize) +
      canonicalize({ ...signature, lines: unsigned.split("\r\n") }).slice(
        0,
        -"\r\n".length,
      ),
    "latin1",
  );
  const b = Buffer.from(tags.get("b")!, "base64");
  if (tags.get("a") === "rsa-sha256") {
    return verify("sha256", signed, rsaKeyOf(record), b);
  }
  assertEquals(tags.get("a"), "ed25519-sha256");
  const digest = createHash("sha256").update(signed).digest();
  return verify(null, digest, ed25519KeyOf(record), b);
}

/** What the topmost DomainKey-Signature is worth: `pass`, `fail`, or `none` without one. */
export function verifyDomainKeys(
  message: Uint8Array,
  records: Records,
): "pass" | "fail" | "none" {
  const { header, body } = reference.partsOf(toText(message));
  const fields = reference.fieldsOf(header);
  const at = fields.findIndex(({ name }) =>
    name.toLowerCase() === "domainkey-signature"
  );
  if (at === -1) return "none";
  const tags = tagsOf(fields[at]!);
  assertEquals([tags.get("a"), tags.get("q")], ["rsa-sha1", "dns"]);
  const isSimple = tags.get("c") === "simple";
  if (!isSimple) assertEquals(tags.get("c"), "nofws");
  // Only fields that follow the signature are signed, and of those the ones that h= names.
  const below = fields.slice(at + 1);
  const names = tags.get("h")?.split(":") ?? below.map(({ name }) => name);
  const canonicalize = isSimple ? reference.simpleField : reference.nofwsField;
  const canonical = reference.domainKeysHeader(below, names, canonicalize) +
    (isSimple
      ? reference.domainKeysSimpleBody(body)
      : reference.domainKeysNofwsBody(body));
  const record = records.get(`${tags.get("s")}._domainkey.${tags.get("d")}`);
  const isGood = record !== undefined && verify(
    "sha1",
    Buffer.from(canonical, "latin1"),
    rsaKeyOf(record),
    Buffer.from(tags.get("b")!, "base64"),
  );
  return isGood ? "pass" : "fail";
}

/** Values without any white space. */
function tagsOf({ lines }: reference.ReferenceField): Map<string, string> {
  const value = lines.join("").replace(/^[^:]*:/, "");
  return new Map(
    value.replace(/[ \t]/g, "").split(";").map((tag): [string, string] => {
      const equals = tag.indexOf("=");
      return [tag.slice(0, equals), tag.slice(equals + 1)];
    }),
  );
}

function rsaKeyOf(record: string): KeyObject {
  return createPublicKey({ key: keyOf(record), format: "der", type: "spki" });
}

/** RFC 8463 section 4.2: the key alone. */
function ed25519KeyOf(record: string): KeyObject {
  const x = keyOf(record).toString("base64url");
  const key = { kty: "OKP", crv: "Ed25519", x };
  return createPublicKey({ key, format: "jwk" });
}

function keyOf(record: string): Buffer {
  return Buffer.from(/p=([^;]*)/.exec(record)?.[1] ?? "", "base64");
}
