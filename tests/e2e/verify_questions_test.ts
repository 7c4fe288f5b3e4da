// The questions for DNS: one for each name, none for what is not signed, all at once as soon as the
// header has ended.

import { assert, assertEquals } from "@std/assert";
import { signDkim, signDomainKeys } from "../support/verifying.ts";
import { HeldDns } from "../support/held_dns.ts";
import { Incoming, resultsOf, VERIFIERS } from "../support/incoming.ts";
import { MAIL, recordOf } from "../support/signed_mail.ts";
import { toBytes } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";

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

endToEnd(
  "`dk-verify` asks for three keys before it has an answer",
  async () => {
    await using host = await Incoming.open(THREE_ZONE);
    await using held = new HeldDns(
      host.dns.port,
      (asked, release) => asked === 3 && release(),
    );
    const { message } = THREE_KEYS;
    const env = { DNSCACHEIP: held.address };
    const result = await host.run("dk-verify", { message, env });
    const words = resultsOf(message, result).slice(1).map((text) =>
      text.split(" ")[0]
    );
    assertEquals(words, ["domainkeys=pass", "dkim=pass", "dkim=pass"]);
    assertEquals(held.asked, 3);
  },
);

endToEnd(
  "`dk-verify` asks when the header has ended, and reads the body before it has an answer",
  async () => {
    await using host = await Incoming.open();
    const asked = Promise.withResolvers<void>();
    let release = () => {};
    await using held = new HeldDns(host.dns.port, (_, releaseAnswers) => {
      release = releaseAnswers;
      asked.resolve();
    });
    const result = await host.run("dk-verify", {
      message: inTwo(SIGNED, asked.promise, () => release()),
      env: { DNSCACHEIP: held.address },
    });
    const [, domainKeys, dkim] = resultsOf(SIGNED, result);
    assert(domainKeys?.startsWith("domainkeys=pass"), domainKeys);
    assert(dkim?.startsWith("dkim=pass"), dkim);
    assertEquals(held.asked, 1);
  },
);

/** A message whose body comes when something has happened; says when all of it has been taken. */
function inTwo(
  message: string,
  happened: Promise<void>,
  onTaken: () => void,
): ReadableStream<Uint8Array> {
  const octets = toBytes(message);
  const headerEnd = message.indexOf("\n\n") + 2;
  const parts = [octets.subarray(headerEnd)];
  return new ReadableStream({
    start: (controller) => controller.enqueue(octets.subarray(0, headerEnd)),
    async pull(controller) {
      await happened;
      const part = parts.shift();
      if (part !== undefined) return controller.enqueue(part);
      onTaken();
      controller.close();
    },
  }, { highWaterMark: 0 });
}
