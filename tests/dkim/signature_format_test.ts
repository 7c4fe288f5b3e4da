// formatDkimSignature() and formatDkimHeader(): the form of a new field, that it is read as what was
// written, and which fields of a header are signed.

import { assert, assertEquals } from "@std/assert";
import {
  DKIM_SIGNATURE,
  type DkimParameters,
  formatDkimHeader,
  formatDkimSignature,
  parseDkimSignature,
} from "../../lib/dkim/signature.ts";
import { fieldValue, parseHeader } from "../../lib/message/header.ts";
import { toText } from "../../lib/message/octets.ts";
import {
  appendBase64,
  parseTagList,
  unfold,
} from "../../lib/message/tag_list.ts";
import { assertEqualsReference, assertInverse } from "../support/laws.ts";
import type { Random } from "../support/random.ts";
import {
  dkimHeader,
  fieldsOf,
  linesOf,
  relaxedField,
  simpleField,
} from "../support/reference.ts";

const PARAMETERS: DkimParameters = {
  algorithm: "rsa-sha256",
  headerCanonicalization: "relaxed",
  bodyCanonicalization: "simple",
  domain: "example.com",
  selector: "default",
  signedFields: ["From", "To"],
};

Deno.test("`formatDkimSignature()` writes the tags that there have to be", () => {
  assertEquals(formatDkimSignature(PARAMETERS, "SEFTSA=="), {
    name: "DKIM-Signature",
    raw:
      "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=example.com; s=default;\n" +
      "\th=From:To; bh=SEFTSA==; b=",
  });
});

Deno.test("`formatDkimSignature()` writes all tags in the order v a c d s t x i q l h z bh b", () => {
  const copiedFields = parseHeader("From: A; b|c=\n\t\xe4\nTo:d:e\n");
  const { raw } = formatDkimSignature(
    {
      ...PARAMETERS,
      timestamp: 1,
      expiration: 2,
      identity: "@a.example.com",
      bodyLength: 0,
    },
    "SEFTSA==",
    { query: true, copiedFields },
  );
  assertEquals(
    unfold(raw),
    "DKIM-Signature:v=1;a=rsa-sha256;c=relaxed/simple;d=example.com;" +
      "s=default;t=1;x=2;i=@a.example.com;q=dns/txt;l=0;h=From:To;" +
      "z=From:=20A=3B=20b=7Cc=3D=0D=0A=09=E4|To:d:e;bh=SEFTSA==;b=",
  );
});

Deno.test("`formatDkimSignature()` copies fields into z= so that they can be restored (RFC 6376 section 2.11)", () => {
  const header = "From: Alice =3D <alice@example.com>\nSubject: " +
    "; | \0\x7f\xe4\u00ff".repeat(20) + "\n\tfolded\n";
  const copiedFields = parseHeader(header);
  const field = formatDkimSignature(PARAMETERS, "", { copiedFields });
  const z = parseTagList(fieldValue(field))!.get("z")!.value;
  assert(/^[\x21-\x3a\x3c-\x7e\n\t]+$/.test(z), z);
  const restored = unfold(z).split("|").map((copy) =>
    copy.replaceAll(
      /=([0-9A-F]{2})/g,
      (_, hex) => String.fromCharCode(parseInt(hex, 16)),
    )
  );
  assertEquals(
    restored,
    copiedFields.map(({ raw }) => raw.replaceAll("\n", "\r\n")),
  );
});

Deno.test("`formatDkimSignature()` writes lines of at most 78 octets", () => {
  const names = Array.from({ length: 300 }, (_, n) => `X-Name-Of-A-Field-${n}`);
  const copiedFields = parseHeader(`Subject:${" word".repeat(2000)}\n`);
  const parameters = { ...PARAMETERS, signedFields: ["From", ...names] };
  const { raw } = formatDkimSignature(parameters, "A".repeat(44), {
    copiedFields,
  });
  const lines = appendBase64(raw, "A".repeat(344)).split("\n");
  assert(lines.length > 200);
  for (const [n, line] of lines.entries()) {
    assert(line.length <= 78 && line.startsWith(n === 0 ? "D" : "\t"), line);
  }
});

Deno.test("`formatDkimSignature()` copies 1 MiB of fields in one go", () => {
  const copiedFields = [{ name: "X", raw: "X:" + ": =".repeat(350_000) }];
  const { raw } = formatDkimSignature(PARAMETERS, "", { copiedFields });
  assertEquals(unfold(raw).match(/=20/g)?.length, 350_000);
});

Deno.test("`parseDkimSignature()` reads what `formatDkimSignature()` writes", () =>
  assertInverse(
    makeParameters,
    (parameters) => {
      const unsigned = formatDkimSignature(parameters, "SEFT\nSA==");
      return appendBase64(unsigned.raw, "U0lHTg".repeat(20));
    },
    (raw) => {
      const signature = parseDkimSignature({ name: DKIM_SIGNATURE, raw });
      if (typeof signature === "string") return signature;
      const {
        unsigned,
        bodyHash,
        signature: octets,
        agent,
        ...parameters
      } = signature;
      const { identity = `@${parameters.domain}` } = parameters;
      assertEquals(`${agent.localPart}@${agent.domain}`, identity);
      assertEquals(bodyHash.toBase64(), "SEFTSA==");
      assertEquals(octets.toBase64(), "U0lHTg".repeat(20));
      assert(raw.startsWith(unsigned.raw) && unsigned.raw.endsWith("b="));
      return parameters;
    },
    { seed: 20, rounds: 3000 },
  ));

