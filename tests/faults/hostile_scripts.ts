// What DNS servers and liars do to a resolver, as scripts: they are late, they talk nonsense, and they
// flood. Knows no filter.

import {
  altered,
  framed,
  type Question,
  type Script,
  truncated,
  withId,
} from "./hostile_dns.ts";
import { sleep } from "./progress.ts";

export const FLOOD_PACKETS = 5000;
/** Where the records begin: after a header, the name that is asked for, and its type and class. */
const OWNER = 12 + "default._domainkey.example.com".length + 2 + 4;

/** A server, and what dk-verify is to say with it. */
export interface Row extends Partial<Script> {
  name: string;
  result: "pass" | "temperror";
  /** DNSTIMEOUT; half of it is for the first question, half for the second. */
  seconds?: number;
  /** Nothing but the end of the time makes it give up. */
  isWaitedFor?: boolean;
}

type TcpScript = NonNullable<Script["tcp"]>;

export const silence = () => {};
export const honest = ({ send, answer }: Question) => send(answer);
export const truncating = ({ send, answer }: Question) =>
  send(truncated(answer));
export const honestTcp: TcpScript = (connection, answer) =>
  connection.write(framed(answer));

/** Answers the last question after that much of the time for it. */
function late(part: number, seconds: number): Script["udp"] {
  return async ({ number, send, answer }) => {
    if (number === 1) return;
    await sleep(part * seconds * 1000 / 2);
    await send(answer);
  };
}

/** Writes an octet at a time. */
function slowly(pauseMs: number): TcpScript {
  return async (connection, answer) => {
    for (const octet of framed(answer)) {
      await connection.write(Uint8Array.of(octet));
      await sleep(pauseMs);
    }
  };
}

function random(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

export const SLOW: Row[] = [
  {
    name: "says nothing",
    result: "temperror",
    udp: silence,
    isWaitedFor: true,
  },
  {
    name: "answers right before DNSTIMEOUT",
    result: "pass",
    seconds: 4,
    udp: late(0.8, 4),
  },
  {
    name: "answers right after DNSTIMEOUT",
    result: "temperror",
    seconds: 2,
    udp: late(1.2, 2),
    isWaitedFor: true,
  },
  {
    name: "answers over TCP octet by octet",
    result: "pass",
    seconds: 20,
    tcp: slowly(2),
  },
  {
    name: "answers over TCP octet by octet for too long",
    result: "temperror",
    tcp: slowly(100),
    isWaitedFor: true,
  },
  {
    name: "accepts TCP and says nothing",
    result: "temperror",
    tcp: (connection) => connection.read(new Uint8Array(1)),
    isWaitedFor: true,
  },
  { name: "refuses TCP", result: "temperror", udp: truncating },
];

/** Answers over UDP that are none, and are waited out, or are taken for the server's failure. */
export const GARBAGE: Row[] = [
  ...Object.entries(
    {
      "nothing in a packet": () => new Uint8Array(),
      "half a header": (answer) => answer.subarray(0, 6),
      "random octets": () => random(300),
      "65,000 random octets": () => random(65_000),
      "the question alone": (answer) => altered(answer, 2, 1),
      "another opcode": (answer) => altered(answer, 2, 0xa1),
    } satisfies Record<string, (answer: Uint8Array) => Uint8Array>,
  )
    .map(([what, spoil]): Row => ({
      name: `answers ${what}`,
      result: "temperror",
      udp: ({ send, answer }) => send(spoil(answer)),
      isWaitedFor: true,
    })),
  ...Object.entries(
    {
      "a cut record": (answer) => answer.subarray(0, -3),
      "too high a count": (answer) => altered(answer, 6, 0xff, 0xff),
      "a name that points to itself": (answer) =>
        altered(answer, OWNER, 0xc0, OWNER),
      "random octets after the question": (answer) =>
        // No pointer of a name leads there: chance does not make it a record.
        altered(answer, OWNER, 255, 255, ...random(answer.length - OWNER - 2)),
      "SERVFAIL": (answer) => altered(answer, 3, 0x82),
      "REFUSED": (answer) => altered(answer, 3, 0x85),
      "an unknown rcode": (answer) => altered(answer, 3, 0x8f),
    } satisfies Record<string, (answer: Uint8Array) => Uint8Array>,
  )
    .map(([what, spoil]): Row => ({
      name: `answers ${what}`,
      result: "temperror",
      udp: ({ send, answer }) => send(spoil(answer)),
    })),
  ...Object.entries(
    {
      "nothing": silence,
      "one octet": (connection) => connection.write(Uint8Array.of(1)),
      "half the answer": (connection, answer) =>
        connection.write(framed(answer).subarray(0, 60)),
      "64 KiB of random octets": (connection) =>
        connection.write(framed(random(65_535))),
      "no octet, announced": (connection) =>
        connection.write(Uint8Array.of(0, 0)),
      "another id": (connection, answer) =>
        connection.write(framed(withId(answer, 1))),
      "that it is truncated": (connection, answer) =>
        connection.write(framed(truncated(answer))),
      "less than announced": (connection, answer) =>
        connection.write(framed(answer, 65_535)),
    } satisfies Record<string, Script["tcp"]>,
  )
    .map(([what, tcp]): Row => ({
      name: `answers over TCP ${what} and hangs up`,
      result: "temperror",
      tcp,
    })),
];

/** Makes so many lies out of a question, from the server's own socket or another one. */
export function flooding(
  lie: (question: Question, n: number) => Uint8Array,
  by?: Deno.DatagramConn,
): Script["udp"] {
  return async (question) => {
    for (let n = 1; n <= FLOOD_PACKETS; n++) {
      await question.send(lie(question, n), by);
    }
    await question.send(question.answer);
  };
}

const withOtherId = ({ forged }: Question, n: number) => withId(forged, n);
const withOtherName = ({ forged }: Question) => altered(forged, 13, 0x78);
const asIs = ({ forged }: Question) => forged;

/** By whose socket, or none: the server's own. */
export const FLOODS: {
  name: string;
  lie: (question: Question, n: number) => Uint8Array;
  host?: string;
  hasSamePort?: boolean;
}[] = [
  { name: "with other ids", lie: withOtherId },
  { name: "with other questions", lie: withOtherName },
  { name: "from another port", lie: asIs, host: "127.0.0.1" },
  { name: "from another address", lie: asIs, host: "127.0.0.2" },
  {
    name: "from its port at another address",
    lie: asIs,
    host: "127.0.0.2",
    hasSamePort: true,
  },
];
