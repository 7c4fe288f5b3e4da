// dk-report beside daemontools: labels as tai64nlocal reads them, and a folder that multilog itself
// has written and rotated.

import { assert, assertEquals } from "@std/assert";
import { parseTai64n } from "../../scripts/dk_report/tai64n.ts";
import { endToEnd } from "../support/requirements.ts";
import { readFigures } from "../support/dk_report.ts";
import { formatLabel, makeGoldenLog, OURS } from "../support/golden_log.ts";
import { ignoreUnless, pathOf } from "./requirements.ts";

async function pipeInto(
  words: string[],
  text: string,
): Promise<string> {
  const [name = "", ...args] = words;
  const process = new Deno.Command(pathOf(name), {
    args,
    env: { TZ: "UTC" },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  const written = writer.write(new TextEncoder().encode(text))
    .then(() => writer.close());
  const { success, stdout } = await process.output();
  await written;
  assert(success, name);
  return new TextDecoder().decode(stdout);
}

endToEnd(
  "parseTai64n() reads labels as tai64nlocal does",
  async () => {
    const labels = [0, 1, 951782400, 1795654923, 2 ** 31, 4102444800].map(
      (seconds, n) => formatLabel(seconds, n * 123_456_789),
    );
    const local = await pipeInto(
      ["tai64nlocal"],
      labels.map((label) => `${label} x\n`).join(""),
    );
    assertEquals(
      local.trimEnd().split("\n"),
      labels.map((label) => {
        const iso = new Date(parseTai64n(label)!).toISOString();
        const nanoseconds = String(parseInt(label.slice(17), 16)).padStart(
          9,
          "0",
        );
        return `${iso.slice(0, 10)} ${iso.slice(11, 19)}.${nanoseconds} x`;
      }),
    );
  },
  ignoreUnless("tai64nlocal"),
);

endToEnd(
  "dk-report reads the folder of a multilog that rotates",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const log = (await makeGoldenLog()).replaceAll(/^@[0-9a-f]+ /gm, "");
      await pipeInto(["multilog", "t", "s65536", "n100", folder], log);
      const entries = await Array.fromAsync(Deno.readDir(folder));
      assert(entries.filter(({ name }) => name.endsWith(".s")).length > 5);
      const figures = await readFigures([folder]);
      assertEquals([figures.mails, figures.lines.withoutTime], [OURS, 0]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
  ignoreUnless("multilog"),
);
