// A message is not signed twice: a second pass finds the signatures of the first, good and ours, and
// leaves the message as it is. What is not good, or not ours, is signed again.

import { assertEquals, assertMatch } from "@std/assert";
import {
  addedFields,
  equalBytes,
  fieldsOf,
  largeMail,
  MAIL,
  toBytes,
  toText,
} from "../support/mail.ts";
import { commandOf } from "../support/programs.ts";
import { endToEnd } from "../support/requirements.ts";
import { RICH } from "../support/rich_mail.ts";
import { makeEd25519Key, makeRsaKey, Site } from "../support/site.ts";
import { verifyDkim } from "../support/verifiers.ts";

const MESSAGE = toBytes(MAIL);
const CRLF = toBytes(MAIL.replaceAll("\n", "\r\n"));

/** A site with an Ed25519 key beside the RSA one. */
async function openSite(): Promise<Site> {
  const site = await Site.open();
  await site.addKey("example.com", "ed", makeEd25519Key());
  return site;
}

const ROWS: {
  name: string;
  message: Uint8Array;
  env: Record<string, string>;
  /** Signatures that are made. */
  count: number;
}[] = [
  { name: "the defaults", message: MESSAGE, env: {}, count: 2 },
  {
    name: "Ed25519 beside RSA",
    message: MESSAGE,
    env: { DKIMSIGNEXTRA: "keys/%/ed" },
    count: 3,
  },
  {
    name: "Ed25519 alone",
    message: MESSAGE,
    env: { DKSIGN: "keys/%/ed" },
    count: 1,
  },
  {
    name: "DKIM alone",
    message: MESSAGE,
    env: { DKSIGNWITH: "dkim" },
    count: 1,
  },
  {
    name: "DomainKeys alone",
    message: MESSAGE,
    env: { DKSIGNWITH: "domainkeys" },
    count: 1,
  },
  { name: "CRLF line ends", message: CRLF, env: {}, count: 2 },
  { name: "signatures of others", message: toBytes(RICH), env: {}, count: 2 },
  {
    name: "no blank line",
    message: toBytes("From: a@example.com"),
    env: {},
    count: 2,
  },
  {
    name: "simple canonicalizations and l=",
    message: MESSAGE,
    env: {
      DKIMSIGNOPTIONS: "-c s -l -h -q -x 100",
      DKSIGNOPTIONS: "-c simple",
    },
    count: 2,
  },
  { name: "8 MiB", message: largeMail(8 << 20), env: {}, count: 2 },
];

/** Patterns are given from the site's folder on. */
function atSite(
  site: Site,
  env: Record<string, string>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [
      name,
      value.startsWith("keys/") ? `${site.folder}/${value}` : value,
    ]),
  );
}

for (const { name, message, env: given, count } of ROWS) {
  endToEnd(
    `\`dk-sign\` leaves what it has signed before, with ${name}`,
    async () => {
      await using site = await openSite();
      const env = atSite(site, given);
      const first = await site.run("dk-sign", { message, env });
      assertEquals(fieldsOf(message, first).length, count);
      const once = first.queued!.message;
      for (const program of ["dk-sign", "qmail-dk"] as const) {
        const again = await site.run(program, {
          message: once,
          env: { ...env, RELAYCLIENT: "" },
        });
        assertEquals(fieldsOf(once, again), []);
        assertMatch(again.stderr, /^(dk-sign|qmail-dk): signed before /);
      }
    },
  );

  endToEnd(`\`dk-sign dk-sign\` does what one does, with ${name}`, async () => {
    await using site = await openSite();
    const env = atSite(site, given);
    // The time of signing is the one thing that may differ.
    const options = `${env.DKIMSIGNOPTIONS ?? ""} -t`.replace(/-x \d+/, "");
    const run = { message, env: { ...env, DKIMSIGNOPTIONS: options } };
    const [one, two] = await Promise.all([
      site.run("dk-sign", run),
      // In front of its next program, which comes last, the same program once more.
      site.run("dk-sign", { ...run, args: commandOf("dk-sign") }),
    ]);
    assertEquals([two.code, two.stderr.split("\n").length], [0, 3], two.stderr);
    assertEquals(addedFields(message, two.queued!.message).length, count);
    assertEquals(
      equalBytes(one.queued!.message, two.queued!.message),
      true,
      "the second pass has changed something",
    );
    assertEquals(one.queued!.envelope, two.queued!.envelope);
    assertEquals(two.queued!.pid, two.pid);
  });
}

