// `deno task bench`: which targets it says hold, and that it measures nothing that is broken.

import { assertEquals, assertMatch } from "@std/assert";
import type { Cost } from "../../scripts/bench/costs.ts";
import { judgeTargets } from "../../scripts/bench/targets.ts";

const MAIN = new URL("../../scripts/bench/main.ts", import.meta.url).pathname;

function costOf(
  kind: Cost["kind"],
  name: string,
  megabytes: number,
  wallMs: number,
  peakMb = 50,
  task: Cost["task"] = "sign, DKIM",
  cpuMs = 1,
): Cost {
  return { kind, name, task, megabytes, wallMs, peakMb, cpuMs, runs: 1 };
}

async function bench(args: string[]): Promise<{ code: number; text: string }> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, ...args],
    stdout: "null",
  }).output();
  return { code, text: new TextDecoder().decode(stderr) };
}

for (
  const { name, costs, expected } of [
    {
      name: "a third of the fastest script, whatever C takes",
      costs: [
        costOf("ours", "dk-sign, bundle", 0.01, 20),
        costOf("script", "fast", 0.01, 60),
        costOf("script", "slow", 0.01, 61),
        costOf("C", "library", 0.01, 1),
      ],
      expected: [true],
    },
    {
      name: "more than a third of the fastest script",
      costs: [
        costOf("ours", "dk-sign, bundle", 0.01, 20),
        costOf("script", "fast", 0.01, 59),
        costOf("script", "slow", 0.01, 600),
      ],
      expected: [false],
    },
    {
      name: "1.5 times an empty script in one form, more in the other",
      costs: [
        costOf("empty", "empty", 0.01, 20),
        costOf("ours", "dk-sign, bundle", 0.01, 30),
        costOf("ours", "dk-sign, compiled", 0.01, 31),
      ],
      expected: [true, false],
    },
    {
      name: "25 MB slower than a library, faster than a script, 80 MB",
      costs: [
        costOf("ours", "dk-sign, bundle", 25, 100, 80),
        costOf("C", "library", 25, 99),
        costOf("script", "script", 25, 101),
      ],
      expected: [true, false, true],
    },
    {
      name: "25 MB in 81 MB, and 100 MB out of all proportion",
      costs: [
        costOf("ours", "dk-sign, bundle", 25, 100, 81),
        costOf("ours", "dk-sign, bundle", 100, 441),
      ],
      expected: [false, false],
    },
    {
      name:
        "all methods in 2.5 ms more than DKIM alone, resident, whatever one-shot takes",
      costs: [
        costOf("ours", "dk-verify, resident", 0.01, 9, 2, "verify, DKIM", 7),
        costOf("ours", "dk-verify, resident", 0.01, 9, 2, "verify, all", 9.5),
        costOf("ours", "dk-verify, bundle", 0.01, 30, 2, "verify, DKIM", 30),
        costOf("ours", "dk-verify, bundle", 0.01, 40, 2, "verify, all", 40),
      ],
      expected: [true],
    },
    {
      name: "all methods in 2.6 ms more than DKIM alone",
      costs: [
        costOf("ours", "dk-verify, resident", 0.01, 9, 2, "verify, DKIM", 7),
        costOf("ours", "dk-verify, resident", 0.01, 9, 2, "verify, all", 9.6),
      ],
      expected: [false],
    },
    {
      name: "100 MB in proportion",
      costs: [
        costOf("ours", "dk-sign, bundle", 25, 100),
        costOf("ours", "dk-sign, bundle", 100, 440),
      ],
      expected: [true, true],
    },
  ]
) {
  Deno.test(`judgeTargets() of ${name}`, () => {
    assertEquals(judgeTargets(costs).map(({ holds }) => holds), expected);
  });
}

for (const args of [["--fast"], ["--only", "sing"], ["--runs", "0"]]) {
  Deno.test(`\`bench\` refuses ${args.join(" ")}`, async () => {
    const { code, text } = await bench(args);
    assertEquals(code, 1);
    assertMatch(text, /^Usage: deno task bench/m);
  });
}

for (
  const [what, script, complaint] of [
    ["says nothing", "exit 0", /^dk-sign, compiled .* has written nothing$/m],
    ["fails", "exit 81", /^dk-sign, compiled .* ended with status \d+$/m],
    [
      "does not sign",
      'exec "$@"',
      /^dk-sign, compiled makes a signature that is "none/m,
    ],
  ] as const
) {
  Deno.test(`\`bench\` measures no program that ${what}`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      for (const name of ["dk-sign", "dk-verify"]) {
        const text = `#!/bin/sh\n${script}\n`;
        await Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o755 });
      }
      const { code, text } = await bench([
        "--only",
        "sign",
        "--compiled",
        folder,
      ]);
      assertMatch(text, complaint);
      assertEquals(code, 1);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
