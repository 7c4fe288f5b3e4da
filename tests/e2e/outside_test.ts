// Mail that comes in and is sent on: dk-verify says what it is, and no program that signs vouches for
// it afterwards, unless a list has put its own From there, or the site wants it so.

import { assertEquals, assertMatch } from "@std/assert";
import { runRemote } from "../support/remote.ts";
import { Incoming } from "../support/incoming.ts";
import { HOST } from "../support/inbound.ts";
import {
  addedFields,
  fieldsOf,
  MAIL,
  toBytes,
  toText,
} from "../support/mail.ts";
import { commandOf, type Program } from "../support/programs.ts";
import { endToEnd } from "../support/requirements.ts";
import { makeRsaKey, Site } from "../support/site.ts";

/** From example.com, whose key the site has, with a signature that is no good any more. */
async function forge(site: Site): Promise<string> {
  const { queued } = await site.run("dk-sign", { message: toBytes(MAIL) });
  return toText(queued!.message).replace("Hello Bob", "Hello Rob");
}

/** What dk-verify hands on of a message. */
async function takeIn(site: Site, message: string): Promise<string> {
  const zone = Object.fromEntries(
    Array.from(site.records, ([name, record]) => [name, [record]]),
  );
  await using host = await Incoming.open(zone);
  const { queued, stderr } = await host.run("dk-verify", { message });
  assertMatch(stderr, /^dk-verify: verified .*dkim=fail/);
  return toText(queued!.message);
}

async function openSite(): Promise<Site> {
  const site = await Site.open();
  await site.write("control/me", `${HOST}\n`);
  return site;
}

/** The names of the fields that a program puts on top. */
async function namesAddedBy(
  program: Program | "dk-remote",
  site: Site,
  message: string,
  env: Record<string, string> = {},
): Promise<string[]> {
  const bytes = toBytes(message);
  if (program !== "dk-remote") {
    const result = await site.run(program, {
      message: bytes,
      env: { RELAYCLIENT: "", ...env },
    });
    return fieldsOf(bytes, result).map(({ name }) => name);
  }
  const { sent, stderr } = await runRemote({
    command: [...commandOf("dk-remote"), "example.net", "a@b", "c@d"],
    message: bytes,
    env: { ...site.env, ...env },
  });
  assertEquals(stderr, "");
  return addedFields(bytes, sent!.message).map(({ name }) => name);
}

const SIGNATURES = ["DKIM-Signature", "DomainKey-Signature"];

for (const program of ["dk-remote", "dk-sign", "qmail-dk"] as const) {
  endToEnd(
    `\`${program}\` does not sign a forged From that \`dk-verify\` has let in`,
    async () => {
      await using site = await openSite();
      const forged = await forge(site);
      // As it came, it would be signed.
      assertEquals(await namesAddedBy(program, site, forged), SIGNATURES);
      const sentOn = `Delivered-To: ann\n${await takeIn(site, forged)}`;
      assertEquals(await namesAddedBy(program, site, sentOn), []);
      assertEquals(
        await namesAddedBy(program, site, sentOn, { DKSIGNFORWARDS: "" }),
        SIGNATURES,
      );
    },
  );

  endToEnd(
    `\`${program}\` signs what a list sends on with a From of its own`,
    async () => {
      await using site = await openSite();
      const other = MAIL.replace("ann@example.com", "ann@example.org");
      await site.addKey("example.org", "default", makeRsaKey(1024));
      const message = toBytes(other);
      const { queued } = await site.run("dk-sign", { message });
      const changed = toText(queued!.message).replace("Hello Bob", "Hello Rob");
      const fromList = (await takeIn(site, changed))
        .replace("From: Ann <ann@example.org>", "From: list@example.com");
      assertEquals(await namesAddedBy(program, site, fromList), SIGNATURES);
    },
  );
}

endToEnd("`dk-sign` says in the log what came from outside", async () => {
  await using site = await openSite();
  const message = toBytes(await takeIn(site, await forge(site)));
  const { stderr } = await site.run("dk-sign", { message });
  assertMatch(
    stderr,
    /^dk-sign: unsigned reason="came from outside" bytes=\d+ next=/,
  );
});

endToEnd(
  "`dk-sign` knows its own fields by control/authservid, control/me and the host name",
  async () => {
    await using site = await Site.open();
    const fieldOf = (host: string) =>
      `Authentication-Results: ${host}; dkim=none header.from=example.com\n`;
    const isSigned = async (host: string) => {
      const names = await namesAddedBy("dk-sign", site, fieldOf(host) + MAIL);
      return names.length > 0;
    };
    const hostname = Deno.hostname();
    assertEquals([await isSigned(hostname), await isSigned("me")], [
      false,
      true,
    ]);
    await site.write("control/me", "me\n");
    assertEquals([await isSigned(hostname), await isSigned("me")], [
      true,
      false,
    ]);
    await site.write("control/authservid", "id\n");
    assertEquals([await isSigned("me"), await isSigned("id")], [true, false]);
  },
);
