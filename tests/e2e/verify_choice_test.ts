// Which mail is verified, and which letter decides: RELAYCLIENT, DKVERIFY and DKSIGN, the order in
// which letters are asked, and letters that mean nothing.

import { assertEquals } from "@std/assert";
import type { FilterResult } from "../support/queue.ts";
import { signDkim, signDomainKeys } from "../support/verifying.ts";
import {
  assertNotQueued,
  Incoming,
  resultsOf,
  type Verifier,
  VERIFIERS,
} from "../support/incoming.ts";
import { HOST, ZONE } from "../support/inbound.ts";
import { MAIL, recordOf } from "../support/signed_mail.ts";
import { addedFields, toBytes } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { makeRsaKey, pemOf } from "../support/site.ts";

/** A good signature of each kind. */
const GOOD = signDkim(signDomainKeys(MAIL));
/** Neither is good: letters B and P. */
const BAD = GOOD.replace("Hello", "Hallo");

/** The author's domain signed with DKIM; the key of its old DomainKeys signature is gone. */
const OLD_KEY_GONE = signDkim(signDomainKeys(MAIL, { s: "gone" }));
/** The same of a stranger's domain. */
const OTHERS = signDkim(signDomainKeys(MAIL, { s: "gone" }), {
  d: "example.org",
});

for (const program of VERIFIERS) {
  endToEnd(
    `\`${program}\` asks no DomainKeys letter where the author's domain signed with DKIM`,
    async () => {
      await using host = await Incoming.open({
        ...ZONE,
        "default._domainkey.example.org": [recordOf()],
      });
      const env = { DKVERIFY: "DEGIJKfh,CGHIJMQRkl" };
      const taken = await host.run(program, { message: OLD_KEY_GONE, env });
      assertEquals(resultsOf(OLD_KEY_GONE, taken).slice(1, 2), [
        "domainkeys=fail (no key) header.from=example.com",
      ]);
      const refused = await host.run(program, { message: OTHERS, env });
      assertNotQueued(refused, 31);
    },
  );
}

const SET = "";
/** A variable that is set; DKSIGN is set to a pattern. */
type Variables = Partial<Record<"RELAYCLIENT" | "DKVERIFY" | "DKSIGN", string>>;

/** What a program does with an outsider's mail, or a client's. */
const CHOICES: [Verifier, Variables, "verifies" | "signs" | "passes on"][] = [
  ["dk-verify", { DKVERIFY: SET }, "verifies"],
  ["dk-verify", { DKVERIFY: "DEGIJKfh,CGHIJMQRkl" }, "verifies"],
  ["dk-verify", { DKVERIFY: SET, DKSIGN: SET }, "verifies"],
  ["dk-verify", { DKVERIFY: SET, RELAYCLIENT: SET }, "passes on"],
  ["dk-verify", { DKVERIFY: "ABP,ABP", RELAYCLIENT: "@x" }, "passes on"],
  ["dk-verify", {}, "passes on"],
  ["dk-verify", { DKSIGN: SET }, "passes on"],
  ["dk-verify", { RELAYCLIENT: SET }, "passes on"],
  ["qmail-dk", { DKVERIFY: SET }, "verifies"],
  ["qmail-dk", { DKVERIFY: "DEGIJKfh,CGHIJMQRkl" }, "verifies"],
  ["qmail-dk", { DKVERIFY: SET, DKSIGN: SET }, "verifies"],
  ["qmail-dk", { DKVERIFY: SET, RELAYCLIENT: SET, DKSIGN: SET }, "signs"],
  ["qmail-dk", { DKVERIFY: "ABP,ABP", RELAYCLIENT: "", DKSIGN: SET }, "signs"],
  ["qmail-dk", { DKSIGN: SET }, "signs"],
  ["qmail-dk", {}, "passes on"],
];

function whatWasDone(result: FilterResult): string {
  assertEquals([result.code, result.signal], [0, null], result.stderr);
  const added = addedFields(toBytes(GOOD), result.queued!.message);
  if (added.length === 0) return "passes on";
  const [{ name } = { name: "" }] = added;
  return name === "Authentication-Results" ? "verifies" : "signs";
}

for (const [program, variables, action] of CHOICES) {
  const words = Object.entries(variables).map(([name, value]) =>
    `${name}="${value}"`
  );
  endToEnd(
    `\`${program}\` ${action} with ${words.join(" ") || "nothing set"}`,
    async () => {
      await using host = await Incoming.open();
      delete host.env.DKVERIFY;
      const env: Record<string, string> = { ...variables };
      if (variables.DKSIGN !== undefined) {
        env.DKSIGN = `${host.folder}/%.default`;
        await host.write(
          "example.com.default",
          pemOf(makeRsaKey(1024).privateKey),
        );
      }
      const result = await host.run(program, { message: GOOD, env });
      assertEquals(whatWasDone(result), action);
      const isAsked = host.dns.questions.length > 0;
      assertEquals(isAsked, action === "verifies");
    },
  );
}

/** Letters for a message with B and P; tests/pass/letter_order_test.ts has all of them, in memory. */
const LETTERS: [letters: string, code: number][] = [
  ["XYZ,B", 0],
  ["B,p", 31],
  ["b,P", 71],
  [",pP", 31],
];

for (const program of VERIFIERS) {
  for (const [letters, code] of LETTERS) {
    endToEnd(
      `\`${program}\` exits ${code} for B and P with DKVERIFY="${letters}"`,
      async () => {
        await using host = await Incoming.open();
        const env = { DKVERIFY: letters };
        const result = await host.run(program, { message: BAD, env });
        if (code === 0) assertEquals(resultsOf(BAD, result).length, 3);
        else assertNotQueued(result, code);
      },
    );
  }

  endToEnd(`\`${program}\` names the signatures that it has seen`, async () => {
    await using host = await Incoming.open();
    const result = await host.run(program, { message: GOOD });
    const signature = / b=(.{8})/.exec(GOOD)?.[1];
    assertEquals(resultsOf(GOOD, result), [
      HOST,
      "domainkeys=pass (ok) header.from=example.com",
      "dkim=pass (ok) header.d=example.com header.s=default " +
      `header.a=rsa-sha256 header.b=${quoted(signature!)}`,
    ]);
  });
}

/** A slash is no part of a token (RFC 2045 section 5.1). */
function quoted(text: string): string {
  return /[/=]/.test(text) ? `"${text}"` : text;
}