/** What makes a signature no good, or not ours. */
const CHANGES: { name: string; change: (message: string) => string }[] = [
  { name: "body", change: (text) => text.replace("Hello Bob", "Hello Rob") },
  { name: "Subject", change: (text) => text.replace("the first", "the worst") },
  { name: "DKIM signature", change: changeDkimSignature },
  {
    name: "selector",
    change: (text) => text.replaceAll("s=default", "s=another"),
  },
  {
    name: "signing domain",
    change: (text) => text.replaceAll("d=example.com", "d=mail.example.com"),
  },
];

/** Changes one octet in the `b=` of the topmost field; base64 may begin with a digit, `+` or `/` too. */
function changeDkimSignature(message: string): string {
  return message.replace(
    /^(DKIM-Signature:[^]*?;\s+b=)(.)/,
    (_, before, first) => before + (first === "A" ? "B" : "A"),
  );
}

for (const { name, change } of CHANGES) {
  endToEnd(
    `\`dk-sign\` signs again when the ${name} has been changed`,
    async () => {
      await using site = await openSite();
      const first = await site.run("dk-sign", { message: MESSAGE });
      const once = toText(first.queued!.message);
      const changed = toBytes(change(once));
      assertEquals(equalBytes(toBytes(once), changed), false);
      const again = await site.run("dk-sign", { message: changed });
      const [dkim] = fieldsOf(changed, again);
      assertEquals(dkim?.name, "DKIM-Signature");
      const verdicts = verifyDkim(again.queued!.message, site.records);
      assertEquals(verdicts.length, 2);
      assertEquals(verdicts[0], "default._domainkey.example.com pass");
    },
  );
}

endToEnd("`dk-sign` signs again with another key", async () => {
  await using site = await Site.open();
  const first = await site.run("dk-sign", { message: MESSAGE });
  const once = first.queued!.message;
  await site.addKey("example.com", "default", makeRsaKey(1024));
  const again = await site.run("dk-sign", { message: once });
  assertEquals(fieldsOf(once, again).length, 2);
});

endToEnd(
  "`dk-sign` signs again when text stands after the signed length",
  async () => {
    await using site = await Site.open();
    const env = { DKIMSIGNOPTIONS: "-l", DKSIGNWITH: "dkim" };
    const first = await site.run("dk-sign", { message: MESSAGE, env });
    const longer = toBytes(`${toText(first.queued!.message)}more\n`);
    const again = await site.run("dk-sign", { message: longer, env });
    assertEquals(fieldsOf(longer, again).length, 1);
  },
);

endToEnd("`dk-sign` signs again when the signature has expired", async () => {
  await using site = await Site.open();
  const env = { DKIMSIGNOPTIONS: "-x 1", DKSIGNWITH: "dkim" };
  const first = await site.run("dk-sign", { message: MESSAGE, env });
  const once = first.queued!.message;
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const again = await site.run("dk-sign", { message: once, env });
  assertEquals(fieldsOf(once, again).length, 1);
});

endToEnd(
  "`dk-sign` leaves its own signature below one of another domain",
  async () => {
    await using site = await Site.open();
    const first = await site.run("dk-sign", { message: MESSAGE });
    const other =
      "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=x; h=From; bh=AA==; b=AA==\n";
    const below = toBytes(other + toText(first.queued!.message));
    const again = await site.run("dk-sign", { message: below });
    // DomainKeys signs what stands below it, and that has not changed.
    assertEquals(fieldsOf(below, again), []);
  },
);
