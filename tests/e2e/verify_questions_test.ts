// The questions for DNS: one for each name, none for what is not signed, all at once as soon as the
// header has ended.

import { assert, assertEquals } from "@std/assert";
import { signDkim, signDomainKeys } from "../support/verifying.ts";
import { SlowDns } from "../support/slow_dns.ts";
import { Incoming, resultsOf, VERIFIERS } from "./incoming.ts";
import { MAIL, recordOf } from "../support/signed_mail.ts";
import { toBytes } from "./mail.ts";
import { endToEnd } from "./requirements.ts";

const SIGNED = signDkim(signDomainKeys(MAIL));
const RECORD = recordOf();

function nameOf(selector: string): string {
  return `${selector}._domainkey.example.com`;
}

/** How many names each message asks for. */
const COUNTS: { name: string; message: string; names: string[] }[] = [
  { name: "an unsigned message", message: MAIL, names: [] },
  { name: "an empty message", message: "", names: [] },
  { name: "two signatures with one key", message: SIGNED, names: ["default"] },
  {
    name: "the same name in another case",
    message: signDkim(
      signDkim(SIGNED, { d: "EXAMPLE.com" }),
      { s: "DEFAULT" },
    ),
    names: ["default"],
  },
  {
    name: "three signatures with three keys",
    message: signDkim(
      signDkim(signDomainKeys(MAIL, { s: "c" }), { s: "b" }),
      { s: "a" },
    ),
    names: ["a", "b", "c"],
  },
  {
    name: "twelve signatures, of which ten count",
    message: Array.from({ length: 12 }, (_, n) => `s${n}`).reduceRight(
      (message, s) => signDkim(message, { s }),
      MAIL,
    ),
    names: Array.from({ length: 10 }, (_, n) => `s${n}`),
  },
  {
    name: "two DomainKeys signatures, of which the topmost counts",
    message: signDomainKeys(signDomainKeys(MAIL), { s: "top" }),
    names: ["top"],
  },
  {
    name: "signatures that cannot be good",
    message: signDkim(
      signDkim(
        signDkim(signDomainKeys(MAIL, { q: "http", s: "a" }), {
          v: "2",
          s: "b",
        }),
        { x: "1", s: "c" },
      ),
      { a: "rsa-sha1", s: "d" },
    ),
    names: [],
  },
];

for (const program of VERIFIERS) {
  for (const { name, message, names } of COUNTS) {
    endToEnd(
      `\`${program}\` asks ${names.length} questions for ${name}`,
      async () => {
        const zone = Object.fromEntries(
          names.map((selector) => [nameOf(selector), [RECORD]]),
        );
        await using host = await Incoming.open(zone);
        resultsOf(message, await host.run(program, { message }));
        const asked = host.dns.questions.map((question) => question.name);
        assertEquals(asked.sort(), names.map(nameOf).sort());
      },
    );
  }
}

const THREE_KEYS = COUNTS.find(({ names }) => names.length === 3)!;
const THREE_ZONE = Object.fromEntries(
  THREE_KEYS.names.map((selector) => [nameOf(selector), [RECORD]]),
);

endToEnd("`dk-verify` waits once for three slow answers", async () => {
  await using host = await Incoming.open(THREE_ZONE);
  const delayMs = 1500;
  await using slow = new SlowDns(host.dns.port, delayMs);
  const startMs = performance.now();
  const { message } = THREE_KEYS;
  const env = { DNSCACHEIP: slow.address };
  const result = await host.run("dk-verify", { message, env });
  const tookMs = performance.now() - startMs;
  const words = resultsOf(message, result).slice(1).map((text) =>
    text.split(" ")[0]
  );
  assertEquals(words, ["domainkeys=pass", "dkim=pass", "dkim=pass"]);
  assert(tookMs >= delayMs && tookMs < 2 * delayMs, `it took ${tookMs} ms`);
  // All are asked before any of them is answered.
  assertEquals(slow.askedMs.length, 3);
  assert(slow.askedMs[2]! - slow.askedMs[0]! < delayMs / 2);
});

endToEnd(
  "`dk-verify` asks when the header has ended, and waits for body and DNS together",
  async () => {
    await using host = await Incoming.open();
    const delayMs = 2500;
    await using slow = new SlowDns(host.dns.port, delayMs);
    const headerEnd = SIGNED.indexOf("\n\n") + 2;
    const bodyEndsMs = { value: 0 };
    const startMs = performance.now();
    const result = await host.run("dk-verify", {
      message: dribble(SIGNED, headerEnd, 2000, bodyEndsMs),
      env: { DNSCACHEIP: slow.address },
    });
    const tookMs = performance.now() - startMs;
    const [, domainKeys, dkim] = resultsOf(SIGNED, result);
    assert(domainKeys?.startsWith("domainkeys=pass"), domainKeys);
    assert(dkim?.startsWith("dkim=pass"), dkim);
    assertEquals(slow.askedMs.length, 1);
    assert(slow.askedMs[0]! < bodyEndsMs.value - 500, "asked too late");
    // One after the other they would take 4500 ms.
    assert(tookMs < 4000, `it took ${tookMs} ms`);
  },
);

/** A message whose body comes octet by octet, over so many milliseconds. */
function dribble(
  message: string,
  headerEnd: number,
  durationMs: number,
  ended: { value: number },
): ReadableStream<Uint8Array> {
  const octets = toBytes(message);
  let at = headerEnd;
  const pauseMs = durationMs / (octets.length - headerEnd);
  return new ReadableStream({
    start: (controller) => controller.enqueue(octets.subarray(0, headerEnd)),
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      controller.enqueue(octets.subarray(at, ++at));
      if (at < octets.length) return;
      ended.value = performance.now();
      controller.close();
    },
  }, { highWaterMark: 0 });
}