const HEADER = parseHeader(
  "Received: 1\nTo: a\nX: b\nto : c\n\td\nFrom: e\njunk\nRECEIVED: 2\nTo: f\n",
);
const OWN = { name: DKIM_SIGNATURE, raw: "DKIM-Signature:  b=" };

/** The names in h=, and which fields are hashed for them. */
const SELECTIONS: Record<string, [names: string[], hashed: string[]]> = {
  "a field": [["From"], ["From: e"]],
  "the lowest of several": [["To"], ["To: f"]],
  "one field for each time it is named, bottom up": [["To", "To", "To"], [
    "To: f",
    "to : c\r\n\td",
    "To: a",
  ]],
  "fields in the order of h=": [["X", "From", "to", "Received", "TO"], [
    "X: b",
    "From: e",
    "To: f",
    "RECEIVED: 2",
    "to : c\r\n\td",
  ]],
  "nothing for a name that is not there": [["Subject", "From"], ["From: e"]],
  "nothing for a name that is taken": [["From", "From", "X", "From"], [
    "From: e",
    "X: b",
  ]],
  "no line that is no field": [["junk", "From"], ["From: e"]],
  "nothing at all": [[], []],
};

for (const [name, [signedFields, hashed]] of Object.entries(SELECTIONS)) {
  Deno.test(`\`formatDkimHeader()\` takes ${name}`, () => {
    const parameters: DkimParameters = {
      ...PARAMETERS,
      headerCanonicalization: "simple",
      signedFields,
    };
    assertEquals(
      formatDkimHeader(HEADER, parameters, OWN),
      [...hashed, OWN.raw].join("\r\n"),
    );
  });
}

Deno.test("`formatDkimHeader()` canonicalizes the signature's own field as the others, without its CRLF", () => {
  const parameters = { ...PARAMETERS, signedFields: ["To", "X"] };
  assertEquals(
    formatDkimHeader(HEADER, parameters, {
      name: DKIM_SIGNATURE,
      raw: "DKIM-Signature : v=1;\n\t b=",
    }),
    "to:f\r\nx:b\r\ndkim-signature:v=1; b=",
  );
});

Deno.test("`formatDkimHeader()` leaves the fields as they were", () => {
  const before = structuredClone(HEADER);
  formatDkimHeader(HEADER, PARAMETERS, OWN);
  assertEquals(HEADER, before);
});

for (const canonicalization of ["simple", "relaxed"] as const) {
  Deno.test(`\`formatDkimHeader()\` with ${canonicalization} equals RFC 6376 section 5.4.2 written down`, () =>
    assertEqualsReference(
      (random) => random.text(["a", "b", "a:", "B:", " ", "\n", "\n"], 2, 24),
      ([first, second]) => {
        const header = toText(first!) + toText(second!) + "\n";
        const parameters = {
          ...PARAMETERS,
          headerCanonicalization: canonicalization,
          signedFields: NAMES,
        };
        const octets = formatDkimHeader(parseHeader(header), parameters, OWN);
        return octets.slice(0, octets.toLowerCase().lastIndexOf("dkim-"));
      },
      (header) =>
        dkimHeader(
          fieldsOf(linesOf(header + "\n")),
          NAMES,
          canonicalization === "simple" ? simpleField : relaxedField,
        ),
      { seed: 21, rounds: 5000 },
    ));
}

const NAMES = ["b", "A", "ab", "a", "B", "aa", "A", "bb"];

function makeParameters(random: Random): DkimParameters {
  const letters = "abcxyzABCXYZ0189-_";
  const domain = [1, 2, 3].map(() => random.text(letters, 1, 30)).join(".");
  const identity = `${random.text(letters + ".+/", 0, 20)}@a.${domain}`;
  const timestamp = random.below(2 ** 31);
  return {
    algorithm: random.pick(["rsa-sha1", "rsa-sha256", "ed25519-sha256"]),
    headerCanonicalization: random.pick(["simple", "relaxed"]),
    bodyCanonicalization: random.pick(["simple", "relaxed"]),
    domain,
    selector: random.text(letters, 1, 63),
    signedFields: Array.from(
      { length: 1 + random.below(40) },
      (_, n) => n === 0 ? "From" : random.text(letters + "!#$", 1, 30),
    ),
    ...(random.oneIn(2) ? { timestamp } : {}),
    ...(random.oneIn(2) ? { expiration: timestamp + 1 } : {}),
    ...(random.oneIn(2) ? { identity } : {}),
    ...(random.oneIn(2) ? { bodyLength: random.below(2 ** 31) } : {}),
  };
}
