// SignPass: whose keys sign what, what is added, and what the log is told.

import { assertEquals, assertThrows } from "@std/assert";
import type { PrivateKey } from "../../lib/keys/private_key.ts";
import { toOctets } from "../../lib/message/octets.ts";
import type { KeyStore } from "../../lib/ports/key_store.ts";
import {
  ED25519,
  makeSignPass,
  MemoryKeys,
  RSA_1024,
  RSA_2048,
  sign,
  signaturesIn,
  type Signing,
} from "../support/signing.ts";

const MESSAGE =
  "From: Alice <alice@Example.com>\nTo: bob@example.net\nSubject: hello\n\nHello Bob.\n";
const WITH_SENDER = `Sender: owner@lists.example.org\n${MESSAGE}`;

const COM = { "/k/example.com/default": RSA_1024 };
const ORG = { "/k/example.org/default": RSA_1024 };

/** A row: the message, the keys, how to sign, and each signature as "a d s". */
interface Row {
  message?: string;
  keys: Record<string, PrivateKey>;
  options?: Signing["options"];
  signatures: string[];
}

const ROWS: Record<string, Row> = {
  "From's key for both": {
    keys: COM,
    signatures: [
      "rsa-sha256 example.com default",
      "rsa-sha1 example.com default",
    ],
  },
  "the key of a parent, and names it in d=": {
    message: MESSAGE.replace("Example.com", "a.b.Example.com"),
    keys: COM,
    signatures: [
      "rsa-sha256 example.com default",
      "rsa-sha1 example.com default",
    ],
  },
  "the nearest of several keys": {
    message: MESSAGE.replace("Example.com", "a.b.Example.com"),
    keys: { ...COM, "/k/b.example.com/default": RSA_2048 },
    signatures: [
      "rsa-sha256 b.example.com default",
      "rsa-sha1 b.example.com default",
    ],
  },
  "nothing with the key of a top-level domain": {
    keys: { "/k/com/default": RSA_1024 },
    signatures: [],
  },
  "DKIM for From and DomainKeys for Sender": {
    message: WITH_SENDER,
    keys: { ...COM, ...ORG },
    signatures: [
      "rsa-sha256 example.com default",
      "rsa-sha1 example.org default",
    ],
  },
  "DKIM for Sender if From has no key": {
    message: WITH_SENDER,
    keys: ORG,
    signatures: [
      "rsa-sha256 example.org default",
      "rsa-sha1 example.org default",
    ],
  },
  "no DomainKeys for From if there is a Sender": {
    message: WITH_SENDER,
    keys: COM,
    signatures: ["rsa-sha256 example.com default"],
  },
  "DKIM for Sender first if told so": {
    message: WITH_SENDER,
    keys: { ...COM, ...ORG },
    options: { align: "sender" },
    signatures: [
      "rsa-sha256 example.org default",
      "rsa-sha1 example.org default",
    ],
  },
  "DKIM for From if told Sender, which has no key": {
    message: WITH_SENDER,
    keys: COM,
    options: { align: "sender" },
    signatures: ["rsa-sha256 example.com default"],
  },
  "DKIM for From if told Sender, which is not there": {
    keys: COM,
    options: { align: "sender", schemes: ["dkim"] },
    signatures: ["rsa-sha256 example.com default"],
  },
  "DKIM alone with a Sender that is malformed": {
    message: `Sender: nobody\n${MESSAGE}`,
    keys: COM,
    signatures: ["rsa-sha256 example.com default"],
  },
  "DKIM alone with two Senders": {
    message: `Sender: a@example.com\nSender: b@example.com\n${MESSAGE}`,
    keys: COM,
    signatures: ["rsa-sha256 example.com default"],
  },
  "DKIM alone if told so": {
    keys: COM,
    options: { schemes: ["dkim"] },
    signatures: ["rsa-sha256 example.com default"],
  },
  "DomainKeys alone if told so": {
    keys: COM,
    options: { schemes: ["domainkeys"] },
    signatures: ["rsa-sha1 example.com default"],
  },
  "DKIM alone with an Ed25519 key": {
    keys: { "/k/example.com/default": ED25519 },
    signatures: ["ed25519-sha256 example.com default"],
  },
  "one more DKIM with the extra key": {
    keys: { ...COM, "/extra/example.com/ed": ED25519 },
    options: { extraPattern: "/extra/%/ed" },
    signatures: [
      "rsa-sha256 example.com default",
      "ed25519-sha256 example.com ed",
      "rsa-sha1 example.com default",
    ],
  },
  "the extra key alone if there is no other": {
    keys: { "/extra/example.com/ed": ED25519 },
    options: { extraPattern: "/extra/%/ed" },
    signatures: ["ed25519-sha256 example.com ed"],
  },
  "no DomainKeys with the extra key": {
    keys: { "/extra/example.com/rsa": RSA_1024 },
    options: { extraPattern: "/extra/%/rsa", schemes: ["domainkeys"] },
    signatures: [],
  },
  "with the one key of a pattern for all": {
    message: MESSAGE.replace("Example.com", "a.Example.NET"),
    keys: { "/k/all": RSA_1024 },
    options: { pattern: "/k/all" },
    signatures: ["rsa-sha256 a.example.net all", "rsa-sha1 a.example.net all"],
  },
  "for the last of several addresses in From": {
    message: MESSAGE.replace("Alice", "a@example.net, Alice"),
    keys: COM,
    signatures: [
      "rsa-sha256 example.com default",
      "rsa-sha1 example.com default",
    ],
  },
  "nothing for a domain that is a path": {
    message: MESSAGE.replace("Example.com", "[/../k/example.com]"),
    keys: COM,
    signatures: [],
  },
};

