// Tests of lib/system/dns.ts: the configuration as text, and the client against
// servers that fail, lie, flood or say nothing. All on the loopback interface.

import { assert, assertEquals, assertThrows } from "@std/assert";
import * as dns from "@dnsquery/dns-packet";
import type { TxtAnswer } from "../../lib/pass/ports.ts";
import {
  DnsClient,
  type DnsConfig,
  parseDnsConfig,
  readDnsConfig,
} from "../../lib/system/dns.ts";
import { EXIT, StepFailed } from "../../lib/system/exit_code.ts";
import { startDnsServer } from "../support/dns_server.ts";

const NAME = "s_2048._domainkey.example.com";
const KEY = "v=DKIM1; p=MIGf";
const LONG_KEY = "v=DKIM1; p=" + "k".repeat(3000);
const RECORDS: TxtAnswer = { outcome: "records", records: [KEY] };

/** What is spared by the deadlines of these tests. */
const SLACK_MS = 1000;

/** A test that leaves no socket and no timer behind. */
function test(name: string, fn: () => Promise<void>, ignore = false): void {
  Deno.test({ name, fn, ignore, sanitizeOps: true, sanitizeResources: true });
}

function client(servers: string, limits: Partial<DnsConfig> = {}): DnsClient {
  const limited = { timeoutMs: 2000, tryTimeoutMs: 1000, ...limits };
  return new DnsClient({ ...parseDnsConfig(servers, "", ""), ...limited });
}

function outcomeOf(answer: TxtAnswer): string {
  return answer.outcome === "temporary" ? answer.detail : answer.outcome;
}

// The configuration.

const DEFAULTS = { attempts: 2, tryTimeoutMs: 5000, timeoutMs: 10_000 };
const at = (hostname: string, port = 53) => ({ hostname, port });
const servers = (...servers: DnsConfig["servers"]) => ({
  ...DEFAULTS,
  servers,
});

const CONFIGS: Record<string, [string, string, string, DnsConfig]> = {
  "nothing": ["", "", "", servers(at("127.0.0.1"))],
  "one address": ["192.0.2.1", "", "", servers(at("192.0.2.1"))],
  "addresses with and without ports": [
    " 192.0.2.1:5353  192.0.2.2\t[2001:db8::1]:54 2001:db8::2 [::1]\n",
    "",
    "",
    servers(
      at("192.0.2.1", 5353),
      at("192.0.2.2"),
      at("2001:db8::1", 54),
      at("2001:db8::2"),
      at("::1"),
    ),
  ],
  "scopes": [
    "fe80::1%eth0 [fe80::2%wlan-0.1]:5353",
    "",
    "",
    servers(at("fe80::1%eth0"), at("fe80::2%wlan-0.1", 5353)),
  ],
  "0.0.0.0 as this host": ["0.0.0.0", "", "", servers(at("127.0.0.1"))],
  "a DNSTIMEOUT": [
    "",
    "30",
    "",
    { ...servers(at("127.0.0.1")), timeoutMs: 30_000 },
  ],
  "a resolv.conf": [
    "",
    "",
    "# nameserver 192.0.2.9\n; nameserver 192.0.2.8\nsearch example.com\n" +
    "nameserver 192.0.2.1\r\n\tnameserver\t2001:db8::1 # second\n" +
    "nameserver fe80::1%eth0\noptions edns0 timeout:3 attempts:4 rotate\n",
    {
      servers: [at("192.0.2.1"), at("2001:db8::1"), at("fe80::1%eth0")],
      attempts: 4,
      tryTimeoutMs: 3000,
      timeoutMs: 10_000,
    },
  ],
  "a resolv.conf full of errors": [
    "",
    "",
    "nameserver\nnameserver example.com\nnameserver 1.2.3\noptions timeout: " +
    "attempts:x attempts\n\0\nnameserver 192.0.2.1",
    servers(at("192.0.2.1")),
  ],
  "options at their limits": [
    "",
    "",
    "options timeout:0 attempts:0\noptions timeout:99999999999 attempts:99",
    { ...servers(at("127.0.0.1")), attempts: 5, tryTimeoutMs: 30_000 },
  ],
  "DNSCACHEIP without a look at resolv.conf": [
    "192.0.2.1",
    "",
    "nameserver 192.0.2.2\noptions timeout:1 attempts:1",
    servers(at("192.0.2.1")),
  ],
  "an empty DNSCACHEIP as none": [
    " ",
    "",
    "nameserver 192.0.2.2",
    servers(at("192.0.2.2")),
  ],
};
for (
  const [what, [cacheIp, timeout, resolvConf, config]] of Object.entries(
    CONFIGS,
  )
) {
  Deno.test(`\`parseDnsConfig()\` takes ${what}`, () => {
    assertEquals(parseDnsConfig(cacheIp, timeout, resolvConf), config);
  });
}

