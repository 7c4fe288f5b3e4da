// Programs that read a header are not fooled by what `dk-verify` leaves of a message, and were by what
// came: spelled in every way that we know, and in ways by chance.

import { assert, assertEquals } from "@std/assert";
import { withoutForgedResults } from "../../lib/authres/forged_results_text.ts";
import { Incoming } from "../support/incoming.ts";
import { HOST } from "../support/inbound.ts";
import { toBytes } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { tricksFor } from "../support/forged_tricks.ts";
import { Random } from "../support/random.ts";
import { MAIL } from "../support/signed_mail.ts";
import { READERS, SCRIPTED } from "./header_readers.ts";

/** Put on top by whoever takes mail in before us, and after us. */
const RECEIVED =
  `Received: from x by ${HOST}; Thu, 26 Nov 2026 10:00:00 +0000\n`;
const OWN = `Authentication-Results: ${HOST};\n\tdkim=none (no signature)\n`;

const TRICKS = tricksFor(HOST);

/** What no reader here is fooled by; others may be. */
const HARMLESS_HERE = 25;

const CAME = TRICKS.map(({ text }) => toBytes(RECEIVED + text + MAIL));
let gone: Promise<Uint8Array[]> | undefined;

/** What goes on of each. */
async function verifyAll(): Promise<Uint8Array[]> {
  await using host = await Incoming.open();
  const messages: Uint8Array[] = [];
  for (const message of CAME) {
    const { code, queued } = await host.run("dk-verify", { message });
    assertEquals(code, 0);
    messages.push(queued!.message);
  }
  return messages;
}

for (const { name, needs, isFooled } of READERS) {
  endToEnd(
    `\`dk-verify\` leaves no field that ${name} takes for ours`,
    async () => {
      await using host = await Incoming.open();
      const folder = await makeFolder(host);
      gone ??= verifyAll();
      const goes = await gone;
      const before = await isFooled(
        await write(folder, "came", CAME),
        HOST,
        folder,
      );
      const after = await isFooled(
        await write(folder, "goes", goes),
        HOST,
        folder,
      );
      assertEquals(
        TRICKS.filter((_, n) => after[n]).map(({ name }) => name),
        [],
      );
      // Else nothing shows that it would say so.
      assert(countOf(before) > 20, `${countOf(before)} came`);
    },
    ...needs,
  );
}

endToEnd("most ways to forge a field fool a program", async () => {
  await using host = await Incoming.open();
  const folder = await makeFolder(host);
  const files = await write(folder, "came", CAME);
  const fooled = new Set<number>();
  for (const reader of READERS) {
    const answers = await reader.isFooled(files, HOST, folder);
    for (const [n, isTrue] of answers.entries()) if (isTrue) fooled.add(n);
  }
  assert(fooled.size >= TRICKS.length - HARMLESS_HERE, `${fooled.size} fool`);
}, ...READERS.flatMap(({ needs }) => needs));

const NAME = "Authentication-Results";
const PASS = `${HOST}; dkim=pass x`;
const PIECES = [
  `${NAME}: ${PASS}\n`,
  `\r${NAME}: ${PASS}`,
  `${NAME}:`,
  `${NAME}: =?utf-8?q?${HOST}?=; dkim=pass`,
  `${NAME}: mx.example.org; none\n`,
  PASS,
  HOST,
  "; dkim=pass",
  "=?utf-8?q?mx.exam?=",
  "=?utf-8?b?bXguZXhhbQ==?=",
  "=?us-ascii?q?ple=2Enet?=",
  "=?utf-8?q?",
  "?=",
  "X-A: b\n",
  "X-A: b",
  ...["\n", "\n", "\r\n", "\r", "\r", "\n\r", "\r\r\n", "\n ", "\n\t", "\n\v"],
  ...'\0\v\f\x1c\x85\xa0\xad \t:;.()"\\x',
  ...["\xc2\xa0", "\xe2\x80\x8b"],
];
const ROUNDS = 2000;

for (const { name, needs, isFooled } of SCRIPTED) {
  endToEnd(
    `no field by chance is left that ${name} takes for ours`,
    async () => {
      await using host = await Incoming.open();
      const folder = await makeFolder(host);
      const random = new Random(8601);
      const headers = Array.from(
        { length: ROUNDS },
        () => `${random.text(PIECES, 1, 8)}\n`,
      );
      const [before, after] = await Promise.all(
        [(text: string) => text, withoutOurs].map(async (clean, n) => {
          const messages = headers.map((header) =>
            toBytes(OWN + clean(RECEIVED + header + MAIL))
          );
          const files = await write(folder, `${n}`, messages);
          return await isFooled(files, HOST, folder);
        }),
      );
      assertEquals(headers.filter((_, n) => after![n]), []);
      assert(countOf(before!) > ROUNDS / 20, `${countOf(before!)} came`);
    },
    ...needs,
  );
}

function countOf(answers: boolean[]): number {
  return answers.filter((isTrue) => isTrue).length;
}

function withoutOurs(message: string): string {
  return withoutForgedResults(message, HOST);
}

/** For everybody: some readers become another user. */
async function makeFolder({ folder }: Incoming): Promise<string> {
  await Deno.chmod(folder, 0o755);
  await Deno.mkdir(`${folder}/read`, { mode: 0o777 });
  await Deno.chmod(`${folder}/read`, 0o777);
  return `${folder}/read`;
}

async function write(
  folder: string,
  prefix: string,
  messages: Uint8Array[],
): Promise<string[]> {
  const files: string[] = [];
  for (const [n, message] of messages.entries()) {
    const path = `${folder}/${prefix}_${n}.eml`;
    await Deno.writeFile(path, message, { mode: 0o644 });
    files.push(path);
  }
  return files;
}
