// The client of lib/system/dns/client.ts over TCP: slow, cut, refused.

import { assert, assertEquals } from "@std/assert";
import { startDnsServer } from "../../scripts/host/dns_server.ts";
import {
  altered,
  client,
  ENDLESS_MS,
  framed,
  KEY,
  NAME,
  outcomeOf,
  RECORDS,
  type Script,
  sleep,
  test,
  truncated,
  truncating,
  withServer,
} from "../support/scripted_dns.ts";

test("`txt()` takes an answer that comes one byte at a time", async () => {
  const tcp = async (connection: Deno.Conn, answer: Uint8Array) => {
    for (const octet of framed(answer)) {
      await connection.write(Uint8Array.of(octet));
      await sleep(0);
    }
  };
  await withServer({ udp: truncating, tcp }, async (address) => {
    assertEquals(await client(address).txt(NAME), RECORDS);
  });
});

type Tcp = NonNullable<Script["tcp"]>;
const BAD_STREAMS: Record<string, [string, Tcp]> = {
  "closes at once": ["Error: connection closed early", () => {}],
  "closes after one byte": [
    "Error: connection closed early",
    (connection) => connection.write(Uint8Array.of(0)),
  ],
  "closes in the middle": [
    "Error: connection closed early",
    (connection, answer) => connection.write(framed(answer).subarray(0, 40)),
  ],
  "announces more than it sends": [
    "Error: connection closed early",
    (connection, answer) => connection.write(framed(answer, 65535)),
  ],
  "announces less than it sends": [
    "a malformed answer",
    (connection, answer) => connection.write(framed(answer, answer.length - 5)),
  ],
  "announces nothing": [
    "Error: wrong answer over TCP",
    (connection) => connection.write(Uint8Array.of(0, 0)),
  ],
  "answers with another id": [
    "Error: wrong answer over TCP",
    (connection, answer) =>
      connection.write(framed(altered(answer, 0, (answer[0] ?? 0) ^ 1))),
  ],
  "truncates again": [
    "Error: wrong answer over TCP",
    (connection, answer) => connection.write(framed(truncated(answer))),
  ],
  "fails": [
    "SERVFAIL",
    (connection, answer) => connection.write(framed(altered(answer, 3, 0x82))),
  ],
};
for (const [what, [detail, tcp]] of Object.entries(BAD_STREAMS)) {
  test(`\`txt()\` takes TCP that ${what} for temporary`, async () => {
    await withServer({ udp: truncating, tcp }, async (address) => {
      const answer = await client(address).txt(NAME);
      assertEquals(outcomeOf(answer), `127.0.0.1: ${detail}`);
    });
  });
}

test("`txt()` gives up on TCP that says nothing", async () => {
  const tcp = (connection: Deno.Conn) => connection.read(new Uint8Array(1));
  await withServer({ udp: truncating, tcp }, async (address) => {
    const answer = await client(address, { timeoutMs: 100 }).txt(NAME);
    assertEquals(outcomeOf(answer), "127.0.0.1: no answer");
  });
});

test("`txt()` gives up on TCP that does not connect", async () => {
  await withServer({ udp: truncating }, async (address) => {
    const target = {
      hostname: "127.0.0.1",
      port: Number(address.split(":")[1]),
    };
    using _ = Deno.listen({ ...target, tcpBacklog: 1 });
    // Linux lets one more wait than it is told, and drops the next.
    using _first = await Deno.connect(target);
    using _second = await Deno.connect(target);
    const answer = await client(address, { timeoutMs: 100 }).txt(NAME);
    assertEquals(outcomeOf(answer), "127.0.0.1: no answer");
  });
}, Deno.build.os !== "linux");

test("`txt()` goes on at once from TCP that is refused", async () => {
  await using next = startDnsServer({ [NAME]: [KEY] });
  await withServer({ udp: truncating }, async (address, asked) => {
    const limits = { timeoutMs: ENDLESS_MS };
    const alone = await client(address, limits).txt(NAME);
    assert(outcomeOf(alone).startsWith("127.0.0.1: ConnectionRefused"));
    assertEquals(asked.length, 2);
    const resolver = client(`${address} ${next.address}`, limits);
    assertEquals(await resolver.txt(NAME), RECORDS);
  });
});