const BAD_ADDRESSES = [
  "example.com",
  "1.2.3",
  "1.2.3.4.5",
  "1.2.3.4.",
  "1.2.3.256",
  "01.2.3.4",
  "1",
  "192.0.2.1,192.0.2.2",
  "192.0.2.1:0",
  "192.0.2.1:65536",
  "192.0.2.1:",
  "192.0.2.1:x",
  "192.0.2.1:1:2",
  ":53",
  "[::1",
  "::1]",
  "[]:53",
  "[::1]53",
  "[::1]:",
  "[abc]",
  "[192.0.2.1]",
  "1::2::3",
  "12345::1",
  "::1%",
  "::1%e/th",
  "::1]/x[",
  "http://192.0.2.1",
  "\u0661.2.3.4",
];
for (const address of BAD_ADDRESSES) {
  Deno.test(`\`parseDnsConfig()\` refuses DNSCACHEIP "${address}"`, () => {
    const parse = () => parseDnsConfig(`192.0.2.1 ${address}`, "", "");
    const error = assertThrows(parse, StepFailed, `"${address}"`) as StepFailed;
    assertEquals(error.code, EXIT.configuration);
  });
}

for (const timeout of ["0", "00", "-1", "1.5", "1e3", "x", " 5", "100000"]) {
  Deno.test(`\`parseDnsConfig()\` refuses DNSTIMEOUT "${timeout}"`, () => {
    const parse = () => parseDnsConfig("", timeout, "");
    const error = assertThrows(parse, StepFailed, `"${timeout}"`) as StepFailed;
    assertEquals(error.code, EXIT.configuration);
  });
}

function environment(variables: Record<string, string>) {
  return { get: (name: string) => variables[name] };
}

Deno.test("`readDnsConfig()` reads the variables and the file", () => {
  const path = Deno.makeTempFileSync();
  try {
    Deno.writeTextFileSync(path, "nameserver 192.0.2.7\n");
    const fromFile = readDnsConfig(environment({ DNSTIMEOUT: "3" }), path);
    assertEquals(fromFile, { ...servers(at("192.0.2.7")), timeoutMs: 3000 });
    const cacheIp = environment({ DNSCACHEIP: "192.0.2.8" });
    assertEquals(readDnsConfig(cacheIp, path), servers(at("192.0.2.8")));
  } finally {
    Deno.removeSync(path);
  }
});

Deno.test("`readDnsConfig()` takes a missing file for an empty one", () => {
  const config = readDnsConfig(environment({}), "/nonexistent/resolv.conf");
  assertEquals(config, servers(at("127.0.0.1")));
});

Deno.test("`readDnsConfig()` refuses a variable that is not UTF-8", () => {
  const get = () => {
    throw new Deno.errors.InvalidData();
  };
  const read = () => readDnsConfig({ get });
  const error = assertThrows(read, StepFailed, "DNSCACHEIP") as StepFailed;
  assertEquals(error.code, EXIT.configuration);
});

// Honest servers.

test("`txt()` tells the outcomes apart", async () => {
  await using server = startDnsServer({
    [NAME]: [KEY],
    "two.example": ["first", "second"],
    "octets.example": ["\0\x80\xff"],
    "alias.example": { cname: NAME },
    "dangling.example": { cname: "nowhere.example" },
    "circle.example": { cname: "circle.example" },
    "nodata.example": { error: "nodata" },
    "nxdomain.example": { error: "nxdomain" },
    "servfail.example": { error: "servfail" },
    "refused.example": { error: "refused" },
  });
  const resolver = client(server.address);
  const answers: Record<string, TxtAnswer> = {
    [NAME]: RECORDS,
    "two.example": { outcome: "records", records: ["first", "second"] },
    "octets.example": { outcome: "records", records: ["\0\x80\xff"] },
    "alias.example": RECORDS,
    "dangling.example": { outcome: "nxdomain" },
    "circle.example": {
      outcome: "temporary",
      detail: "127.0.0.1: more than 8 CNAMEs",
    },
    "nodata.example": { outcome: "nodata" },
    "nxdomain.example": { outcome: "nxdomain" },
    "servfail.example": {
      outcome: "temporary",
      detail: "127.0.0.1: SERVFAIL",
    },
    "refused.example": { outcome: "temporary", detail: "127.0.0.1: REFUSED" },
  };
  const names = Object.keys(answers);
  const got = await Promise.all(names.map((name) => resolver.txt(name)));
  assertEquals(
    Object.fromEntries(names.map((name, i) => [name, got[i]])),
    answers,
  );
});

