// dk-report on large logs, as it is installed: it counts every line, in memory that does not grow with
// the log, nor with the names that senders have made up.

import { assert, assertEquals } from "@std/assert";
import { PROGRAMS } from "../../scripts/build/programs.ts";
import { BEGIN, formatLabel, makeGoldenLog } from "../support/golden_log.ts";
import { PeakMemory } from "../support/peak_memory.ts";

const MB = 1e6;
const SIZE = 100 * MB;
const LIMIT_MB = 150;

/** Lines of ours that have been cut from their labels. */
const OURS = (await makeGoldenLog()).split("\n").map((line) =>
  line.slice(line.indexOf(" ") + 1)
).filter((line) => !line.startsWith("tcpserver: ") && line !== "");

function ordinary(n: number): string {
  return OURS[n % OURS.length]!.replace(/qp=\d+$/, `qp=${n}`);
}

/** No two have a name in common, wherever senders choose one. */
function hostile(n: number): string {
  const name = `x${(n * 2654435761 % 2 ** 32).toString(36)}`.repeat(8);
  const result = `d=${name} s=${name} a=rsa-sha256`;
  const lines = [
    `dk-sign: signed ${result}`,
    `dk-verify: rejected dkim=${name} letter=D ${result} spf=${name} dmarc=${name}`,
    `dk-sign: unsigned reason=${name} warning=${name}`,
    `dk-sign: failed exit=54 reason=${name}`,
  ];
  return `${lines[n % lines.length]} qp=${n}`;
}

/** @returns How many lines it has. */
async function writeLog(
  path: string,
  lineOf: (n: number) => string,
): Promise<number> {
  let n = 0;
  for (let size = 0; size < SIZE;) {
    const lines = Array.from(
      { length: 5000 },
      () => `${formatLabel(BEGIN + (n >> 3))} ${lineOf(n++)}\n`,
    );
    const octets = new TextEncoder().encode(lines.join(""));
    await Deno.writeFile(path, octets, { append: true });
    size += octets.length;
  }
  return n;
}

for (const lineOf of [ordinary, hostile]) {
  Deno.test(`dk-report counts ${SIZE / MB} MB of ${lineOf.name} lines, in less than ${LIMIT_MB} MB`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const log = `${folder}/log`;
      const lines = await writeLog(log, lineOf);
      const { entry, flags } = PROGRAMS.find(({ name }) =>
        name === "dk-report"
      )!;
      const process = new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--quiet",
          ...flags,
          entry,
          "--json",
          "--since=2026-11-01",
          "--until=2027-11-01",
          log,
        ],
        cwd: new URL("../..", import.meta.url),
        stdout: "piped",
      }).spawn();
      const peak = new PeakMemory();
      peak.watch(process.pid);
      const { code, stdout } = await process.output().finally(() =>
        peak.stop()
      );
      assertEquals(code, 0);
      const { mails } = JSON.parse(new TextDecoder().decode(stdout));
      assertEquals(mails, lines);
      const peakMb = Math.round(peak.bytes / MB);
      assert(peakMb > 0 && peakMb < LIMIT_MB, `${peakMb} MB of memory`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
