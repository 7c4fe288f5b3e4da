// Key records: what each tag does, which keys are taken, and that nothing in DNS makes it throw.

import { assert, assertEquals } from "@std/assert";
import { generateKeyPairSync, sign } from "node:crypto";
import {
  chooseKeyRecord,
  type Ed25519PublicKey,
  type KeyRecord,
  parseKeyRecord,
  type RsaPublicKey,
} from "../../lib/keys/key_record.ts";
import { element, integer } from "../support/der.ts";
import { fuzz } from "../support/fuzz.ts";
import {
  ed25519P,
  EXPONENT,
  modulus,
  NULL,
  PSS_OID,
  publicDer,
  publicKeyInfo,
  RSA_OID,
  rsaPublicKey,
  rsaRecord,
} from "../support/key_records.ts";
import { Random } from "../support/random.ts";

const RSA_SIGNING = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const MESSAGE = new TextEncoder().encode("From: a@example.com\r\n");

const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
const ed25519 = generateKeyPairSync("ed25519").privateKey;
const RSA_SPKI = publicDer(rsa, "spki");
const RSA_P = RSA_SPKI.toBase64();
// The last 32 octets of an SPKI are the key itself (RFC 8410 section 4).
const ED25519_P = publicDer(ed25519, "spki").slice(-32).toBase64();

const OUTCOMES: Record<string, [record: string, outcome: string]> = {
  "a key of DKIM": [`v=DKIM1; k=rsa; p=${RSA_P}`, "key"],
  "a key of DomainKeys": [`k=rsa; p=${RSA_P};`, "key"],
  "p= alone": [`p=${RSA_P}`, "key"],
  "an Ed25519 key": [`v=DKIM1; k=ed25519; p=${ED25519_P}`, "key"],
  "tags it does not know": [`v=DKIM1; x=1; foo_1=a b; p=${RSA_P}`, "key"],
  "notes with spaces": [`k=rsa; n=some note; p=${RSA_P}`, "key"],
  "white space around everything": [
    ` v = DKIM1 ;\tk = rsa ; p = ${RSA_P} ; `,
    "key",
  ],
  "white space inside p=": [
    `p=${RSA_P.replace(/.{20}/g, "$& \t")}`,
    "key",
  ],
  "p= without padding": [`p=${RSA_P.replaceAll("=", "")}`, "key"],
  "v= after k=": [`k=rsa; v=DKIM1; p=${RSA_P}`, "key"],
  "v= at the end": [`p=${RSA_P}; v=DKIM1`, "key"],
  "v= of another version": [`v=DKIM2; k=rsa; p=${RSA_P}`, "malformed"],
  "v= in lower case": [`v=dkim1; p=${RSA_P}`, "malformed"],
  "an empty v=": [`v=; p=${RSA_P}`, "malformed"],
  "k= of another type": [`k=dsa; p=${RSA_P}`, "unknown type"],
  "k= in upper case": [`k=RSA; p=${RSA_P}`, "key"],
  "an empty k=": [`k=; p=${RSA_P}`, "unknown type"],
  "an empty p=": ["v=DKIM1; p=", "revoked"],
  "white space for p=": ["v=DKIM1; p= \t ; k=rsa", "revoked"],
  "no p=": ["v=DKIM1; k=rsa", "no key"],
  "an SPF record": ["v=spf1 -all", "no key"],
  "the name of p= in upper case": [`P=${RSA_P}`, "no key"],
  "a second p=": [`p=${RSA_P}; p=${RSA_P}`, "malformed"],
  "a second tag it does not know": [`x=1; x=1; p=${RSA_P}`, "malformed"],
  "nothing": ["", "malformed"],
  "a text": ["hello", "malformed"],
  "semicolons alone": [";;", "malformed"],
  "an empty tag": [`k=rsa;; p=${RSA_P}`, "malformed"],
  "NUL in a value": [`n=\0; p=${RSA_P}`, "malformed"],
  "8-bit in a value": [`n=\xe9; p=${RSA_P}`, "key"],
  "a tag with a hyphen": [`x-note=1; p=${RSA_P}`, "key"],
  "p= that is no base64": ["p=*", "unusable"],
  "p= that is short": ["p=BARF", "unusable"],
  "p= that is padding": ["p==", "unusable"],
  "p= that is cut short": [`p=${RSA_P.slice(0, 100)}`, "unusable"],
  "an RSA key called Ed25519": [`k=ed25519; p=${RSA_P}`, "unusable"],
  "an Ed25519 key called RSA": [`k=rsa; p=${ED25519_P}`, "unusable"],
  "an Ed25519 key of 31 octets": [`k=ed25519; ${ed25519P(31)}`, "unusable"],
  "an Ed25519 key of 33 octets": [`k=ed25519; ${ed25519P(33)}`, "unusable"],
  "an Ed25519 key in SubjectPublicKeyInfo": [
    `k=ed25519; p=${publicDer(ed25519, "spki").toBase64()}`,
    "unusable",
  ],
};
for (const [name, [record, outcome]] of Object.entries(OUTCOMES)) {
  Deno.test(`\`parseKeyRecord()\` reads ${name}`, () => {
    assertEquals(parseKeyRecord(record).outcome, outcome);
  });
}