test("`txt()` asks for the same name once", async () => {
  await using server = startDnsServer({ [NAME]: [KEY] });
  const resolver = client(server.address);
  const spellings = [NAME, NAME.toUpperCase(), NAME];
  const answers = await Promise.all(spellings.map((n) => resolver.txt(n)));
  assertEquals([...answers, await resolver.txt(NAME)], Array(4).fill(RECORDS));
  assertEquals(server.questions, [{ name: NAME, transport: "udp" }]);
});

test("`txt()` does not ask for a name that is too long", async () => {
  await using server = startDnsServer({});
  for (const name of ["", "a..b", "a.", `${"x".repeat(64)}.example`]) {
    assertEquals(await client(server.address).txt(name), {
      outcome: "too long",
    });
  }
  assertEquals(server.questions, []);
});

test("`txt()` takes a record of 1,000 octets over UDP", async () => {
  const key = "k".repeat(1000);
  await using server = startDnsServer({ [NAME]: [key] });
  const answer = await client(server.address).txt(NAME);
  assertEquals(answer, { outcome: "records", records: [key] });
  assertEquals(server.questions.map((asked) => asked.transport), ["udp"]);
});

test("`txt()` takes a record of 3,000 octets over TCP", async () => {
  await using server = startDnsServer({ [NAME]: [LONG_KEY] });
  const answer = await client(server.address).txt(NAME);
  assertEquals(answer, { outcome: "records", records: [LONG_KEY] });
  assertEquals(server.questions.map((asked) => asked.transport), [
    "udp",
    "tcp",
  ]);
});

test("`txt()` gives up on a server that says nothing", async () => {
  await using server = startDnsServer({ [NAME]: { error: "timeout" } });
  const answer = await client(server.address, { timeoutMs: 100 }).txt(NAME);
  assertEquals(outcomeOf(answer), "127.0.0.1: no answer");
  assertEquals(server.questions.length, 2);
});

// Servers that do what the test says.

interface Question {
  /** The packet that came. */
  query: Uint8Array;
  from: Deno.NetAddr;
  /** A whole answer to it, with one record. */
  answer: Uint8Array;
  send(packet: Uint8Array, by?: Deno.DatagramConn): Promise<unknown>;
}

interface Script {
  udp?(question: Question): unknown;
  tcp?(connection: Deno.Conn, answer: Uint8Array): unknown;
  hostname?: string;
}

/** Starts a server for one test; stops it however the test ends. */
async function withServer(
  script: Script,
  run: (address: string, asked: Deno.NetAddr[]) => Promise<void>,
): Promise<void> {
  const { hostname = "127.0.0.1" } = script;
  const tcp = Deno.listen({ hostname, port: 0 });
  const { port } = tcp.addr as Deno.NetAddr;
  const udp = Deno.listenDatagram({ transport: "udp", hostname, port });
  const asked: Deno.NetAddr[] = [];
  const serveUdp = async () => {
    for await (const [query, from] of udp) {
      asked.push(from as Deno.NetAddr);
      const send = (packet: Uint8Array, by = udp) => by.send(packet, from);
      const answer = answerTo(query);
      const question = { query, from: from as Deno.NetAddr, answer, send };
      await script.udp?.(question);
    }
  };
  const serveTcp = async () => {
    for await (const connection of tcp) {
      try {
        const query = new Uint8Array(4096);
        const count = await connection.read(query) ?? 0;
        await script.tcp?.(connection, answerTo(query.subarray(2, count)));
      } catch {
        // The client hung up.
      } finally {
        connection.close();
      }
    }
  };
  if (script.tcp === undefined) tcp.close();
  const serving = [serveUdp(), ...script.tcp === undefined ? [] : [serveTcp()]];
  try {
    const isIpv6 = hostname.includes(":");
    await run(`${isIpv6 ? `[${hostname}]` : hostname}:${port}`, asked);
  } finally {
    udp.close();
    if (script.tcp !== undefined) tcp.close();
    await Promise.all(serving);
  }
}

