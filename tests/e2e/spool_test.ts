// Messages of every size go through whole and signed, and leave nothing in TMPDIR; when there is no
// room for one, it is 53 and nothing has been started.

import { assert, assertEquals } from "@std/assert";
import type { FilterResult } from "../support/queue.ts";
import {
  assertRefused,
  equalBytes,
  fieldsOf,
  largeMail,
  MAIL,
  toBytes,
} from "../support/mail.ts";
import {
  endToEnd,
  MOUNTING,
  privilegeOf,
  wordsOf,
} from "../support/requirements.ts";
import { Site } from "../support/site.ts";
import { verifyDkim, verifyDomainKeys } from "../support/verifiers.ts";

const MIB = 1 << 20;
/** Above what is kept in memory. */
const LARGE = largeMail(8 * MIB);

function assertSigned(
  site: Site,
  message: Uint8Array,
  result: FilterResult,
): void {
  assertEquals(fieldsOf(message, result).length, 2);
  const queued = result.queued!.message;
  assertEquals(verifyDkim(queued, site.records), [
    "default._domainkey.example.com pass",
  ]);
  assertEquals(verifyDomainKeys(queued, site.records), "pass");
}

/** Around the sizes at which the filter changes the way it works: 256 KiB a read, 4 MiB in memory. */
const SIZES = [
  ...[MIB / 4 - 1, MIB / 4, MIB / 4 + 1, MIB / 2],
  ...[4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 8 * MIB],
];

for (const size of SIZES) {
  endToEnd(`\`dk-sign\` signs a message of ${size} bytes`, async () => {
    await using site = await Site.open();
    const message = largeMail(size);
    const result = await site.run("dk-sign", { message });
    assertSigned(site, message, result);
    assertEquals(await site.temporaryFiles(), []);
  });
}

/** Bodies that a canonicalization could hold back as a whole. */
const BODIES = [
  { name: "line feeds", byte: 10 },
  { name: "spaces", byte: 32 },
  { name: "one endless line", byte: 97 },
  { name: "carriage returns", byte: 13 },
  { name: "NULs", byte: 0 },
];

for (const { name, byte } of BODIES) {
  endToEnd(`\`dk-sign\` hands on 16 MiB of ${name}`, async () => {
    await using site = await Site.open();
    const message = new Uint8Array(16 * MIB).fill(byte);
    message.set(toBytes(MAIL));
    // What was held back has to come, now that something follows it.
    message[message.length - 1] = 120;
    const result = await site.run("dk-sign", { message });
    assertEquals(fieldsOf(message, result).length, 2);
  });
}

endToEnd(
  "`dk-sign` signs 8 MiB with new fields of more than 256 KiB",
  async () => {
    await using site = await Site.open();
    const to = Array.from({ length: 20_000 }, (_, n) => `user${n}@example.net`);
    const message = toBytes(
      MAIL.replace(/^To:.*/m, `To: ${to.join(",\n\t")}`) +
        `${"x".repeat(63)}\n`.repeat(MIB / 8),
    );
    const result = await site.run("dk-sign", {
      message,
      env: { DKIMSIGNOPTIONS: "-h" },
    });
    assertSigned(site, message, result);
    assert(result.queued!.message.length - message.length > MIB / 4);
    assertEquals(await site.temporaryFiles(), []);
  },
);

endToEnd("`dk-sign` hands on a header of 8 MiB unsigned", async () => {
  await using site = await Site.open();
  const message = largeMail(8 * MIB);
  // No empty line: all of it is header.
  message[MAIL.indexOf("\n\n") + 1] = 32;
  const result = await site.run("dk-sign", { message });
  assertEquals(fieldsOf(message, result), []);
});

for (const TMPDIR of ["/tmp", ""]) {
  endToEnd(`\`dk-sign\` takes /tmp with TMPDIR="${TMPDIR}"`, async () => {
    await using site = await Site.open();
    const env = { TMPDIR };
    const { code, queued } = await site.run("dk-sign", { message: LARGE, env });
    assertEquals(code, 0);
    assert(equalBytes(queued!.message.subarray(-LARGE.length), LARGE));
  });
}

const NO_FOLDER = [
  { name: "is missing", setup: "rmdir tmp" },
  { name: "is a file", setup: "rmdir tmp; echo >tmp" },
  { name: "may not be written to", setup: "chmod 500 tmp" },
  { name: "may not be entered", setup: "chmod 0 tmp" },
];

for (const { name, setup } of NO_FOLDER) {
  endToEnd(
    `\`dk-sign\` exits 53 when TMPDIR ${name}`,
    async () => {
      await using site = await Site.open();
      const run = {
        cwd: site.folder,
        setup,
        prefix: wordsOf(privilegeOf(setup)),
      };
      assertRefused(await site.run("dk-sign", { ...run, message: LARGE }), 53);
    },
    privilegeOf(setup),
  );
}

endToEnd("`dk-sign` needs no TMPDIR for a small message", async () => {
  await using site = await Site.open();
  const message = largeMail(4 * MIB);
  const env = { TMPDIR: "/nonexistent" };
  const result = await site.run("dk-sign", { message, env });
  assertEquals(fieldsOf(message, result).length, 2);
});

/** A file system of that size at TMPDIR, for this process and those that it becomes. */
const WITH_FILE_SYSTEM =
  'mount -t tmpfs -o "size=$1" none "$TMPDIR" || exit 127; shift; exec "$@"';

for (const size of ["4k", "1m", "6m"]) {
  endToEnd(
    `\`dk-sign\` exits 53 for 8 MiB when TMPDIR has room for ${size}`,
    async () => {
      await using site = await Site.open();
      const shell = ["/bin/sh", "-c", WITH_FILE_SYSTEM, "sh", size];
      const result = await site.run("dk-sign", {
        message: LARGE,
        prefix: [...wordsOf(MOUNTING), ...shell],
      });
      assertRefused(result, 53);
    },
    MOUNTING,
  );
}

endToEnd(
  "`dk-sign` signs 8 MiB when TMPDIR has room for them",
  async () => {
    await using site = await Site.open();
    const shell = ["/bin/sh", "-c", WITH_FILE_SYSTEM, "sh", "9m"];
    const result = await site.run("dk-sign", {
      message: LARGE,
      prefix: [...wordsOf(MOUNTING), ...shell],
    });
    assertSigned(site, LARGE, result);
  },
  MOUNTING,
);

/** In blocks of 512 bytes. */
const FILE_LIMITS = [
  { name: "a message of 8 MiB", blocks: 10_000, message: LARGE },
  { name: "a message of 1 MiB", blocks: 1000, message: largeMail(MIB) },
  { name: "any message", blocks: 0, message: toBytes(MAIL) },
];

for (const { name, blocks, message } of FILE_LIMITS) {
  endToEnd(
    `\`dk-sign\` exits 53 when no file may have the size of ${name}`,
    async () => {
      await using site = await Site.open();
      const setup = `trap '' XFSZ; ulimit -S -f ${blocks}`;
      assertRefused(await site.run("dk-sign", { message, setup }), 53);
    },
  );

  endToEnd(
    `\`dk-sign\` queues nothing when it is killed for the size of ${name}`,
    async () => {
      await using site = await Site.open();
      const setup = `ulimit -S -c 0; ulimit -S -f ${blocks}`;
      const { signal, reached } = await site.run("dk-sign", { message, setup });
      assertEquals([signal, reached], ["SIGXFSZ", false]);
      assertEquals(await site.temporaryFiles(), []);
    },
  );
}
