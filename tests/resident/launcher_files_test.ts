// Messages and envelopes that the process reads where the caller has put them, by each shell. Their
// launchers have a cat(1) that fails: who copies defers. Others are copied, and nobody reads a wrong one.

import { assertEquals } from "@std/assert";
import { startDnsServer } from "../../scripts/host/dns_server.ts";
import { SHELLS } from "../support/shells.ts";
import { needs } from "../support/installer.ts";
import { fieldsOf, MAIL, toBytes } from "../support/mail.ts";
import { makeEnvelope, runFilter } from "../support/queue.ts";
import { endToEnd } from "../support/requirements.ts";
import { type Program, Resident } from "../support/resident.ts";
import { Site } from "../support/site.ts";

const MESSAGE = toBytes(MAIL);
const SIGNED = ["DKIM-Signature", "DomainKey-Signature"];
const VERIFIED = ["Authentication-Results"];
const FAILS = "/bin/false";
const ENVELOPE = makeEnvelope("ann@example.com", ["bob@example.net"]);

/** A site, a process and a launcher. */
async function open(program: Program, shell: string, cat = FAILS) {
  const stack = new AsyncDisposableStack();
  const site = stack.use(await Site.open());
  const resident = stack.use(await Resident.open());
  const dns = stack.use(startDnsServer({}));
  const command = await resident.launcherOf(program, { shell, cat });
  const env = program === "dk-verify"
    ? { DKVERIFY: "", DNSCACHEIP: dns.address }
    : site.env;
  return {
    site,
    resident,
    run: { command, env },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

for (const [name, path, line] of SHELLS) {
  const test = (what: string, body: () => Promise<void>) =>
    endToEnd(`By ${name}, the process ${what}`, body, needs(path));

  test("reads a file from its offset", async () => {
    await using host = await open("dk-sign", line);
    const file = await host.site.write("message", `Not: this\n${MAIL}`);
    const result = await runFilter({
      ...host.run,
      setup: `exec <${file}; read -r one`,
    });
    assertEquals(result.code, 0, result.stderr);
    assertEquals(fieldsOf(MESSAGE, result).map(({ name }) => name), SIGNED);
    await host.resident.emptied();
    assertEquals(await host.resident.answered("queue"), 1);
  });

  test("takes no file that the caller has left open", async () => {
    await using host = await open("dk-sign", line);
    const file = await host.site.write("message", MAIL);
    const other = await host.site.write("other", "From: eve@example.com\n\n");
    // 10 and more is where a shell keeps its own; `sh` cannot name them, Python can.
    const result = await runFilter({
      command: [
        "/usr/bin/python3",
        "-c",
        `import os, sys
for n in (10, 11, 12, 13, 20, 30): os.dup2(os.open(sys.argv[1], os.O_RDONLY), n)
os.execv(sys.argv[2], sys.argv[2:])`,
        other,
        ...host.run.command,
      ],
      env: host.run.env,
      setup: `exec <${file}`,
    });
    assertEquals(result.code, 0, result.stderr);
    assertEquals(fieldsOf(MESSAGE, result).map(({ name }) => name), SIGNED);
    assertEquals(await host.resident.answered("queue"), 1);
  });

  test("has what it cannot tell from the launcher copied", async () => {
    await using host = await open("dk-sign", line, "/bin/cat");
    const file = await host.site.write("dk-sign", MAIL);
    const result = await runFilter({ ...host.run, setup: `exec <${file}` });
    assertEquals(result.code, 0, result.stderr);
    assertEquals(fieldsOf(MESSAGE, result).map(({ name }) => name), SIGNED);
    await host.resident.emptied();
    const counts = await host.resident.counts();
    assertEquals(counts["dk_copies_total"], 1);
    assertEquals(counts['dk_mails_total{program="dk-sign",answer="queue"}'], 1);
  });

  test("reads an envelope that comes late, and leaves it in the pipe", async () => {
    await using host = await open("dk-verify", line);
    const file = await host.site.write("message", MAIL);
    const half = ENVELOPE.length / 2;
    const envelope = ReadableStream.from((async function* () {
      yield ENVELOPE.slice(0, half);
      await new Promise((resolve) => setTimeout(resolve, 300));
      yield ENVELOPE.slice(half);
    })());
    const result = await runFilter({
      ...host.run,
      envelope,
      setup: `exec <${file}`,
    });
    assertEquals(result.code, 0, result.stderr);
    assertEquals(fieldsOf(MESSAGE, result).map(({ name }) => name), VERIFIED);
    assertEquals(result.queued!.envelope, ENVELOPE);
    assertEquals(await host.resident.answered("queue"), 1);
  });

  test("has an envelope copied that no pipe holds", async () => {
    await using host = await open("dk-verify", line, "/bin/cat");
    const many = Array.from({ length: 5000 }, (_, n) => `bob${n}@example.net`);
    const envelope = makeEnvelope("ann@example.com", many);
    const result = await runFilter({
      ...host.run,
      message: MESSAGE,
      envelope,
    });
    assertEquals(result.code, 0, result.stderr);
    assertEquals(fieldsOf(MESSAGE, result).map(({ name }) => name), VERIFIED);
    assertEquals(result.queued!.envelope, envelope);
    await host.resident.emptied();
    assertEquals(await host.resident.answered("queue"), 1);
  });

  test("says of half an envelope what the program says", async () => {
    await using host = await open("dk-verify", line, "/bin/cat");
    for (
      const [half, code] of [[ENVELOPE.slice(0, 9), 54], [
        toBytes("Fa@b\0Fa@b\0\0"),
        91,
      ]] as const
    ) {
      const result = await runFilter({
        ...host.run,
        message: MESSAGE,
        envelope: half,
      });
      assertEquals([result.code, result.reached], [code, false], result.stderr);
    }
    await host.resident.emptied();
    assertEquals(await host.resident.answered("again"), 0);
  });
}