function answerTo(query: Uint8Array): Uint8Array {
  const { id, questions } = dns.decode(query);
  return dns.encode({
    type: "response",
    id,
    flags: dns.RECURSION_DESIRED | dns.RECURSION_AVAILABLE,
    questions,
    answers: [{ type: "TXT", name: questions?.[0]?.name ?? "", data: [KEY] }],
  });
}

/** A copy with some bytes replaced. */
function altered(
  packet: Uint8Array,
  at: number,
  ...bytes: number[]
): Uint8Array {
  const copy = packet.slice();
  copy.set(bytes, at);
  return copy;
}

/** The answer made into another one, as a forger would. */
function forged(packet: Uint8Array): Uint8Array {
  const at = packet.length - KEY.length;
  return altered(packet, at, ...new TextEncoder().encode("v=EVIL"));
}

function truncated(packet: Uint8Array): Uint8Array {
  return altered(packet, 2, 0x83);
}

function framed(packet: Uint8Array, length = packet.length): Uint8Array {
  return Uint8Array.of(length >> 8, length, ...packet);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function bindDatagram(hostname: string): Deno.DatagramConn {
  return Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
}

test("`txt()` asks from another port with another id each time", async () => {
  const ids = new Set<number>();
  const udp = ({ query, answer, send }: Question) => {
    ids.add(new DataView(query.buffer, query.byteOffset).getUint16(0));
    return send(answer);
  };
  await withServer({ udp }, async (address, asked) => {
    const resolver = client(address);
    const names = Array.from({ length: 20 }, (_, i) => `s${i}.example.com`);
    await Promise.all(names.map((name) => resolver.txt(name)));
    assertEquals(new Set(asked.map((from) => from.port)).size, 20);
    assert(ids.size > 15);
  });
});

const STRAY_PACKETS: Record<string, (answer: Uint8Array) => Uint8Array> = {
  "another id": (answer) => altered(forged(answer), 0, (answer[0] ?? 0) ^ 1),
  "another question": (answer) => altered(forged(answer), 13, 0x78),
  "another type in the question": (answer) =>
    altered(forged(answer), 12 + NAME.length + 3, 1),
  "no question": (answer) => altered(forged(answer), 4, 0, 0),
  "the query bit": (answer) => altered(forged(answer), 2, 1),
  "another opcode": (answer) => altered(forged(answer), 2, 0xa1),
  "nothing in it": () => new Uint8Array(),
  "half a header": (answer) => answer.subarray(0, 6),
  "a cut question": (answer) => answer.subarray(0, 20),
  "random bytes": () => crypto.getRandomValues(new Uint8Array(300)),
};
for (const [what, spoof] of Object.entries(STRAY_PACKETS)) {
  test(`\`txt()\` ignores a packet with ${what}`, async () => {
    const udp = async ({ answer, send }: Question) => {
      await send(spoof(answer));
      await send(answer);
    };
    await withServer({ udp }, async (address, asked) => {
      assertEquals(await client(address).txt(NAME), RECORDS);
      assertEquals(asked.length, 1);
    });
  });
}

for (const hostname of ["127.0.0.1", "127.0.0.2"]) {
  test(`\`txt()\` ignores an answer from another port of ${hostname}`, async () => {
    const stranger = bindDatagram(hostname);
    const udp = async ({ answer, send }: Question) => {
      await send(forged(answer), stranger);
      await send(answer);
    };
    await withServer({ udp }, async (address, asked) => {
      assertEquals(await client(address).txt(NAME), RECORDS);
      assertEquals(asked.length, 1);
    }).finally(() => stranger.close());
  });
}

test("`txt()` ignores an answer from another address with the same port", async () => {
  let stranger: Deno.DatagramConn | undefined;
  const udp = async ({ answer, send }: Question) => {
    await send(forged(answer), stranger);
    await send(answer);
  };
  await withServer({ udp }, async (address, asked) => {
    const port = Number(address.split(":")[1]);
    const other = { transport: "udp" as const, hostname: "127.0.0.2", port };
    stranger = Deno.listenDatagram(other);
    assertEquals(await client(address).txt(NAME), RECORDS);
    assertEquals(asked.length, 1);
  }).finally(() => stranger?.close());
});

const BAD_ANSWERS: Record<
  string,
  [string, (answer: Uint8Array) => Uint8Array]
> = {
  "a cut answer": ["a malformed answer", (answer) => answer.subarray(0, -3)],
  "a count too high": [
    "a malformed answer",
    (answer) => altered(answer, 6, 0, 9),
  ],
  "a pointer loop": [
    "a malformed answer",
    (answer) => {
      const owner = 12 + NAME.length + 2 + 4;
      return altered(answer, owner, 0xc0, owner);
    },
  ],
  "FORMERR": ["FORMERR", (answer) => altered(answer, 3, 0x81)],
  "FORMERR in a bare header": [
    "FORMERR",
    (answer) => altered(answer.slice(0, 12), 3, 0x81, 0, 0, 0, 0),
  ],
  "NOTIMP": ["NOTIMP", (answer) => altered(answer, 3, 0x84)],
  "SERVFAIL": ["SERVFAIL", (answer) => altered(answer, 3, 0x82)],
  "REFUSED": ["REFUSED", (answer) => altered(answer, 3, 0x85)],
  "a referral": ["a referral", (answer) => altered(answer, 3, 0, 0, 1, 0, 0)],
};
for (const [what, [detail, spoil]] of Object.entries(BAD_ANSWERS)) {
  test(`\`txt()\` takes ${what} for temporary, at once`, async () => {
    const udp = ({ answer, send }: Question) => send(spoil(answer));
    await withServer({ udp }, async (address, asked) => {
      const start = performance.now();
      const answer = await client(address, { timeoutMs: 60_000 }).txt(NAME);
      assertEquals(outcomeOf(answer), `127.0.0.1: ${detail}`);
      assertEquals(asked.length, 2);
      assert(performance.now() - start < SLACK_MS);
    });
  });

  test(`\`txt()\` asks the next server after ${what}`, async () => {
    const udp = ({ answer, send }: Question) => send(spoil(answer));
    await using next = startDnsServer({ [NAME]: [KEY] });
    await withServer({ udp }, async (address, asked) => {
      const resolver = client(`${address} ${next.address}`);
      assertEquals(await resolver.txt(NAME), RECORDS);
      assertEquals(asked.length, 1);
    });
  });
}

test("`txt()` asks the next server when the first is silent", async () => {
  await using silent = startDnsServer({ [NAME]: { error: "timeout" } });
  await using next = startDnsServer({ [NAME]: [KEY] });
  const both = `${silent.address} ${next.address}`;
  const answer = await client(both, { tryTimeoutMs: 50 }).txt(NAME);
  assertEquals(answer, RECORDS);
});

test("`txt()` asks the next server when nobody listens", async () => {
  const gone = startDnsServer({});
  await gone.close();
  await using next = startDnsServer({ [NAME]: [KEY] });
  const both = `${gone.address} ${next.address}`;
  const answer = await client(both, { tryTimeoutMs: 50 }).txt(NAME);
  assertEquals(answer, RECORDS);
});

test("`txt()` goes on at once from an address that can not be sent to", async () => {
  await using next = startDnsServer({ [NAME]: [KEY] });
  const both = `fe80::1%nowhere ${next.address}`;
  const start = performance.now();
  const answer = await client(both, { timeoutMs: 60_000 }).txt(NAME);
  assertEquals(answer, RECORDS);
  assert(performance.now() - start < SLACK_MS);
});

test("`txt()` asks a server again that lost the question", async () => {
  let questions = 0;
  const udp = ({ answer, send }: Question) => questions++ && send(answer);
  await withServer({ udp }, async (address) => {
    const start = performance.now();
    const limits = { tryTimeoutMs: 50, timeoutMs: 60_000 };
    assertEquals(await client(address, limits).txt(NAME), RECORDS);
    assertEquals(questions, 2);
    assert(performance.now() - start < 50 + SLACK_MS);
  });
});

test("`txt()` names each server and its trouble", async () => {
  const refuses = startDnsServer({ [NAME]: { error: "refused" } });
  const fails = startDnsServer({ [NAME]: { error: "servfail" } });
  const both = `${refuses.address} ${fails.address}`;
  const answer = await client(both).txt(NAME);
  assertEquals(outcomeOf(answer), "127.0.0.1: REFUSED, 127.0.0.1: SERVFAIL");
  await Promise.all([refuses.close(), fails.close()]);
});

test("`txt()` takes an answer at the last moment", async () => {
  const udp = async ({ answer, send }: Question) => {
    await sleep(300);
    await send(answer);
  };
  await withServer({ udp }, async (address) => {
    const limits = { attempts: 1, timeoutMs: 500, tryTimeoutMs: 500 };
    assertEquals(await client(address, limits).txt(NAME), RECORDS);
  });
});

test("`txt()` does not take an answer after the deadline", async () => {
  const sent: Promise<void>[] = [];
  const udp = ({ answer, send }: Question) => {
    sent.push(sleep(150).then(() => send(answer)).then(() => undefined));
  };
  await withServer({ udp }, async (address) => {
    const limits = { attempts: 1, timeoutMs: 50 };
    const answer = await client(address, limits).txt(NAME);
    assertEquals(outcomeOf(answer), "127.0.0.1: no answer");
    await Promise.all(sent);
  });
});

test("`txt()` has one deadline for all questions of a message", async () => {
  await using server = startDnsServer({
    "a.example": { error: "timeout" },
    "b.example": { error: "timeout" },
    "c.example": { error: "timeout" },
    [NAME]: [KEY],
  });
  const resolver = client(server.address, { timeoutMs: 150 });
  const start = performance.now();
  const names = ["a.example", "b.example", "c.example"];
  const answers = await Promise.all(names.map((name) => resolver.txt(name)));
  const elapsedMs = performance.now() - start;
  assertEquals(answers.map(outcomeOf), Array(3).fill("127.0.0.1: no answer"));
  assert(elapsedMs >= 140 && elapsedMs < 150 + SLACK_MS);
  const asked = server.questions.length;
  assertEquals(outcomeOf(await resolver.txt(NAME)), "no time left");
  assertEquals(server.questions.length, asked);
});

// TCP.

const truncating = ({ answer, send }: Question) => send(truncated(answer));

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
    const start = performance.now();
    const answer = await client(address, { timeoutMs: 100 }).txt(NAME);
    assertEquals(outcomeOf(answer), "127.0.0.1: no answer");
    assert(performance.now() - start < 100 + SLACK_MS);
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
    const start = performance.now();
    const answer = await client(address, { timeoutMs: 100 }).txt(NAME);
    assertEquals(outcomeOf(answer), "127.0.0.1: no answer");
    assert(performance.now() - start < 100 + SLACK_MS);
  });
}, Deno.build.os !== "linux");