const LENIENT: Record<string, [record: string, outcome: string]> = {
  "another version": [`v=DKIM2; p=${RSA_P}`, "malformed"],
  "v= of another use": [`v=TLSRPTv1; p=${RSA_P}`, "malformed"],
  "v= after another tag": [`k=rsa; v=DKIM1; p=${RSA_P}`, "key"],
  "another type": [`k=dsa; p=${RSA_P}`, "key"],
  "another type in a record of DKIM": [
    `v=DKIM1; k=dsa; p=${RSA_P}`,
    "unknown type",
  ],
  "an Ed25519 key": [`k=ed25519; p=${ED25519_P}`, "unusable"],
  "an empty p=": ["k=dsa; p=", "revoked"],
  "no p=": ["v=spf1 -all", "no key"],
  "a second p=": [`p=${RSA_P}; p=${RSA_P}`, "malformed"],
};
for (const [name, [record, outcome]] of Object.entries(LENIENT)) {
  Deno.test(`\`parseKeyRecord()\` reads ${name} for DomainKeys`, () => {
    const leniency = { beforeDkim: true };
    assertEquals(parseKeyRecord(record, leniency).outcome, outcome);
    assertEquals(chooseKeyRecord([record], leniency).outcome, outcome);
  });
}

const USES: Record<string, [tags: string, uses: Partial<KeyRecord>]> = {
  "no more tags": ["", {
    hashes: undefined,
    forEmail: true,
    granularity: "*",
    testing: false,
    sameDomain: false,
  }],
  "one hash": ["h=sha256;", { hashes: ["sha256"] }],
  "hashes it does not know": ["h=md5 : sha1;", { hashes: ["md5", "sha1"] }],
  "an empty h=": ["h=;", { hashes: [""] }],
  "mail": ["s=email;", { forEmail: true }],
  "everything": ["s=*;", { forEmail: true }],
  "mail among others": ["s=tlsrpt : email;", { forEmail: true }],
  "another service": ["s=tlsrpt;", { forEmail: false }],
  "an empty s=": ["s=;", { forEmail: false }],
  "t=y": ["t=y;", { testing: true, sameDomain: false }],
  "t=s": ["t=s;", { testing: false, sameDomain: true }],
  "both flags and another": ["t=y : z : s;", {
    testing: true,
    sameDomain: true,
  }],
  "a flag that begins alike": ["t=yes;", { testing: false, sameDomain: false }],
  "g=": ["g=bob;", { granularity: "bob" }],
  "an empty g=": ["g=;", { granularity: "" }],
};
for (const [name, [tags, uses]] of Object.entries(USES)) {
  Deno.test(`\`parseKeyRecord()\` says what a key with ${name} is for`, () => {
    const record = keyOf(`${tags} p=${RSA_P}`) as unknown as Record<
      string,
      unknown
    >;
    for (const [use, value] of Object.entries(uses)) {
      assertEquals(record[use], value);
    }
  });
}

Deno.test("`parseKeyRecord()` gives RSA keys of both forms as WebCrypto takes them", async () => {
  for (const modulusLength of [512, 1024, 1025, 2048, 4096]) {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength });
    const spki = publicDer(privateKey, "spki");
    const key = rsaKeyOf(`p=${spki.toBase64()}`);
    const pkcs1 = publicDer(privateKey, "pkcs1");
    assertEquals(rsaKeyOf(`p=${pkcs1.toBase64()}`), key);
    assertEquals(key.bits, modulusLength);
    assertEquals(key.spki, spki);
    const imported = await crypto.subtle
      .importKey("spki", key.spki, RSA_SIGNING, false, ["verify"]);
    const signature = new Uint8Array(sign("sha256", MESSAGE, privateKey));
    assert(
      await crypto.subtle
        .verify(RSA_SIGNING.name, imported, signature, MESSAGE),
    );
  }
});

