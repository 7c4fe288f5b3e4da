// Messages and records that are made to cost, through the installed programs: for each of the shapes
// the time and memory of an ordinary message of its size, and a message that is queued.

import { assertEquals } from "@std/assert";
import { toBytes } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { SHAPES } from "../support/hostile_shapes.ts";
import { assertBounded, Both, isQuick } from "./costs.ts";

const SIZES = [1_000_000, 25_000_000];
/** A TXT answer has to fit into a packet over TCP. */
const MOST_RECORD_OCTETS = 30_000;

for (const [name, { message, records }] of Object.entries(SHAPES)) {
  endToEnd(
    `\`dk-verify\` and \`dk-sign\` are not held up by ${name}`,
    async () => {
      await using both = await Both.open({
        "s._domainkey.example.com": records?.(MOST_RECORD_OCTETS) ??
          ["v=DKIM1; p=AAAA"],
      });
      const usual = await both.usual();
      for (const size of SIZES) {
        const octets = toBytes(message(size));
        for (
          const [program, start] of [
            ["dk-verify", () => both.verify(octets)],
            ["dk-sign", () => both.sign(octets)],
          ] as const
        ) {
          let run = await start();
          if (!isQuick(run.cost, usual[program], size)) run = await start();
          assertEquals([run.result.code, run.result.signal], [0, null]);
          assertBounded(`${program}, ${name}`, run.cost, usual[program], size);
        }
      }
    },
  );
}