test("`txt()` goes on at once from TCP that is refused", async () => {
  await using next = startDnsServer({ [NAME]: [KEY] });
  await withServer({ udp: truncating }, async (address, asked) => {
    const start = performance.now();
    const limits = { timeoutMs: 60_000 };
    const alone = await client(address, limits).txt(NAME);
    assert(outcomeOf(alone).startsWith("127.0.0.1: ConnectionRefused"));
    assertEquals(asked.length, 2);
    const resolver = client(`${address} ${next.address}`, limits);
    assertEquals(await resolver.txt(NAME), RECORDS);
    assert(performance.now() - start < SLACK_MS);
  });
});

// Floods.

test("`txt()` finds the answer behind 90 forged ones", async () => {
  const udp = async ({ answer, send }: Question) => {
    const id = new DataView(answer.buffer).getUint16(0);
    for (let i = 1; i <= 90; i++) {
      const guess = id + i;
      await send(altered(forged(answer), 0, guess >> 8, guess));
    }
    await send(answer);
  };
  await withServer({ udp }, async (address, asked) => {
    assertEquals(await client(address).txt(NAME), RECORDS);
    assertEquals(asked.length, 1);
  });
});

/** Answers the first question with wrong ids, without a pause, until it is ended. */
const FLOOD = `
const socket = Deno.listenDatagram(
  { transport: "udp", hostname: "127.0.0.1", port: 0 },
);
postMessage(socket.addr.port);
const [query, from] = await socket.receive();
const packet = Uint8Array.of(query[0] ^ 1, query[1], 0x81, 0x80, ...query.slice(4));
for (;;) await socket.send(packet, from);
`;

