// dk-report as a process: where logs are, the period, what has no time, hostile lines on a terminal
// and in a page, and how it ends.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { formatLabel } from "../support/golden_log.ts";
import { readFigures, runReport } from "../support/dk_report.ts";

const SECONDS = Date.UTC(2026, 10, 20) / 1000;
const PERIOD = ["--since", "2026-11-19", "--until", "2026-11-22"];

/** A line of a mail that was signed, so many seconds after 20 November. */
function signed(after: number, domain = "example.com"): string {
  return `${
    formatLabel(SECONDS + after)
  } dk-sign: signed d=${domain} s=a a=rsa-sha256 next=/q qp=7\n`;
}

async function gzip(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function withFolder(
  files: Record<string, string | Uint8Array>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      await Deno.writeFile(
        `${folder}/${name}`,
        typeof content === "string"
          ? new TextEncoder().encode(content)
          : content,
      );
    }
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("dk-report reads a folder of multilog, rotated files, cut ones and packed ones, and no other", async () => {
  await withFolder({
    [`${formatLabel(SECONDS - 86_400 * 30)}.s`]: signed(1, "too-old.example"),
    [`${formatLabel(SECONDS + 100)}.s`]: signed(2, "s.example"),
    [`${formatLabel(SECONDS + 200)}.u`]: signed(3, "u.example"),
    [`${formatLabel(SECONDS + 300)}.s.gz`]: await gzip(signed(4, "gz.example")),
    current: signed(5, "current.example"),
    lock: "",
    state: signed(6, "state.example"),
  }, async (folder) => {
    const { selectors } = await readFigures([...PERIOD, folder]);
    assertEquals(
      selectors.map(({ domain }) => domain),
      ["current.example", "gz.example", "s.example", "u.example"],
    );
  });
});

Deno.test("dk-report reads plain files, gzip with several members, and the standard input", async () => {
  const members = [await gzip(signed(1)), await gzip(signed(2))];
  const packed = new Uint8Array(await new Blob(members).arrayBuffer());
  await withFolder({ plain: signed(3), packed }, async (folder) => {
    const files = [`${folder}/plain`, `${folder}/packed`, "-"];
    const figures = await readFigures([...PERIOD, ...files], signed(4));
    assertEquals(figures.mails, 4);
    assertEquals((await readFigures(PERIOD, packed)).mails, 2);
    assertEquals((await readFigures(PERIOD, "")).mails, 0);
  });
});

Deno.test("dk-report counts a line at --since, and none at --until", async () => {
  const log = [-1, 0, 59, 60].map((after) => signed(after)).join("");
  const { mails, lines } = await readFigures(
    ["--since", formatLabel(SECONDS), "--until", formatLabel(SECONDS + 60)],
    log,
  );
  assertEquals([mails, lines.outsidePeriod], [2, 2]);
});

Deno.test("dk-report counts the last 7 days", async () => {
  const now = Date.now() / 1000;
  const log = [7 * 86_400 + 60, 7 * 86_400 - 60, 60].map((ago) =>
    signed(Math.floor(now - ago) - SECONDS)
  ).join("");
  assertEquals((await readFigures([], log)).mails, 2);
});

Deno.test("dk-report counts lines without time only where no time is named, and says how many", async () => {
  const log = "dk-sign: signed d=a s=b a=c qp=1\n";
  const all = await readFigures([], log);
  assertEquals([all.mails, all.lines.withoutTime], [1, 1]);
  const some = await readFigures(PERIOD, log);
  assertEquals([some.mails, some.lines.withoutTime], [0, 1]);
  const { stdout } = await runReport(PERIOD, log);
  assertMatch(stdout, /^1 lines are without time, and not counted\.$/m);
});

Deno.test("dk-report takes the signature that the line names", async () => {
  const log = "dk-verify: verified domainkeys=neutral letter=C reason=x " +
    "dkim=fail letter=P reason=x d=one.example dkim=policy letter=S reason=x d=two.example " +
    "signature=2 dns_ms=40 bytes=900 spf=fail spf_domain=two.example dmarc=fail policy=reject arc=none qp=1\n";
  const figures = await readFigures([], log);
  assertEquals(figures.results.map(({ letter }) => letter).toSorted(), [
    "C",
    "S",
  ]);
  assertEquals(figures.methods.map(({ method }) => method), [
    "arc",
    "dmarc",
    "spf",
  ]);
  assertEquals([figures.bytes, figures.dns.meanMs], [900, 40]);
  assertEquals(figures.dns.slowest[0], {
    milliseconds: 40,
    time: null,
    domain: "two.example",
    qp: "1",
  });
});

const HOSTILE = [
  '"><script>alert(1)</script><img/src=x>',
  "&lt;b&gt;",
  "\x1b[2J\x1b]0;title\x07",
  "\x9b31m\u202eevil",
  "__proto__",
  "constructor",
  "{{7*7}}",
  "a\tb",
  "javascript:alert(1)",
];

const HOSTILE_LOG =
  HOSTILE.map((name) =>
    `dk-sign: signed d=${name} s=${name} a=${name} qp=1\n` +
    `dk-verify: verified dkim=${name} letter=${name} reason=${name} d=${name} dns_ms=5 qp=${name}\n` +
    `dk-sign: ${name} qp=1\ndk-verify: rejected dkim=fail letter=P d=${name} ${name}=${name}\n` +
    `dk-sign: failed exit=${name} reason=${name}\ndk-sign: unsigned warning=${name} reason=${name}\n`
  ).join("") + `dk-sign: signed d=${"x".repeat(1 << 20)}\n`;

Deno.test("dk-report prints nothing but printable ASCII, whatever a log holds", async () => {
  const octets = new Uint8Array([
    ...new TextEncoder().encode(HOSTILE_LOG),
    ...[..."dk-sign: signed d=\xff\xfe\x80 s=\xc3 a=\0 qp=1\n"]
      .map((char) => char.charCodeAt(0)),
  ]);
  for (const args of [[], ["--json"]]) {
    const { code, stdout, stderr } = await runReport(args, octets);
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertMatch(stdout, /^[\n -~]*$/);
  }
  const { lines } = await readFigures([], octets);
  assertEquals(lines.tooLong, 1);
});

Deno.test("dk-report writes a page in which hostile names are text", async () => {
  await withFolder({}, async (folder) => {
    const page = `${folder}/page.html`;
    const { code, stdout, stderr } = await runReport(
      ["--html", page],
      HOSTILE_LOG,
    );
    assertEquals({ code, stdout, stderr }, { code: 0, stdout: "", stderr: "" });
    const html = await Deno.readTextFile(page);
    assert(html.includes("script"), "the name is there");
    assertEquals(html.match(/<(script|img|b|iframe|object|a)\b/g), null);
    // What stands for the end of a name that is cut is Vega's own.
    assertMatch(html, /^[\n -~…]*$/);
  });
});

Deno.test("dk-report says what it cannot read, and reports the rest", async () => {
  const packed = await gzip(signed(1).repeat(5));
  await withFolder({
    cut: packed.subarray(0, packed.length - 12),
    plain: signed(2),
  }, async (folder) => {
    const { code, stdout, stderr } = await runReport([
      ...PERIOD,
      "--json",
      `${folder}/missing`,
      folder,
      `${folder}/cut`,
      `${folder}/plain`,
    ]);
    assertEquals(code, 1);
    const said = stderr.trimEnd().split("\n");
    assertEquals(said.length, 3);
    assertMatch(said[0]!, /^dk-report: Cannot open ".*missing": /);
    assertMatch(said[1]!, /^dk-report: Cannot open ".*": .* no file "current"/);
    assertMatch(said[2]!, /^dk-report: Cannot read ".*cut": /);
    assert(JSON.parse(stdout).mails >= 1);
  });
});

for (
  const [args, text] of [
    [["--since", "soon"], `Cannot use "soon" for --since: give a time`],
    [["--until="], `Option "until" needs a value`],
    [
      ["--since", "2026-11-02", "--until", "2026-11-01"],
      "Cannot report: --since is not before --until",
    ],
    [["--frob"], "Unknown option --frob"],
    [[""], "A LOG has no name"],
  ] as const
) {
  Deno.test(`dk-report ends with 2 for ${JSON.stringify(args)}`, async () => {
    const { code, stderr } = await runReport([...args]);
    assertEquals(code, 2);
    assertEquals(stderr, `dk-report: ${text}\nTry "dk-report --help"\n`);
  });
}
