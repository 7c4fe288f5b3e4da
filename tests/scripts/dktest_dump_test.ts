// `dktest -v --dump` and large messages: the files hold the octets that were hashed, to the last
// one, and a message is never held as a whole.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Buffer } from "node:buffer";
import { createHash, createPublicKey, verify } from "node:crypto";
import { dktest, startDktest } from "../support/dktest.ts";

const CORPUS = new URL("../corpus/interop/", import.meta.url);
const ZONE = JSON.parse(
  await Deno.readTextFile(new URL("dns.json", CORPUS)),
) as Record<string, string[]>;
const DUAL = "mailauth/dual.eml";
const MIB = 1 << 20;

/** Verifies a message of the corpus, and hands over the files that are written. */
async function dump(
  message: string,
  use: (
    read: (name: string) => Promise<Uint8Array>,
    names: string[],
  ) => unknown,
  ...args: string[]
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "dktest_" });
  try {
    const target = `${folder}/made/here`;
    const { stdout } = await dktest(
      ["-v", "--zone", "dns.json", "--dump", target, ...args, message],
      { cwd: CORPUS },
    );
    const names = (await Array.fromAsync(Deno.readDir(target)))
      .map(({ name }) => name).sort();
    const told = stdout.match(/(?<=dump +)\/.*/g) ?? [];
    assertEquals(told.sort(), names.map((name) => `${target}/${name}`));
    for (const name of names) {
      const { mode } = await Deno.stat(`${target}/${name}`);
      assertEquals((mode ?? 0) & 0o777, 0o600);
    }
    await use((name) => Deno.readFile(`${target}/${name}`), names);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The tags of a signature field, without white space. */
function tagsOf(text: string, fieldName: string): Map<string, string> {
  const [, value = ""] =
    new RegExp(`^${fieldName}:(.*(?:\n[ \t].*)*)`, "m").exec(text) ?? [];
  return new Map(
    value.replace(/\s/g, "").split(";").map((tag) => {
      const at = tag.indexOf("=");
      return [tag.slice(0, at), tag.slice(at + 1)];
    }),
  );
}

/** Tells whether the key in the zone made a signature over octets. */
function isSigned(
  hash: string,
  octets: Uint8Array,
  tags: Map<string, string>,
): boolean {
  const [record = ""] = ZONE[`${tags.get("s")}._domainkey.${tags.get("d")}`]!;
  const key = Buffer.from(record.replace(/^.*p=/, ""), "base64");
  const publicKey = createPublicKey({ key, format: "der", type: "spki" });
  const signature = Buffer.from(tags.get("b")!, "base64");
  return verify(hash, octets, publicKey, signature);
}

const SIGNED = [
  "mail-dkim/plain.crlf.simple-simple.eml",
  "mail-dkim/plain.lf.relaxed-simple.eml",
  "dkimpy/nofinalnl.lf.relaxed-relaxed.eml",
  "rspamd/nobody.lf.relaxed-relaxed.eml",
  "mail-dkim/blankbody.crlf.simple-simple.eml",
  "libdkim/plain.crlf.sha1-simple-relaxed.eml",
  "mailauth/l10.appended.eml",
];
for (const message of SIGNED) {
  Deno.test(`\`dktest -v --dump\` writes what was signed and what bh= is the hash of for ${message}`, () =>
    dump(message, async (read, names) => {
      assertEquals(names, ["dkim-1.body", "dkim-1.header"]);
      const text = await Deno.readTextFile(new URL(message, CORPUS));
      const tags = tagsOf(text.replaceAll("\r\n", "\n"), "DKIM-Signature");
      const hash = tags.get("a")!.replace("rsa-", "");
      const body = await read("dkim-1.body");
      assertEquals(
        createHash(hash).update(body).digest("base64"),
        tags.get("bh"),
      );
      assert(isSigned(hash, await read("dkim-1.header"), tags));
    }, "--allow-rsa-sha1"));
}

for (const form of ["nofws", "nofws-h", "simple", "simple-h"]) {
  const message = `libdomainkeys/plain.lf.domainkeys-${form}.eml`;
  Deno.test(`\`dktest -v --dump\` writes header and body for ${message}`, () =>
    dump(message, async (read, names) => {
      assertEquals(names, ["domainkeys.signed"]);
      const text = await Deno.readTextFile(new URL(message, CORPUS));
      const tags = tagsOf(text, "DomainKey-Signature");
      assert(isSigned("sha1", await read("domainkeys.signed"), tags));
    }));
}

Deno.test("`dktest -v --dump` writes the body for each of two signatures that share its hash", () =>
  dump(DUAL, async (read, names) => {
    const ours = [
      "dkim-1.body",
      "dkim-1.header",
      "dkim-2.body",
      "dkim-2.header",
    ];
    assertEquals(names, ours);
    assertEquals(await read("dkim-1.body"), await read("dkim-2.body"));
  }));

Deno.test("`dktest -v --dump` shows the body whose hash differs, and the header with it", () =>
  dump("mail-dkim/plain.lf.simple-simple.x-body.eml", async (read, names) => {
    assertEquals(names, ["dkim-1.body", "dkim-1.header"]);
    const body = new TextDecoder().decode(await read("dkim-1.body"));
    const text = await Deno.readTextFile(
      new URL("mail-dkim/plain.lf.simple-simple.x-body.eml", CORPUS),
    );
    const [, came = ""] = text.split(/\n\n(.*)/s);
    assertEquals(body, came.replace(/\n+$/, "\n").replaceAll("\n", "\r\n"));
  }));

Deno.test("`dktest -v --dump` writes nothing for a signature that is not looked into", () =>
  dump("opendkim/plain.lf.sha1-relaxed-simple.eml", (_, names) => {
    assertEquals(names, []);
  }));

Deno.test({
  name: "`dktest -v --dump` fails where it cannot write (needs /dev/full)",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "dktest_" });
    try {
      await Deno.symlink("/dev/full", `${folder}/dkim-1.header`);
      const { code, stdout, stderr } = await dktest(
        ["-v", "--key", "a=b", "--dump", folder, DUAL],
        { cwd: CORPUS },
      );
      assertEquals([code, stdout], [1, ""]);
      assertMatch(
        stderr,
        /^dktest: Cannot verify "mailauth\/dual\.eml": ENOSPC/,
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

const LIMIT_KIB = 160 << 10;
Deno.test({
  name:
    "`dktest -v` streams 100 MiB in bounded memory (needs /proc/PID/status)",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const process = startDktest(["-v", "--json", "--key", "a=b"]);
    const writer = process.stdin.getWriter();
    await writer.write(await Deno.readFile(new URL(DUAL, CORPUS)));
    const chunk = new TextEncoder().encode(`${"x".repeat(63)}\n`.repeat(1024));
    for (let sent = 0; sent < 100 * MIB; sent += chunk.length) {
      await writer.write(chunk);
    }
    const status = await Deno.readTextFile(`/proc/${process.pid}/status`);
    const [, peakKib] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
    await writer.close();
    const { stdout } = await process.output();
    assertEquals(JSON.parse(new TextDecoder().decode(stdout)).dkim.letter, "L");
    assert(Number(peakKib) < LIMIT_KIB, `${peakKib} KiB`);
  },
});