/** The port of a thread that floods whoever asks it. */
async function withFlood(run: (port: number) => Promise<void>): Promise<void> {
  const url = `data:application/javascript,${encodeURIComponent(FLOOD)}`;
  const flood = new Worker(url, { type: "module" });
  try {
    await run(
      await new Promise((resolve) => {
        flood.onmessage = (event) => resolve(event.data);
      }),
    );
  } finally {
    flood.terminate();
  }
}

test("`txt()` turns to TCP in an endless flood", async () => {
  await withFlood(async (port) => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port });
    const serve = async () => {
      const connection = await listener.accept();
      const query = new Uint8Array(4096);
      const count = await connection.read(query) ?? 0;
      await connection.write(framed(answerTo(query.subarray(2, count))));
      connection.close();
      listener.close();
    };
    const [answer] = await Promise.all([
      client(`127.0.0.1:${port}`).txt(NAME),
      serve(),
    ]);
    assertEquals(answer, RECORDS);
  });
});

test("`txt()` gets through an endless flood in time", async () => {
  await withFlood(async (port) => {
    await using next = startDnsServer({ [NAME]: [KEY] });
    const start = performance.now();
    const limits = { timeoutMs: 300 };
    const flooded = `127.0.0.1:${port}`;
    const alone = await client(flooded, limits).txt(NAME);
    assertEquals(alone.outcome, "temporary");
    assert(performance.now() - start < 300 + SLACK_MS);
    const answer = await client(`${flooded} ${next.address}`).txt(NAME);
    assertEquals(answer, RECORDS);
  });
});

