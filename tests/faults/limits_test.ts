// Messages at the limits of what a header and a body can be, through the installed programs in both
// directions: in bounded time and memory, with a clear verdict, queued byte for byte.

import { assert, assertEquals } from "@std/assert";
import { resultsOf } from "../support/incoming.ts";
import {
  addedFields,
  fieldsOf,
  largeMail,
  MAIL,
  toBytes,
} from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { Site } from "../support/site.ts";
import { verifyDkim, verifyDomainKeys } from "../support/verifiers.ts";
import { signDkim, signDomainKeys } from "../support/verifying.ts";
import { assertBounded, Both } from "./costs.ts";

const MIB = 1 << 20;

/** A message, and what is to be said of it. */
interface Row {
  name: string;
  message(): Uint8Array;
  /** The log of dk-sign. */
  signed: string;
  /** What dk-verify gets, where it is not what dk-sign has made. */
  incoming?(): Uint8Array;
  /** Authentication-Results. */
  results: string[];
  /** What else the log of dk-verify says. */
  noted?: string;
}

const SIGNED = "signed d=example.com s=default a=rsa-sha256 " +
  "d=example.com s=default a=rsa-sha1";
const SIGNATURE = "header.d=example.com header.s=default header.a=rsa-sha256";
const DOMAINKEYS_GOOD = "domainkeys=pass (ok) header.from=example.com";
const DOMAINKEYS_NONE =
  "domainkeys=none (no signature) header.from=example.com";
const GOOD = [DOMAINKEYS_GOOD, `dkim=pass (ok) ${SIGNATURE}`];
const TOO_LONG = [
  "domainkeys=permerror (bad format)",
  "dkim=permerror (bad syntax)",
];

/** Fields above {@linkcode MAIL}, of so many bytes together. */
function withHeader(bytes: number, text = MAIL): Uint8Array {
  const lines = "X-Long: begin\n" + "\tmore of the same\n".repeat(MIB / 17);
  const rest = bytes - text.indexOf("\n\n") - 1;
  return toBytes(`${lines.slice(0, rest - 1)}\n${text}`);
}

function withSignatures(count: number, text: string): Uint8Array {
  const signature = text.slice(0, text.indexOf("\n") + 1);
  return toBytes(signature.repeat(count - 1) + text);
}

/** {@linkcode MAIL} with so many line breaks, and perhaps something after them. */
function withLineBreaks(bytes: number, end = "\n"): Uint8Array {
  const message = new Uint8Array(bytes).fill(10);
  message.set(toBytes(MAIL));
  message.set(toBytes(end), bytes - end.length);
  return message;
}

const MANY_FIELDS = "X: y\n".repeat(100_000);
const MANY_NAMES = `From${":x".repeat(9_999)}`;
const LONG_LINE = "a b ".repeat(16_384);

const ROWS: Row[] = [
  {
    name: "a header of 1,000,000 bytes",
    message: () => withHeader(1_000_000),
    signed: SIGNED,
    results: GOOD,
  },
  {
    name: "a header of 1 MiB and a byte",
    message: () => withHeader(MIB + 1),
    signed: 'unsigned reason="header too long"',
    incoming: () => withHeader(MIB + 1, signDkim(signDomainKeys(MAIL))),
    results: TOO_LONG,
    noted: 'reason="bad syntax: the header is over 1 MiB"',
  },
  {
    name: "100,000 header fields",
    message: () => toBytes(MANY_FIELDS + MAIL),
    signed: 'unsigned reason="too many header fields"',
    incoming: () => toBytes(signDkim(signDomainKeys(MANY_FIELDS + MAIL))),
    results: GOOD,
  },
  {
    name: "1,000 good signatures",
    message: () => withSignatures(1000, signDkim(MAIL)),
    signed: 'unsigned reason="too many header fields"',
    incoming: () => withSignatures(1000, signDkim(MAIL)),
    results: [DOMAINKEYS_NONE, ...Array(10).fill(GOOD[1])],
    noted: "unexamined=990",
  },
  {
    name: "1,000 bad signatures",
    message: () => withSignatures(1000, signDkim(MAIL)),
    signed: 'unsigned reason="too many header fields"',
    incoming: () =>
      withSignatures(1000, signDkim(MAIL).replace("bob@", "eve@")),
    results: [
      DOMAINKEYS_NONE,
      ...Array(10).fill(`dkim=fail (bad sig) ${SIGNATURE}`),
    ],
    noted: "unexamined=990",
  },
  {
    name: "signatures with 10,000 names in h=",
    message: () => toBytes(signDkim(MAIL, { h: MANY_NAMES })),
    signed: SIGNED,
    incoming: () =>
      toBytes(
        signDkim(signDomainKeys(MAIL, { h: MANY_NAMES }), { h: MANY_NAMES }),
      ),
    results: [
      "domainkeys=temperror (no resources) header.from=example.com",
      "dkim=neutral (bad syntax)",
    ],
  },
  {
    name: "lines of 64 KB in header and body",
    message: () => toBytes(`Subject: ${LONG_LINE}\n${MAIL}${LONG_LINE}\n`),
    signed: SIGNED,
    results: GOOD,
  },
  {
    name: "200 MB of line breaks",
    message: () => withLineBreaks(200e6),
    signed: SIGNED,
    results: GOOD,
  },
  {
    name: "200 MB of line breaks with a line at their end",
    message: () => withLineBreaks(200e6, "end\n"),
    signed: SIGNED,
    results: GOOD,
  },
];

for (const row of ROWS) {
  endToEnd(
    `\`dk-sign\` and \`dk-verify\` work through ${row.name}`,
    async () => {
      await using both = await Both.open();
      const usual = await both.usual();
      const message = row.message();
      const out = await both.sign(message);
      const { stderr, queued, code } = out.result;
      const next = / bytes=\d+ next=\S+fake_queue\.sh qp=\d+\n$/;
      assertEquals([code, stderr.replace(next, "")], [
        0,
        `dk-sign: ${row.signed}`,
      ]);
      const isSigned = row.signed === SIGNED;
      const fields = addedFields(message, queued!.message).map(({ name }) =>
        name
      );
      assertEquals(
        fields,
        isSigned ? ["DKIM-Signature", "DomainKey-Signature"] : [],
      );
      assertBounded("dk-sign", out.cost, usual["dk-sign"], message.length);

      const incoming = row.incoming?.() ?? queued!.message;
      const { result, cost } = await both.verify(incoming);
      const [, ...results] = resultsOf(incoming, result);
      const withoutB = results.map((text) =>
        text.replace(/ header\.b=\S+$/, "")
      );
      assertEquals(withoutB, row.results);
      assert(result.stderr.includes(row.noted ?? ""), result.stderr);
      assertBounded("dk-verify", cost, usual["dk-verify"], incoming.length);
    },
  );
}

endToEnd("`dk-sign` signs a message of 100 MB", async () => {
  await using site = await Site.open();
  const message = largeMail(100e6);
  const result = await site.run("dk-sign", { message, timeoutMs: 60_000 });
  assertEquals(fieldsOf(message, result).length, 2);
  const queued = result.queued!.message;
  assertEquals(verifyDkim(queued, site.records), [
    "default._domainkey.example.com pass",
  ]);
  assertEquals(verifyDomainKeys(queued, site.records), "pass");
  assertEquals(await site.temporaryFiles(), []);
});
