// Messages that other implementations signed, and what is to be said of each: with what they let
// pass, and as strict as the filters are. A row that they disagree on says nothing.

import type { DomainKeysStatus } from "../../lib/domainkeys/status.ts";
import { assertEquals, assertNotEquals } from "@std/assert";
import {
  DKIM_SIGNATURE,
  parseDkimSignature,
} from "../../lib/dkim/signature.ts";
import { toText } from "../../lib/message/octets.ts";
import { DOMAINKEYS_LETTERS } from "../../lib/policy/letters.ts";
import type { Verdict } from "../../lib/pass/verdict.ts";
import {
  STRICT,
  type Verification,
  VerifyPass,
} from "../../lib/pass/verify_pass.ts";
import type { VerifyOptions } from "../../lib/ports/verifying.ts";
import type { Scheme } from "../../lib/ports/signing.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { Zone } from "../../scripts/dktest/zone.ts";
import { dktest } from "../support/dktest.ts";
import {
  dkimRelaxedBody,
  dkimSimpleBody,
  fieldsOf,
  partsOf,
} from "../support/reference.ts";

/** A row of manifest.json. */
interface Row {
  file: string;
  type: Scheme | "arc";
  expect: string;
  now?: number;
  dns?: Record<string, unknown>;
  "per_signature"?: string[];
  /** One letter for each signature, by libdkim. */
  "libdkim_letters"?: string;
  /** The status by libdomainkeys. */
  libdomainkeys?: string;
}

const OWN = new URL("../corpus/", import.meta.url);
/** Test data of third parties, which is not ours to copy. */
const SHARED = new URL("../../../shared/corpora/", import.meta.url);

/** As lenient as the older ones of the implementations. */
const RELAXED = {
  allowRsaSha1: true,
  minRsaBits: 384,
  allowAppendedBody: true,
};

/** Implementations disagree, or there is nothing that we do. */
const UNDECIDED = ["disputed", "unspecified", "skip"];

/** Verified at this time, where the row has none: when the messages were signed. */
const NOW_SECONDS = 1795500000;

/** Where our letters say it with other words than the row, and why. */
const OURS: Record<string, [letter: string, why: string]> = {
  "go-msgauth/notmail.eml": ["N", "what has no field has no signature"],
  "rspamd/bad_dkim1.eml": ["M", "p= is no key"],
  "rspamd/bad_dkim2.eml": ["G", "the record has no p="],
  "rspamd/dkim_broken_key.eml": ["G", "k= is not known"],
  "rspamd/dkim_huge_hlist.eml": ["C", "h= has over 1000 names"],
  "rspamd/dkim_key_too_long.eml": ["M", "the key has over 8192 bits"],
  "rspamd/dkim_key_too_wide.eml": ["M", "the key has over 8192 bits"],
  "rspamd/dkim_large_hlist.eml": ["G", "the record has no p="],
  "rspamd/dkim_many_sigs.eml": ["A", "ten signatures are looked at, not five"],
  "rspamd/dkim_revoked_key.eml": ["G", "the record has no p="],
};

const FOREIGN = ["rfc", "go-msgauth", "rspamd"];
const found = FOREIGN.filter(isShared);

for (const name of ["interop", ...found]) {
  const base = name === "interop" ? OWN : SHARED;
  const folder = new URL(`${name}/`, base);
  const dns = readJson(new URL("dns.json", folder)) as Record<string, unknown>;
  const rows = readJson(new URL("manifest.json", folder)) as Row[];
  for (const row of rows) {
    const { file, type, expect } = row;
    if (type === "arc" || UNDECIDED.includes(expect)) continue;
    const path = `${name}/${file}`;
    const zone = JSON.stringify({ ...dns, ...row.dns });

    Deno.test(`\`VerifyPass\` says what is expected of ${path}`, async () => {
      const message = await Deno.readFile(new URL(file, folder));
      const said = await verify(message, zone, row.now, RELAXED);
      assertExpected(row, OURS[path], said);
    });

    Deno.test(`\`VerifyPass\` is strict with ${path}`, async () => {
      const message = await Deno.readFile(new URL(file, folder));
      const said = await verify(message, zone, row.now, STRICT);
      const letter = policyLetter(row, message);
      if (letter === undefined) {
        assertExpected(row, OURS[path], said);
      } else {
        assertEquals([said.dkim.result, said.dkim.letter], ["policy", letter]);
      }
    });
  }
}