test("`txt()` is not held up by a flood of another question", async () => {
  await using server = startDnsServer({ [NAME]: [KEY] });
  await withFlood(async (port) => {
    const flooded = client(`127.0.0.1:${port}`, { timeoutMs: 300 });
    const [lost, answer] = await Promise.all([
      flooded.txt("flooded.example"),
      client(server.address).txt(NAME),
    ]);
    assertEquals([lost.outcome, answer], ["temporary", RECORDS]);
  });
});

// IPv6.

const addresses = Deno.networkInterfaces()
  .filter(({ family }) => family === "IPv6");
const local = addresses.find(({ address }) => address.startsWith("fe80:"));
const IPV6_SERVERS = {
  "the loopback address": addresses.some(({ address }) => address === "::1")
    ? "::1"
    : undefined,
  "a scope": local && `${local.address}%${local.name}`,
};
for (const [what, hostname] of Object.entries(IPV6_SERVERS)) {
  const note = hostname ? "" : " (ignored: there is no such address here)";
  test(`\`txt()\` asks a server with ${what} of IPv6${note}`, async () => {
    const udp = truncating;
    const tcp = (connection: Deno.Conn, answer: Uint8Array) =>
      connection.write(framed(answer));
    await withServer({ hostname, udp, tcp }, async (address) => {
      assertEquals(await client(address).txt(NAME), RECORDS);
      const spelled = address.replace("fe80", "FE80")
        .replace("[::1]", "[0:0:0:0:0:0:0:1]");
      assertEquals(await client(spelled).txt(NAME), RECORDS);
    });
  }, hostname === undefined);
}

test("`txt()` asks a mapped address", async () => {
  await using server = startDnsServer({ [NAME]: [KEY] });
  const address = `[::ffff:127.0.0.1]:${server.port}`;
  assertEquals(await client(address).txt(NAME), RECORDS);
}, IPV6_SERVERS["the loopback address"] === undefined);

// Garbage.

test("`txt()` takes garbage for nothing but temporary", async () => {
  const udp = ({ query, send }: Question) => {
    const tail = crypto.getRandomValues(new Uint8Array(200));
    const counts = [0, 1, 0, 200, 0, 0, 0, 0];
    const question = query.subarray(12, 12 + NAME.length + 2 + 4);
    const header = Uint8Array.of(
      ...query.subarray(0, 2),
      0x81,
      0x80,
      ...counts,
    );
    return send(Uint8Array.of(...header, ...question, ...tail));
  };
  await withServer({ udp }, async (address) => {
    for (let i = 0; i < 50; i++) {
      const answer = await client(address).txt(NAME);
      assertEquals(outcomeOf(answer), "127.0.0.1: a malformed answer");
    }
  });
});