Deno.test("`parseKeyRecord()` gives an Ed25519 key as WebCrypto takes it", async () => {
  const key = keyOf(`k=ed25519; p=${ED25519_P}`).key as Ed25519PublicKey;
  const imported = await crypto.subtle
    .importKey("raw", key.raw, "Ed25519", false, ["verify"]);
  const signature = new Uint8Array(sign(null, MESSAGE, ed25519));
  assert(await crypto.subtle.verify("Ed25519", imported, signature, MESSAGE));
});

Deno.test("`parseKeyRecord()` takes the numbers out of an RSA key", () => {
  const der = element(0x30, [...modulus(2048), 2, 1, 3]);
  const key = rsaKeyOf(rsaRecord(der));
  assertEquals(key.modulus.length, 257);
  assertEquals([...key.publicExponent], [3]);
});

Deno.test("`parseKeyRecord()` takes odd exponents of up to 8 octets", () => {
  for (const exponent of [3n, 17n, 257n, 65537n, (1n << 63n) - 1n]) {
    const der = rsaPublicKey(1024, integer(exponent));
    const { publicExponent } = rsaKeyOf(rsaRecord(der));
    assertEquals(BigInt(`0x${publicExponent.toHex()}`), exponent);
  }
});

Deno.test("`parseKeyRecord()` counts the bits of the modulus exactly", () => {
  for (const bits of [0, 1, 1023, 1024, 1025, 1032, 2047, 8191, 8192]) {
    assertEquals(keyOf(rsaRecord(rsaPublicKey(bits))).key.bits, bits);
  }
});

const RSA_KEY = rsaPublicKey(1024);
const REFUSED_KEYS: Record<string, number[]> = {
  "8193 bits": rsaPublicKey(8193),
  "65536 bits": rsaPublicKey(65536 - 64),
  "an exponent of 9 octets": rsaPublicKey(1024, integer((1n << 64n) + 1n)),
  "an exponent of 0": rsaPublicKey(1024, integer(0n)),
  "an exponent of 1": rsaPublicKey(1024, integer(1n)),
  "an exponent of 2": rsaPublicKey(1024, integer(2n)),
  "an even exponent": rsaPublicKey(1024, integer(65536n)),
  "a modulus without octets": element(0x30, [2, 0, ...EXPONENT]),
  "a modulus with a zero too many": element(0x30, [2, 2, 0, 1, ...EXPONENT]),
  "no exponent": element(0x30, modulus(1024)),
  "three numbers": rsaPublicKey(1024, [...EXPONENT, ...EXPONENT]),
  "a text for an exponent": rsaPublicKey(1024, element(0x04, [1, 0, 1])),
  "octets inside a SubjectPublicKeyInfo": element(0x30, [
    ...element(0x30, [...RSA_OID, ...NULL]),
    ...element(0x03, [0, ...RSA_KEY]),
    ...NULL,
  ]),
  "another algorithm": publicKeyInfo(RSA_KEY, [...PSS_OID, ...NULL]),
  "a bit too many": publicKeyInfo(RSA_KEY, undefined, 1),
  "an empty BIT STRING": element(0x30, [
    ...element(0x30, [...RSA_OID, ...NULL]),
    3,
    0,
  ]),
  "a SubjectPublicKeyInfo in another": publicKeyInfo(publicKeyInfo(RSA_KEY)),
  "a length that is not the shortest": [0x30, 0x81, 6, 2, 1, 1, 2, 1, 3],
  "an indefinite length": [0x30, 0x80, ...modulus(1024), ...EXPONENT, 0, 0],
  "a length of 127 octets": [0x30, ...new Array(200).fill(0xff)],
};
for (const [name, der] of Object.entries(REFUSED_KEYS)) {
  Deno.test(`\`parseKeyRecord()\` finds an RSA key with ${name} unusable`, () => {
    assertEquals(parseKeyRecord(rsaRecord(der)), { outcome: "unusable" });
  });
}

const ODD_KEYS: Record<string, number[]> = {
  "a modulus without its leading zero": element(0x30, [
    ...element(2, modulus(1024).slice(-128)),
    ...EXPONENT,
  ]),
  "octets after an RSAPublicKey": [...RSA_KEY, 0],
  "octets after a SubjectPublicKeyInfo": [...publicKeyInfo(RSA_KEY), 0],
  "octets after the key of a SubjectPublicKeyInfo": publicKeyInfo([
    ...RSA_KEY,
    0,
  ]),
  "an algorithm without NULL": publicKeyInfo(RSA_KEY, RSA_OID),
};
for (const [name, der] of Object.entries(ODD_KEYS)) {
  Deno.test(`\`parseKeyRecord()\` takes an RSA key with ${name}, as others do`, () => {
    assertEquals(rsaKeyOf(rsaRecord(der)), rsaKeyOf(rsaRecord(RSA_KEY)));
  });
}

