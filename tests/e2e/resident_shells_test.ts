// The lines of a launcher that lead to a resident process, run by every shell that is here in the
// place of /bin/sh: signed, refused with a text, reported, and worked by itself.

import { assertEquals, assertMatch } from "@std/assert";
import { startDnsServer } from "../../scripts/host/dns_server.ts";
import { needs } from "../support/installer.ts";
import { fieldsOf, MAIL, toBytes } from "../support/mail.ts";
import { runFilter } from "../support/queue.ts";
import { runRemote } from "../support/remote.ts";
import { endToEnd } from "../support/requirements.ts";
import { Resident } from "../support/resident.ts";
import { SHELLS } from "../support/shells.ts";
import { Site } from "../support/site.ts";

const MESSAGE = toBytes(MAIL);
const SIGNED = ["DKIM-Signature", "DomainKey-Signature"];

/** A signature that is not good, which the letters refuse. */
const BAD = MAIL.replace(
  "\n\n",
  "\nDKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=default;\n" +
    "\th=from; bh=AAAA; b=AAAA\n\n",
);

for (const [name, path, line] of SHELLS) {
  const test = (what: string, body: () => Promise<void>) =>
    endToEnd(
      `By the process, a launcher run by ${name} ${what}`,
      body,
      needs(path),
    );

  test("queues, with defaults of sharp characters", async () => {
    await using site = await Site.open();
    await using resident = await Resident.open();
    const { DKSIGN, ...env } = site.env;
    // The last of each name counts: the caller's own.
    const defaults = {
      DKSIGN: DKSIGN!,
      TMPDIR: "/a b'c\"d$e`f\\g",
      DKIMSIGNOPTIONS: "-c r",
    };
    const command = await resident.launcherOf("dk-sign", {
      shell: line,
      defaults,
    });
    const result = await runFilter({ command, message: MESSAGE, env });
    assertEquals(fieldsOf(MESSAGE, result).map(({ name }) => name), SIGNED);
    assertEquals(
      result.queued!.environ.filter((entry) => /^(dk_|DK)/.test(entry)),
      [],
    );
    await resident.emptied();
    assertEquals(await resident.answered("queue"), 1);
  });

  test("goes on though nobody reads its log, with SIGPIPE as it came", async () => {
    await using site = await Site.open();
    await using resident = await Resident.open();
    const command = await resident.launcherOf("dk-sign", { shell: line });
    const pipe = `${site.folder}/log`;
    for (
      const [trap, bit] of [["", 0n], ["trap '' PIPE", 1n << 12n]] as const
    ) {
      const result = await runFilter({
        command,
        message: MESSAGE,
        env: site.env,
        setup: `${trap}
/usr/bin/mkfifo ${pipe}; exec 9<>${pipe}; exec 2>${pipe}; exec 9>&-; /bin/rm ${pipe}`,
      });
      assertEquals([result.code, result.signal], [0, null]);
      const ignored = BigInt(`0x${result.queued!.status.SigIgn}`);
      assertEquals(ignored & (1n << 12n), bit);
    }
    assertEquals(await resident.answered("queue"), 2);
  });

  test("refuses, and gives the text to whoever reads it", async () => {
    await using site = await Site.open();
    await using resident = await Resident.open();
    await using dns = startDnsServer({});
    const command = await resident.launcherOf("dk-verify", { shell: line });
    const env = {
      ...site.env,
      DKVERIFY: "ABCDEFGHIJKL",
      DNSCACHEIP: dns.address,
      ERROR_FD: "6",
    };
    const message = toBytes(BAD);
    const told = await runFilter({ command, message, env, errorFd: 6 });
    assertEquals([told.code, told.reached], [82, false]);
    assertMatch(told.errorText, /^D/);
    // Nobody reads it, then nobody gave it.
    const pipe = `${site.folder}/text`;
    const setup =
      `/usr/bin/mkfifo ${pipe}; exec 9<>${pipe}; exec 6>${pipe}; exec 9>&-`;
    const untold = await runFilter({ command, message, env, setup });
    assertEquals([untold.code, untold.signal], [31, null]);
    await resident.emptied();
  });

  test("reports for qmail-rspawn", async () => {
    await using site = await Site.open();
    await using resident = await Resident.open();
    await site.write("keys/example.com/default", "no key");
    const command = [
      ...await resident.launcherOf("dk-remote", { shell: line }),
      ...["example.net", "ann@example.com", "bob@example.net"],
    ];
    const result = await runRemote({
      command,
      message: MESSAGE,
      env: site.env,
    });
    assertEquals([result.code, result.started], [0, false]);
    assertMatch(result.report, /^Zdk-remote: .* \(#4\.3\.0\)\n\0$/);
    assertEquals(await resident.answered("report"), 1);
  });

  test("works by itself when the folder is full, or the answer is so", async () => {
    await using site = await Site.open();
    await using resident = await Resident.open();
    const command = await resident.launcherOf("dk-sign", { shell: line });
    for (let n = 0; n < 64; n++) {
      await Deno.writeTextFile(`${resident.slots}/env.${n}`, `${Deno.pid}\n`);
    }
    const full = await runFilter({ command, message: MESSAGE, env: site.env });
    assertEquals(fieldsOf(MESSAGE, full).map(({ name }) => name), SIGNED);
    for (let n = 0; n < 64; n++) {
      await Deno.remove(`${resident.slots}/env.${n}`);
    }
    const again = await runFilter({
      command,
      message: MESSAGE,
      cwd: site.folder,
      env: { ...site.env, DKSIGN: "keys/%/default" },
    });
    assertEquals(fieldsOf(MESSAGE, again).map(({ name }) => name), SIGNED);
    await resident.emptied();
    const counts = await resident.counts();
    assertEquals(counts["dk_no_slot_total"], 1);
    assertEquals(await resident.answered("again"), 1);
  });

  test("defers what is no longer its own", async () => {
    await using site = await Site.open();
    await using resident = await Resident.open();
    const command = await resident.launcherOf("dk-sign", { shell: line });
    // Its slot is given away while the message comes.
    let send = () => {};
    const message = new ReadableStream<Uint8Array>({
      start(controller) {
        send = () => {
          controller.enqueue(MESSAGE);
          controller.close();
        };
      },
    });
    const running = runFilter({ command, message, env: site.env });
    while (!resident.mailFiles().some((file) => file.startsWith("in."))) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await resident.kill();
    const [env] = resident.mailFiles().filter((file) =>
      file.startsWith("env.")
    );
    const [, n] = env!.split(".");
    await Deno.writeTextFile(`${resident.slots}/env.${n}`, `${Deno.pid}\n`);
    await Deno.remove(`${resident.slots}/in.${n}`);
    await Deno.writeTextFile(`${resident.slots}/in.${n}`, "somebody else's\n");
    send();
    const { code, reached } = await running;
    assertEquals([code, reached], [111, false]);
  });
}