for (
  const [name, { message = MESSAGE, keys, options, signatures }] of Object
    .entries(ROWS)
) {
  Deno.test(`\`SignPass\` signs ${name}`, async () => {
    const { newFields, notes, action } = await sign(message, {
      keys: new MemoryKeys(keys),
      ...(options === undefined ? {} : { options }),
    });
    const made = signaturesIn(newFields).map(({ a, d, s }) => `${a} ${d} ${s}`);
    assertEquals(made, signatures);
    assertEquals(action, made.length === 0 ? "unsigned" : "signed");
    const expected = signatures.flatMap((signature) => {
      const [a, d, s] = signature.split(" ");
      return [["d", d], ["s", s], ["a", a]];
    });
    assertEquals(notes, made.length === 0 ? [["reason", "no key"]] : expected);
  });
}

/** What cannot be signed, and the reason for the log. */
const UNSIGNED: Record<string, [message: string, reason: string]> = {
  "without From": ["To: a@example.com\n\nx\n", "no usable From"],
  "with two From": [`From: a@example.com\n${MESSAGE}`, "no usable From"],
  "with a malformed From": ["From: alice\n\nx\n", "no usable From"],
  "with an empty group in From": ["From: none:;\n\nx\n", "no usable From"],
  "without From but with Sender": [
    "Sender: a@example.com\n\nx\n",
    "no usable From",
  ],
  "with From in its body": [
    "To: a\n\nFrom: a@example.com\n\nx\n",
    "no usable From",
  ],
  "that is empty": ["", "no usable From"],
  "that is a blank line": ["\n", "no usable From"],
  "with a header over 1 MiB": [
    `X: ${"x".repeat(1 << 20)}\n${MESSAGE}`,
    "header too long",
  ],
  "with 100,000 fields": [
    "X:\n".repeat(100_000) + MESSAGE,
    "too many header fields",
  ],
  "with 901 fields": ["X: y\n".repeat(898) + MESSAGE, "too many header fields"],
  "of a domain without key": [
    MESSAGE.replace("Example.com", "example.net"),
    "no key",
  ],
};

for (const [name, [message, reason]] of Object.entries(UNSIGNED)) {
  Deno.test(`\`SignPass\` leaves a message ${name} unsigned`, async () => {
    assertEquals(await sign(message), {
      newFields: "",
      action: "unsigned",
      notes: [["reason", reason]],
    });
  });
}

Deno.test("`SignPass` signs 900 fields", async () => {
  const { action } = await sign("X: y\n".repeat(897) + MESSAGE);
  assertEquals(action, "signed");
});

Deno.test("`SignPass` names lone CRs in the log", async () => {
  for (const options of [{}, { schemes: [] }]) {
    const { notes } = await sign(`${MESSAGE}a\rb\r\r\nc\r\n`, { options });
    assertEquals(notes.at(-1), ["bare_cr", 2]);
  }
});

Deno.test("`SignPass` signs below a header that is none, and names it in the log", async () => {
  for (
    const [line, text] of [
      ["junk", "header field 2 is no field"],
      ["X: \0", "a NUL in header field 2"],
      ["X: a\rb", "a bare CR in header field 2"],
    ]
  ) {
    const { action, notes } = await sign(`To: c\n${line}\n${MESSAGE}`);
    assertEquals(action, "signed");
    const [note] = notes.filter(([key]) => key === "malformed");
    assertEquals(note, ["malformed", text]);
  }
  const { notes } = await sign(`From ann Thu Jan  1 12:00:00 2026\n${MESSAGE}`);
  assertEquals(notes.filter(([key]) => key === "malformed"), []);
});

Deno.test("`SignPass` asks for no key before the header has ended, and for none without need", async () => {
  const keys = new MemoryKeys(COM);
  const pass = makeSignPass({ keys });
  pass.push(toOctets(MESSAGE.slice(0, MESSAGE.indexOf("\n\n") + 1)));
  assertEquals(keys.asked, []);
  pass.push(toOctets("\n"));
  assertEquals(new Set(keys.asked), new Set(["/k/%/default Example.com"]));
  await pass.end();

  const unused = new MemoryKeys(COM);
  await sign("To: a@example.com\n\n", { keys: unused });
  await sign(MESSAGE, { keys: unused, options: { schemes: [] } });
  assertEquals(unused.asked, []);
});

Deno.test("`SignPass` hands on what the key store throws", () => {
  const keys: KeyStore = {
    find() {
      throw new RangeError("no good");
    },
  };
  const pass = makeSignPass({ keys });
  assertThrows(() => pass.push(toOctets(MESSAGE)), RangeError, "no good");
});
