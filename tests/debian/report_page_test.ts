// The page of dk-report in a browser: plots and tables by role and name, nothing asked for but the
// page itself, and text that can be read in light, in dark and in print.

import { assert, assertEquals } from "@std/assert";
import { endToEnd } from "../support/requirements.ts";
import { runReport } from "../support/dk_report.ts";
import {
  BEGIN,
  formatLabel,
  makeGoldenLog,
  OURS,
  STEP,
} from "../support/golden_log.ts";
import { Chromium } from "./chromium.ts";
import { ignoreUnless } from "./requirements.ts";

const PLOTTED = [
  "Mails a day",
  "Verified, by letter and result",
  "Domains whose signatures fail most",
];
const OTHERS = [
  "Mails",
  "Not signed, and why",
  "Selectors in use",
  "Refused and deferred, by what the letters were given for",
  "Failed: trouble of our own",
];

async function withPage(
  log: string,
  use: (chromium: Chromium, url: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const { code, stderr } = await runReport([
      "--since",
      formatLabel(BEGIN),
      "--until",
      formatLabel(BEGIN + OURS * STEP),
      "--html",
      `${folder}/page.html`,
    ], log);
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    await using chromium = await Chromium.open();
    const url = `file://${folder}/page.html`;
    await chromium.visit(url);
    await use(chromium, url);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

endToEnd(
  "dk-report's page has plots with tables below them by role and name, and asks for nothing",
  async () => {
    await withPage(await makeGoldenLog(), async (chromium, url) => {
      const found = await chromium.accessible();
      const named = (role: string) =>
        found.filter((thing) => thing.role === role).map(({ name }) => name);
      assertEquals(named("image"), PLOTTED);
      assertEquals(
        named("table").toSorted(),
        [...PLOTTED, ...OTHERS].toSorted(),
      );
      assertEquals(named("heading").slice(1), named("table"));
      for (const { role, description } of found) {
        if (role === "image") assert(/^A bar for each /.test(description));
      }
      const places = await chromium.evaluate(`
        [...document.querySelectorAll("svg")].map((svg) => {
          const above = svg.getBoundingClientRect();
          const below = svg.nextElementSibling.getBoundingClientRect();
          return above.width > 300 && above.height > 20 && below.top >= above.bottom;
        })`);
      assertEquals(places, [true, true, true]);
      assertEquals(chromium.requests, [url]);
    });
  },
  ignoreUnless("chromium"),
);

/** WCAG's contrast of text and what is behind it, from computed colours. */
const CONTRAST = `(() => {
  const light = (text) => {
    const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const back = getComputedStyle(document.body).backgroundColor;
  const texts = [...document.querySelectorAll("td, svg text")].map((element) => {
    const style = getComputedStyle(element);
    return element instanceof SVGElement ? style.fill : style.color;
  });
  const bars = [...document.querySelectorAll("svg .mark-rect path")]
    .map((element) => getComputedStyle(element).fill);
  const least = (colours) => Math.min(...colours.map((colour) => {
    const [one, other] = [light(colour), light(back)];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  }));
  return { isDark: light(back) < 0.5, text: least(texts), bars: least(bars), colours: new Set(bars).size };
})()`;

endToEnd(
  "dk-report's page can be read in light, in dark and in print",
  async () => {
    await withPage(await makeGoldenLog(), async (chromium) => {
      for (
        const [media, scheme, isDark] of [
          ["screen", "light", false],
          ["screen", "dark", true],
          ["print", "dark", false],
        ] as const
      ) {
        await chromium.show(media, scheme);
        const seen = await chromium.evaluate(CONTRAST) as {
          isDark: boolean;
          text: number;
          bars: number;
          colours: number;
        };
        const name = `${media}, ${scheme}: ${JSON.stringify(seen)}`;
        assertEquals(seen.isDark, isDark, name);
        assert(seen.text >= 7, name);
        assert(seen.bars >= 2, name);
        assertEquals(seen.colours, 7, name);
      }
    });
  },
  ignoreUnless("chromium"),
);

endToEnd(
  "dk-report's page runs nothing and asks for nothing, whatever a log holds",
  async () => {
    const names = [
      `"><script>document.title='run'</script>`,
      `<img/src=http://127.0.0.1:9/x>`,
      `</title><svg/onload=document.title='run'>`,
      `</style><link/rel=stylesheet/href=http://127.0.0.1:9/>`,
    ];
    const label = formatLabel(BEGIN);
    const log = names.map((name) =>
      `${label} dk-verify: verified dkim=fail letter=${name} reason=${name} d=x${name} qp=1\n` +
      `${label} dk-sign: signed d=${name} s=x${name} a=${name} qp=1\n`
    ).join("");
    await withPage(log, async (chromium, url) => {
      assertEquals(chromium.requests, [url]);
      assertEquals(
        await chromium.evaluate(
          `[document.title, document.querySelectorAll("script, img, a, iframe, body link").length]`,
        ),
        ["dk-report", 0],
      );
      const cells = await chromium.evaluate(
        `[...document.querySelectorAll("td")].map((cell) => cell.textContent)`,
      ) as string[];
      for (const name of names) assert(cells.includes(`x${name}`), name);
    });
  },
  ignoreUnless("chromium"),
);
