// The signed messages that RFC 6376 and RFC 8463 print, signed again with the keys they print.

import { assertEquals } from "@std/assert";
import {
  formatDkimHeader,
  parseDkimSignature,
} from "../../lib/dkim/signature.ts";
import {
  parsePrivateKey,
  type PrivateKey,
} from "../../lib/keys/private_key.ts";
import { parseHeader } from "../../lib/message/header.ts";
import { toOctets, toText } from "../../lib/message/octets.ts";
import { BodyHashes } from "../../lib/dkim/body_hashes.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { ED25519, MemoryKeys, sign } from "../support/signing.ts";

const FOLDER = new URL("../../../shared/corpora/rfc/", import.meta.url);

/** RFC 6376 appendix C. */
const RFC6376_KEY = parsePrivateKey(`-----BEGIN RSA PRIVATE KEY-----
MIICXwIBAAKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFC
jxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gb
to/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB
AoGBALmn+XwWk7akvkUlqb+dOxyLB9i5VBVfje89Teolwc9YJT36BGN/l4e0l6QX
/1//6DWUTB3KI6wFcm7TWJcxbS0tcKZX7FsJvUz1SbQnkS54DJck1EZO/BLa5ckJ
gAYIaqlA9C0ZwM6i58lLlPadX/rtHb7pWzeNcZHjKrjM461ZAkEA+itss2nRlmyO
n1/5yDyCluST4dQfO8kAB3toSEVc7DeFeDhnC1mZdjASZNvdHS4gbLIA1hUGEF9m
3hKsGUMMPwJBAPW5v/U+AWTADFCS22t72NUurgzeAbzb1HWMqO4y4+9Hpjk5wvL/
eVYizyuce3/fGke7aRYw/ADKygMJdW8H/OcCQQDz5OQb4j2QDpPZc0Nc4QlbvMsj
7p7otWRO5xRa6SzXqqV3+F0VpqvDmshEBkoCydaYwc2o6WQ5EBmExeV8124XAkEA
qZzGsIxVP+sEVRWZmW6KNFSdVUpk3qzK0Tz/WjQMe5z0UunY9Ax9/4PVhp/j61bf
eAYXunajbBSOLlx4D+TunwJBANkPI5S9iylsbLs6NkaMHV6k5ioHBBmgCak95JGX
GMot/L2x0IYyMLAz6oLWh2hm7zwtb0CgOrPo1ke44hFYnfc=
-----END RSA PRIVATE KEY-----`);

/** RFC 8463 appendix A.1. */
const RFC8463_KEY = parsePrivateKey(`-----BEGIN RSA PRIVATE KEY-----
MIICXQIBAAKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi
Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqM
KrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB
AoGAH0cxOhFZDgzXWhDhnAJDw5s4roOXN4OhjiXa8W7Y3rhX3FJqmJSPuC8N9vQm
6SVbaLAE4SG5mLMueHlh4KXffEpuLEiNp9Ss3O4YfLiQpbRqE7Tm5SxKjvvQoZZe
zHorimOaChRL2it47iuWxzxSiRMv4c+j70GiWdxXnxe4UoECQQDzJB/0U58W7RZy
6enGVj2kWF732CoWFZWzi1FicudrBFoy63QwcowpoCazKtvZGMNlPWnC7x/6o8Gc
uSe0ga2xAkEA8C7PipPm1/1fTRQvj1o/dDmZp243044ZNyxjg+/OPN0oWCbXIGxy
WvmZbXriOWoSALJTjExEgraHEgnXssuk7QJBALl5ICsYMu6hMxO73gnfNayNgPxd
WFV6Z7ULnKyV7HSVYF0hgYOHjeYe9gaMtiJYoo0zGN+L3AAtNP9huqkWlzECQE1a
licIeVlo1e+qJ6Mgqr0Q7Aa7falZ448ccbSFYEPD6oFxiOl9Y9se9iYHZKKfIcst
o7DUw1/hz2Ck4N5JrgUCQQCyKveNvjzkkd8HjYs0SwM0fPjK16//5qDZ2UiDGnOe
uEzxBDAr518Z8VFbR41in3W4Y3yCDgQlLlcETrS+zYcL
-----END RSA PRIVATE KEY-----`);

/** A file, which of its fields from the top is the signature, and whose key made it. */
const ROWS: Record<
  string,
  [file: string, at: number, path: string, PrivateKey]
> = {
  "the RSA signature of RFC 6376 appendix A.2": [
    "rfc6376-A.2.eml",
    0,
    "/k/example.com/brisbane",
    RFC6376_KEY,
  ],
  "the Ed25519 signature of RFC 8463 appendix A.3": [
    "rfc8463-A.3.eml",
    0,
    "/k/football.example.com/brisbane",
    ED25519,
  ],
  "the RSA signature of RFC 8463 appendix A.3": [
    "rfc8463-A.3.eml",
    1,
    "/k/football.example.com/test",
    RFC8463_KEY,
  ],
};

for (const [name, [file, at, path, key]] of Object.entries(ROWS)) {
  const message = readMessage(file);
  const ignore = message === undefined;
  const missing = ignore ? ` (no ../shared/corpora/rfc/${file})` : "";

  Deno.test({
    name: `\`formatDkimHeader()\` and \`BodyHashes\` give ${name}${missing}`,
    ignore,
    async fn() {
      const [header, ...body] = message!.split("\n\n");
      const fields = parseHeader(header + "\n");
      const signature = parseDkimSignature(fields[at]!);
      if (typeof signature === "string") throw new Error(signature);

      const hashes = new BodyHashes(systemCrypto);
      const bodyHash = hashes.get(signature.bodyCanonicalization, "SHA-256");
      hashes.push(toOctets(body.join("\n\n")));
      hashes.end();
      assertEquals(await bodyHash.result(), signature.bodyHash);

      const rest = fields.filter((field) => field !== fields[at]);
      const octets = toOctets(
        formatDkimHeader(rest, signature, signature.unsigned),
      );
      const signer = systemCrypto.signer(key, "SHA-256");
      // RFC 8463 section 3: Ed25519 signs the SHA-256 of the header.
      signer.push(
        key.type === "rsa"
          ? octets
          : new Uint8Array(await crypto.subtle.digest("SHA-256", octets)),
      );
      assertEquals(await signer.end(), signature.signature);
    },
  });

  Deno.test({
    name: `\`SignPass\` takes ${name} for its own${missing}`,
    ignore,
    async fn() {
      const pattern = path.replace(/\/k\/[^/]+/, "/k/%");
      const { action, newFields } = await sign(message!, {
        keys: new MemoryKeys({ [path]: key }),
        options: { pattern, schemes: ["dkim"] },
      });
      assertEquals([action, newFields], ["signed before", ""]);
    },
  });
}

function readMessage(file: string): string | undefined {
  try {
    return toText(Deno.readFileSync(new URL(file, FOLDER)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
