// The client of lib/system/dns/client.ts: outcomes, several servers, deadlines, IPv6.

import { assertEquals } from "@std/assert";
import type { TxtAnswer } from "../../lib/ports/resolver.ts";
import { startDnsServer } from "../../scripts/host/dns_server.ts";
import {
  client,
  ENDLESS_MS,
  framed,
  KEY,
  NAME,
  outcomeOf,
  type Question,
  RECORDS,
  sleep,
  test,
  truncating,
  withServer,
} from "../support/scripted_dns.ts";

const LONG_KEY = "v=DKIM1; p=" + "k".repeat(3000);

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
  assertEquals(server.questions, [{
    name: NAME,
    type: "TXT",
    transport: "udp",
  }]);
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

test("`txt()` goes on at once from an address that cannot be sent to", async () => {
  await using next = startDnsServer({ [NAME]: [KEY] });
  const both = `fe80::1%nowhere ${next.address}`;
  const answer = await client(both, { timeoutMs: ENDLESS_MS }).txt(NAME);
  assertEquals(answer, RECORDS);
});

test("`txt()` asks a server again that lost the question", async () => {
  let questions = 0;
  const udp = ({ answer, send }: Question) => questions++ && send(answer);
  await withServer({ udp }, async (address) => {
    const limits = { tryTimeoutMs: 50, timeoutMs: ENDLESS_MS };
    assertEquals(await client(address, limits).txt(NAME), RECORDS);
    assertEquals(questions, 2);
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
  const names = ["a.example", "b.example", "c.example"];
  const answers = await Promise.all(names.map((name) => resolver.txt(name)));
  assertEquals(answers.map(outcomeOf), Array(3).fill("127.0.0.1: no answer"));
  const asked = server.questions.length;
  assertEquals(outcomeOf(await resolver.txt(NAME)), "no time left");
  assertEquals(server.questions.length, asked);
});

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
    const script = hostname === undefined
      ? { udp, tcp }
      : { hostname, udp, tcp };
    await withServer(script, async (address) => {
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
