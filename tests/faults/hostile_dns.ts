// A DNS server on loopback that does what its script says, and the packets that liars send. Knows
// one answer: a good key record, whatever is asked.

import { recordOf } from "../support/signed_mail.ts";
import * as dns from "@dnsquery/dns-packet";

const LOOPBACK = "127.0.0.1";
const RECORD = recordOf();
/** A forged answer that is taken says that the key is revoked. */
const FORGED_RECORD = "v=DKIM1; p=";

/** A question that came over UDP. */
export interface Question {
  /** From 1. */
  number: number;
  /** A whole answer, and the true one. */
  answer: Uint8Array;
  /** The same with another record. */
  forged: Uint8Array;
  /** Answers from the server's own socket, or from another one. */
  send(packet: Uint8Array, by?: Deno.DatagramConn): Promise<void>;
}

/** What a server does. */
export interface Script {
  udp(question: Question): unknown;
  /** Without it, nobody listens. */
  tcp?(connection: Deno.Conn, answer: Uint8Array): unknown;
}

export class HostileDns implements AsyncDisposable {
  readonly port: number;
  /** As DNSCACHEIP wants it. */
  readonly address: string;
  /** Tells whether the test is over: for those who would never stop. */
  isClosed = false;
  #script: Script;
  #udp: Deno.DatagramConn;
  #tcp: Deno.Listener | undefined;
  #connections = new Set<Deno.Conn>();
  #work: Promise<unknown>[] = [];

  constructor(script: Script) {
    this.#script = script;
    const tcp = Deno.listen({ hostname: LOOPBACK, port: 0 });
    this.port = tcp.addr.port;
    this.address = `${LOOPBACK}:${this.port}`;
    this.#udp = bindUdp(LOOPBACK, this.port);
    this.#work.push(this.#serveUdp());
    if (script.tcp === undefined) {
      tcp.close();
    } else {
      this.#tcp = tcp;
      this.#work.push(this.#serveTcp(tcp));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isClosed = true;
    this.#udp.close();
    this.#tcp?.close();
    for (const connection of this.#connections) connection.close();
    // What is at work starts nothing any more.
    await Promise.all(this.#work);
  }

  async #serveUdp(): Promise<void> {
    let number = 0;
    for await (const [query, from] of this.#udp) {
      const send = async (packet: Uint8Array, by = this.#udp) => {
        try {
          await by.send(packet, from);
        } catch (error) {
          // The filter has got its answer, or this server is closed.
          if (!this.isClosed && !isGone(error)) throw error;
        }
      };
      const answer = answerTo(query, RECORD);
      const forged = answerTo(query, FORGED_RECORD);
      const question = { number: ++number, answer, forged, send };
      this.#work.push(Promise.resolve(this.#script.udp(question)));
    }
  }

  async #serveTcp(tcp: Deno.Listener): Promise<void> {
    for await (const connection of tcp) {
      this.#connections.add(connection);
      this.#work.push(this.#serveConnection(connection));
    }
  }

  async #serveConnection(connection: Deno.Conn): Promise<void> {
    try {
      const query = new Uint8Array(4096);
      const count = await connection.read(query) ?? 0;
      const answer = answerTo(query.subarray(2, count), RECORD);
      await this.#script.tcp!(connection, answer);
    } catch (error) {
      // The filter hung up, or this server is closed.
      if (!this.isClosed && !isGone(error)) throw error;
    } finally {
      if (this.#connections.delete(connection) && !this.isClosed) {
        connection.close();
      }
    }
  }
}

export function bindUdp(hostname: string, port = 0): Deno.DatagramConn {
  return Deno.listenDatagram({ transport: "udp", hostname, port });
}

function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionRefused;
}

function answerTo(query: Uint8Array, record: string): Uint8Array {
  const { id, questions } = dns.decode(query);
  const name = questions?.[0]?.name ?? "";
  const data = record.match(/.{1,255}/g)!;
  return dns.encode({
    type: "response",
    id,
    flags: dns.RECURSION_DESIRED | dns.RECURSION_AVAILABLE,
    questions,
    answers: [{ type: "TXT", name, data }],
  });
}

/** A copy with some octets replaced. */
export function altered(
  packet: Uint8Array,
  at: number,
  ...octets: number[]
): Uint8Array {
  const copy = packet.slice();
  copy.set(octets, at);
  return copy;
}

export function withId(packet: Uint8Array, change: number): Uint8Array {
  const id = new DataView(packet.buffer, packet.byteOffset).getUint16(0);
  const other = (id + change) & 0xffff;
  return altered(packet, 0, other >> 8, other & 0xff);
}

/** Says that it does not fit in here. */
export function truncated(packet: Uint8Array): Uint8Array {
  return altered(packet, 2, 0x83);
}

/** As TCP has it, perhaps with another length than its own. */
export function framed(
  packet: Uint8Array,
  length = packet.length,
): Uint8Array {
  return Uint8Array.of(length >> 8, length & 0xff, ...packet);
}
