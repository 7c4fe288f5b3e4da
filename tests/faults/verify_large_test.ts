// Large messages, signed by dk-sign and verified: they go through whole, in memory that does not
// grow with them, and leave nothing in TMPDIR.

import { assert, assertEquals } from "@std/assert";
import type { Zone } from "../../scripts/host/dns_server.ts";
import { PeakMemory } from "../support/peak_memory.ts";
import {
  Incoming,
  resultsOf,
  type Verifier,
  VERIFIERS,
} from "../support/incoming.ts";
import { largeMail } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { Site } from "../support/site.ts";

const MB = 1e6;
const SIZES_MB = [25, 100];

/** What a program may have used at most, its runtime's 70 MB among it. */
const LIMIT_MB = 150;

async function testLarge(
  program: Verifier,
  message: Uint8Array,
  zone: Zone,
): Promise<void> {
  await using host = await Incoming.open(zone);
  const peak = new PeakMemory();
  const result = await host.run(program, {
    message,
    timeoutMs: 60_000,
    onStart: (pid) => peak.watch(pid),
  }).finally(() => peak.stop());
  const words = resultsOf(message, result).slice(1).map((text) =>
    text.split(" ")[0]
  );
  assertEquals(words, ["domainkeys=pass", "dkim=pass"]);
  const entries = await Array.fromAsync(Deno.readDir(`${host.folder}/tmp`));
  assertEquals(entries, []);
  const peakMb = Math.round(peak.bytes / MB);
  console.log(`${program}: ${message.length / MB} MB with ${peakMb} MB`);
  assert(peakMb > 0 && peakMb < LIMIT_MB, `${peakMb} MB of memory`);
}

endToEnd(
  `\`dk-verify\` and \`qmail-dk\` verify messages of ${
    SIZES_MB.join(" and ")
  } MB that dk-sign has signed, in less than ${LIMIT_MB} MB`,
  async () => {
    await using site = await Site.open();
    const zone = Object.fromEntries(
      [...site.records].map(([name, record]) => [name, [record]]),
    );
    for (const size of SIZES_MB) {
      const message = largeMail(size * MB);
      const signed = await site.run("dk-sign", { message, timeoutMs: 60_000 });
      assertEquals(signed.code, 0, signed.stderr);
      for (const program of VERIFIERS) {
        await testLarge(program, signed.queued!.message, zone);
      }
    }
  },
);
