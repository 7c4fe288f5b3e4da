// The whole of dk-verify against a DNS server that is late, slow, mad or surrounded by liars: the
// verdict is pass or temperror, in time, and the message goes on whole.

import { assert, assertEquals } from "@std/assert";
import { installedPrograms } from "../debian/installed_programs.ts";
import { assertNotQueued, Incoming, resultsOf } from "../support/incoming.ts";
import { MAIL, toBytes } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { Random } from "../support/random.ts";
import { type FilterResult, runFilter } from "../support/queue.ts";
import { signDkim, signDomainKeys } from "../support/verifying.ts";
import {
  altered,
  bindUdp,
  framed,
  HostileDns,
  type Question,
  withId,
} from "./hostile_dns.ts";
import {
  FLOOD_PACKETS,
  flooding,
  FLOODS,
  GARBAGE,
  honest,
  honestTcp,
  silence,
  SLOW,
  truncating,
} from "./hostile_scripts.ts";

const SIGNED = signDkim(signDomainKeys(MAIL));
const RESULTS = {
  pass: ["domainkeys=pass (ok)", "dkim=pass (ok)"],
  temperror: ["domainkeys=temperror (can't verify)", "dkim=temperror (dns)"],
};

/** What is granted beyond DNSTIMEOUT: starting on a busy machine, and ending. */
const MARGIN_MS = 2000;

/** Runs dk-verify, and holds the time against its limit. */
async function verify(
  dns: HostileDns,
  { seconds = 2, dkVerify = "", message = SIGNED },
): Promise<{ result: FilterResult; elapsedMs: number }> {
  await using host = await Incoming.open({});
  const command = [`${await installedPrograms("bundled")}/dk-verify`];
  const env = {
    ...host.env,
    DNSCACHEIP: dns.address,
    DNSTIMEOUT: `${seconds}`,
    DKVERIFY: dkVerify,
  };
  const start = performance.now();
  const result = await runFilter({ command, env, message: toBytes(message) });
  const elapsedMs = performance.now() - start;
  const limitMs = 1000 * seconds + MARGIN_MS;
  assert(elapsedMs < limitMs, `${elapsedMs} ms of ${limitMs}`);
  return { result, elapsedMs };
}

function assertResults(
  result: FilterResult,
  expected: keyof typeof RESULTS,
): void {
  const [, ...results] = resultsOf(SIGNED, result);
  const words = results.map((text) => text.replace(/ header\..*/, ""));
  assertEquals(words, RESULTS[expected], result.stderr);
}

for (const row of [...SLOW, ...GARBAGE]) {
  const { name, result: expected, udp = truncating, tcp, seconds = 2 } = row;
  endToEnd(`\`dk-verify\` says ${expected} when DNS ${name}`, async () => {
    await using dns = new HostileDns(
      tcp === undefined ? { udp } : { udp, tcp },
    );
    const { result, elapsedMs } = await verify(dns, { seconds });
    assertResults(result, expected);
    if (row.isWaitedFor) assert(elapsedMs >= 1000 * seconds, `${elapsedMs} ms`);
  });
}

for (const { name, lie, host, hasSamePort } of FLOODS) {
  for (const tcp of [honestTcp, undefined]) {
    const expected = tcp === undefined ? "temperror" : "pass";
    const title = `\`dk-verify\` says ${expected} after ${FLOOD_PACKETS} ` +
      `forged answers ${name}, ${tcp === undefined ? "without" : "with"} TCP`;
    endToEnd(title, async () => {
      let liar: Deno.DatagramConn | undefined;
      const udp = (question: Question) => flooding(lie, liar)(question);
      await using dns = new HostileDns(
        tcp === undefined ? { udp } : { udp, tcp },
      );
      if (host !== undefined) liar = bindUdp(host, hasSamePort ? dns.port : 0);
      try {
        assertResults((await verify(dns, { seconds: 4 })).result, expected);
      } finally {
        liar?.close();
      }
    });
  }
}

endToEnd("`dk-verify` ends in time in a flood that does not", async () => {
  await using dns: HostileDns = new HostileDns({
    async udp(question) {
      for (let n = 1; !dns.isClosed; n++) {
        await question.send(withId(question.forged, 1 + n % 65_535));
      }
    },
  });
  assertResults((await verify(dns, {})).result, "temperror");
});

endToEnd(
  "`dk-verify` defers what DNS does not answer, by f and k",
  async () => {
    for (const dkVerify of ["f", ",k"]) {
      await using dns = new HostileDns({ udp: silence });
      assertNotQueued((await verify(dns, { dkVerify })).result, 71);
    }
  },
);

endToEnd("`dk-verify` takes any answers to ten questions", async () => {
  const rounds = Number(Deno.env.get("FAULTS_ROUNDS") ?? 10);
  const seed = Number(Deno.env.get("DK_SEED") ?? Date.now() % 1e9);
  const chance = new Random(seed);
  const names = Array.from({ length: 10 }, (_, n) => `s${n}`);
  const message = names.reduce((text, s) => signDkim(text, { s }), MAIL);
  const spoil = ({ answer }: Question) => {
    const packet = answer.slice(0, answer.length - chance.below(3));
    for (let n = chance.below(8); n >= 0; n--) {
      packet[2 + chance.below(packet.length - 2)] = chance.below(256);
    }
    return packet;
  };
  const counts: Record<string, number> = {};
  for (let round = 0; round < rounds; round++) {
    await using dns = new HostileDns({
      udp: (question) => question.send(spoil(question)),
      tcp: (connection, answer) =>
        connection.write(framed(altered(answer, 3, chance.below(256)))),
    });
    const { result } = await verify(dns, { seconds: 1, message });
    const [, , ...results] = resultsOf(message, result);
    assertEquals(results.length, 10, `seed ${seed}`);
    for (const text of results) {
      const word = text.replace(/ header\..*/, "");
      counts[word] = (counts[word] ?? 0) + 1;
    }
  }
  console.log(`seed ${seed}`, counts);
});

endToEnd("the same server lets a good answer through", async () => {
  await using dns = new HostileDns({ udp: honest });
  assertResults((await verify(dns, {})).result, "pass");
});