for (const name of FOREIGN.filter((name) => !found.includes(name))) {
  Deno.test({
    name: `\`VerifyPass\` agrees with ${name} (needs ../shared/corpora)`,
    ignore: true,
    fn() {},
  });
}

Deno.test("`dktest -v --json` says of each message what `VerifyPass` says", async () => {
  const folder = new URL("interop/", OWN);
  const rows = readJson(new URL("manifest.json", folder)) as Row[];
  const zone = await Deno.readTextFile(new URL("dns.json", folder));
  const { code, stdout, stderr } = await dktest(
    ["-v", "--json", "--zone", "dns.json", ...rows.map(({ file }) => file)],
    { cwd: folder },
  );
  assertEquals([code, stderr], [1, ""]);
  const lines = stdout.trimEnd().split("\n");
  assertEquals(lines.length, rows.length);
  for (const [n, { file, now }] of rows.entries()) {
    const { domainkeys, dkim, ...rest } = JSON.parse(lines[n]!);
    const message = await Deno.readFile(new URL(file, folder));
    const said = await verify(message, zone, now, STRICT);
    assertEquals(rest.file, file);
    assertEquals(domainkeys.letter, said.domainKeys.letter, file);
    assertEquals(dkim.letter, said.dkim.letter, file);
    assertEquals(
      dkim.signatures.map(({ letter }: Verdict<string>) => letter),
      said.signatures.map(({ letter }) => letter),
      file,
    );
  }
});

function isShared(name: string): boolean {
  try {
    return Deno.statSync(new URL(name, SHARED)).isDirectory;
  } catch {
    return false;
  }
}

function readJson(url: URL): unknown {
  return JSON.parse(Deno.readTextFileSync(url));
}

async function verify(
  message: Uint8Array,
  zone: string,
  now = NOW_SECONDS,
  options: VerifyOptions,
): Promise<Verification> {
  const resolver = new Zone(zone, []);
  const pass = new VerifyPass(options, { crypto: systemCrypto, resolver, now });
  pass.push(message);
  return await pass.end();
}

function assertExpected(
  row: Row,
  ours: [letter: string, why: string] | undefined,
  { domainKeys, dkim, signatures }: Verification,
): void {
  const { result, letter, status } = row.type === "dkim" ? dkim : domainKeys;
  if (ours !== undefined) {
    assertEquals(letter, ...ours);
    assertEquals(result === "pass", letter === "A");
    assertNotEquals(result, "temperror");
    return;
  }
  assertEquals(result, row.expect);
  if (row.per_signature !== undefined) {
    assertEquals(signatures.map(({ result }) => result), row.per_signature);
  }
  if (result !== "fail") return;
  // The two libraries whose letters these are know no Ed25519 and no large key.
  if (row.libdomainkeys !== undefined) {
    assertEquals(
      `DK_STAT_${DOMAINKEYS_LETTERS[status as DomainKeysStatus].name}`,
      row.libdomainkeys,
    );
  }
  if (/^[DP]$/.test(row.libdkim_letters ?? "")) {
    assertEquals(letter, row.libdkim_letters);
  }
}

/** The letter of DKIM where policy says no: by RFC 8301, or since the body goes on after `l=`. */
function policyLetter(row: Row, message: Uint8Array): string | undefined {
  const { header, body } = partsOf(toText(message));
  const [raw] = fieldsOf(header).filter(({ name }) => name === DKIM_SIGNATURE)
    .map(({ lines }) => lines.join("\n"));
  if (row.type !== "dkim" || raw === undefined) return undefined;
  const signature = parseDkimSignature({ name: DKIM_SIGNATURE, raw });
  if (typeof signature === "string") return undefined;
  if (signature.algorithm === "rsa-sha1") return "Q";
  const canonical = signature.bodyCanonicalization === "simple"
    ? dkimSimpleBody(body)
    : dkimRelaxedBody(body);
  const isCut = (signature.bodyLength ?? Infinity) < canonical.length;
  return isCut && row.expect === "pass" ? "P" : undefined;
}