/** The points of small order (RFC 8032 section 5.1), by y: the prime is 2^255 - 19. */
const SMALL_ORDER: Record<string, string> = {
  "the identity": "01" + "00".repeat(31),
  "the identity, not reduced": "ee" + "ff".repeat(30) + "7f",
  "order 2": "ec" + "ff".repeat(30) + "7f",
  "order 4": "00".repeat(32),
  "order 4, not reduced": "ed" + "ff".repeat(30) + "7f",
  "order 8": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "order 8, the other one":
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
};
for (const [name, hex] of Object.entries(SMALL_ORDER)) {
  for (const sign of [0, 0x80]) {
    Deno.test(`\`parseKeyRecord()\` finds an Ed25519 key of ${name} unusable, the sign ${sign}`, () => {
      const raw = Uint8Array.fromHex(hex);
      raw[31]! |= sign;
      const record = `v=DKIM1; k=ed25519; p=${raw.toBase64()}`;
      assertEquals(parseKeyRecord(record), { outcome: "unusable" });
    });
  }
}

Deno.test("`parseKeyRecord()` finds every truncation of a key unusable", () => {
  for (const der of [RSA_SPKI, publicDer(rsa, "pkcs1")]) {
    for (let length = 1; length < der.length; length++) {
      const record = rsaRecord([...der.subarray(0, length)]);
      assertEquals(parseKeyRecord(record), { outcome: "unusable" });
    }
  }
});

Deno.test("`parseKeyRecord()` takes the DER that it writes itself, whatever octets change", () => {
  const random = new Random(61);
  for (let round = 0; round < 5000; round++) {
    const der = RSA_SPKI.slice();
    der[random.below(random.oneIn(2) ? 32 : der.length)] = random.below(256);
    const record = parseKeyRecord(rsaRecord([...der]));
    if (record.outcome === "key" && record.key.type === "rsa") {
      const note = `seed 61, round ${round}`;
      assertEquals(
        parseKeyRecord(rsaRecord([...record.key.spki])),
        record,
        note,
      );
    } else {
      assertEquals(record, { outcome: "unusable" });
    }
  }
});

const CHOICES: Record<string, [records: string[], outcome: string]> = {
  "no record": [[], "no key"],
  "the key among other records": [
    ["v=spf1 -all", `p=${RSA_P}`, "v=DMARC1; p=none"],
    "key",
  ],
  "the key beside a revoked one": [["p=", `p=${RSA_P}`], "key"],
  "the revoked key beside one that is none": [["k=rsa", "p="], "revoked"],
  "the unusable key beside garbage": [["garbage", "p=BARF"], "unusable"],
  "the one of unknown type": [
    ["garbage", "k=x; p=AAAA", "t=y"],
    "unknown type",
  ],
  "the one without p= beside garbage": [["garbage", "k=rsa"], "no key"],
  "garbage alone": [["garbage", "more of it"], "malformed"],
};
for (const [name, [records, outcome]] of Object.entries(CHOICES)) {
  Deno.test(`\`chooseKeyRecord()\` chooses ${name}, in any order`, () => {
    for (const order of [records, records.toReversed()]) {
      assertEquals(chooseKeyRecord(order).outcome, outcome);
    }
  });
}

fuzz({
  name: "chooseKeyRecord",
  parse: (text) => chooseKeyRecord(text.split("|")),
  seeds: [
    `v=DKIM1; k=rsa; h=sha1:sha256; s=email; t=y:s; g=a*b; n=note; p=${RSA_P}`,
    `p=|k=ed25519; p=${ED25519_P}|v=spf1 -all`,
  ],
  frames: [
    ["", ""],
    ["n=", `; p=${RSA_P}`],
    [`p=${RSA_P.slice(0, 20)}`, RSA_P.slice(20)],
    ["h=", `sha256; p=${RSA_P}`],
  ],
}, 63);

function keyOf(text: string): KeyRecord {
  const record = parseKeyRecord(text);
  assertEquals(record.outcome, "key");
  return record as KeyRecord;
}

function rsaKeyOf(text: string): RsaPublicKey {
  const { key } = keyOf(text);
  assertEquals(key.type, "rsa");
  return key as RsaPublicKey;
}
