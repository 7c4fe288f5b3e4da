// The client of lib/system/dns/client.ts against forged, garbled and endless answers (RFC 5452).

import { assert, assertEquals } from "@std/assert";
import { startDnsServer } from "../../scripts/host/dns_server.ts";
import {
  altered,
  answerTo,
  bindDatagram,
  client,
  ENDLESS_MS,
  forged,
  framed,
  KEY,
  NAME,
  outcomeOf,
  type Question,
  RECORDS,
  test,
  withServer,
} from "../support/scripted_dns.ts";

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

type Spoil = (answer: Uint8Array) => Uint8Array;

const BAD_ANSWERS: Record<string, [detail: string, Spoil]> = {
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
  "SERVFAIL": ["SERVFAIL", (answer) => altered(answer, 3, 0x82)],
  "REFUSED": ["REFUSED", (answer) => altered(answer, 3, 0x85)],
  "a referral": ["a referral", (answer) => altered(answer, 3, 0, 0, 1, 0, 0)],
};
for (const [what, [detail, spoil]] of Object.entries(BAD_ANSWERS)) {
  test(`\`txt()\` takes ${what} for temporary, at once`, async () => {
    const udp = ({ answer, send }: Question) => send(spoil(answer));
    await withServer({ udp }, async (address, asked) => {
      const answer = await client(address, { timeoutMs: ENDLESS_MS }).txt(NAME);
      assertEquals(outcomeOf(answer), `127.0.0.1: ${detail}`);
      assertEquals(asked.length, 2);
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

const WITHOUT_EDNS: Record<string, [detail: string, Spoil]> = {
  "FORMERR": ["FORMERR", (answer) => altered(answer, 3, 0x81)],
  "FORMERR in a bare header": [
    "FORMERR",
    (answer) => altered(answer.slice(0, 12), 3, 0x81, 0, 0, 0, 0),
  ],
  "NOTIMP": ["NOTIMP", (answer) => altered(answer, 3, 0x84)],
};
for (const [what, [detail, spoil]] of Object.entries(WITHOUT_EDNS)) {
  test(`\`txt()\` asks once more without EDNS0 after ${what}`, async () => {
    const udp = ({ answer, query, send }: Question) =>
      send(hasEdns(query) ? spoil(answer) : answer);
    await withServer({ udp }, async (address, asked) => {
      assertEquals(await client(address).txt(NAME), RECORDS);
      assertEquals(asked.length, 2);
    });
  });

  test(`\`txt()\` takes ${what} without EDNS0 too for temporary`, async () => {
    const udp = ({ answer, send }: Question) => send(spoil(answer));
    await using next = startDnsServer({ [NAME]: [KEY] });
    await withServer({ udp }, async (address, asked) => {
      const answer = await client(address).txt(NAME);
      assertEquals(outcomeOf(answer), `127.0.0.1: ${detail}`);
      assertEquals(asked.length, 4);
      const both = client(`${address} ${next.address}`);
      assertEquals(await both.txt(NAME), RECORDS);
      assertEquals(asked.length, 6);
    });
  });
}

/** One additional record: the OPT of EDNS0. */
function hasEdns(query: Uint8Array): boolean {
  return query[11] === 1;
}

test("`txt()` finds the answer after 90 forged ones", async () => {
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
    const limits = { timeoutMs: 300 };
    const flooded = `127.0.0.1:${port}`;
    const alone = await client(flooded, limits).txt(NAME);
    assertEquals(alone.outcome, "temporary");
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
