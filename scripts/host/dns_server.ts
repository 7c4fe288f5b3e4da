// A DNS server on 127.0.0.1 that answers from a table, over UDP and TCP (RFC 1035 section 4.2). Knows
// no zone, no caching and no recursion.

import * as dns from "@dnsquery/dns-packet";
import type { RecordType } from "../../lib/ports/resolver.ts";
import { lookUp, type Zone } from "./zone.ts";

export type { Zone, ZoneEntry } from "./zone.ts";

/** A question that was asked. */
export interface AskedQuestion {
  name: string;
  type: RecordType;
  transport: "udp" | "tcp";
}

const RCODES = {
  nodata: 0,
  formerr: 1,
  servfail: 2,
  nxdomain: 3,
  notimp: 4,
  refused: 5,
};

/** Starts a server on a free port. */
export function startDnsServer(zone: Zone): DnsServer {
  for (let attempts = 0;; attempts++) {
    const udp = Deno.listenDatagram({
      transport: "udp",
      hostname: "127.0.0.1",
      port: 0,
    });
    const { port } = udp.addr as Deno.NetAddr;
    try {
      const tcp = Deno.listen({ hostname: "127.0.0.1", port });
      return new DnsServer(zone, udp, tcp);
    } catch (error) {
      udp.close();
      // A port that is free for UDP may be taken for TCP.
      if (!(error instanceof Deno.errors.AddrInUse) || attempts > 20) {
        throw error;
      }
    }
  }
}

/** Starts a server on port 53, for resolv.conf(5), which cannot name a port. */
export function startDnsServerAt(zone: Zone, hostname: string): DnsServer {
  const udp = Deno.listenDatagram({ transport: "udp", hostname, port: 53 });
  return new DnsServer(zone, udp, Deno.listen({ hostname, port: 53 }));
}

/** A running server; see {@linkcode startDnsServer}. */
export class DnsServer implements AsyncDisposable {
  /** Every question, in order. */
  readonly questions: AskedQuestion[] = [];
  /** How long each answer over UDP waits, one after the other. */
  delayMs = 0;
  readonly port: number;
  /** The address in the form of DNSCACHEIP. */
  readonly address: string;
  readonly #zone: Zone;
  readonly #udp: Deno.DatagramConn;
  readonly #tcp: Deno.Listener;
  readonly #connections = new Map<Deno.Conn, Promise<void>>();
  readonly #loops: Promise<void>[];

  constructor(zone: Zone, udp: Deno.DatagramConn, tcp: Deno.Listener) {
    this.#zone = zone;
    this.#udp = udp;
    this.#tcp = tcp;
    const { hostname, port } = udp.addr as Deno.NetAddr;
    this.port = port;
    this.address = `${hostname}:${port}`;
    this.#loops = [this.#serveUdp(), this.#serveTcp()];
  }

  async close(): Promise<void> {
    this.#udp.close();
    this.#tcp.close();
    const served = [...this.#connections.values()];
    for (const connection of this.#connections.keys()) this.#close(connection);
    await Promise.all([...this.#loops, ...served]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #serveUdp(): Promise<void> {
    for await (const [packet, from] of this.#udp) {
      const answer = this.#answer(packet, "udp");
      if (this.delayMs > 0) {
        await new Promise((resolve) => setTimeout(resolve, this.delayMs));
      }
      // It rejects if the server is closed meanwhile.
      if (answer !== undefined) {
        await this.#udp.send(answer, from).catch(() => 0);
      }
    }
  }

  async #serveTcp(): Promise<void> {
    for await (const connection of this.#tcp) {
      const served = this.#serveConnection(connection)
        .catch(() => {/* Reset by the client, or closed with the server. */})
        .finally(() => this.#close(connection));
      this.#connections.set(connection, served);
    }
  }

  #close(connection: Deno.Conn): void {
    if (this.#connections.delete(connection)) connection.close();
  }

  async #serveConnection(connection: Deno.Conn): Promise<void> {
    let received: Uint8Array = new Uint8Array();
    const chunk = new Uint8Array(4096);
    for (;;) {
      const count = await connection.read(chunk);
      if (count === null) return;
      received = Uint8Array.of(...received, ...chunk.subarray(0, count));
      const [high = 0, low = 0] = received;
      const end = 2 + (high << 8 | low);
      if (received.length < Math.max(2, end)) continue;
      const answer = this.#answer(received.subarray(2, end), "tcp");
      received = received.subarray(end);
      if (answer === undefined) continue;
      const framed = new Uint8Array(2 + answer.length);
      framed.set([answer.length >> 8, answer.length]);
      framed.set(answer, 2);
      for (let at = 0; at < framed.length;) {
        at += await connection.write(framed.subarray(at));
      }
    }
  }

  #answer(
    packet: Uint8Array,
    transport: AskedQuestion["transport"],
  ): Uint8Array | undefined {
    const query = decode(packet);
    if (query === undefined) return undefined;
    const [question] = query.questions ?? [];
    const name = question?.name ?? "";
    const type = (question?.type ?? "TXT") as RecordType;
    this.questions.push({ name, type, transport });
    const hasEdns = query.additionals?.some(({ type }) => type === "OPT");
    const { names, records, error } = lookUp(this.#zone, name, type, hasEdns);
    if (error === "timeout") return undefined;
    const answers = [
      ...names.slice(1).map((data, at) =>
        ({ type: "CNAME", name: names[at]!, data }) as const
      ),
      ...records.map((record) => encodeRecord(names.at(-1)!, type, record)),
    ];
    const opt = query.additionals?.find((record) => record.type === "OPT") as
      | dns.OptAnswer & { udpPayloadSize?: number }
      | undefined;
    const response: dns.Packet = {
      type: "response",
      id: query.id,
      flags: dns.RECURSION_DESIRED | dns.RECURSION_AVAILABLE |
        (error ? RCODES[error] : 0),
      questions: query.questions,
      answers,
      additionals: opt && [opt],
    };
    const bytes = dns.encode(response);
    const limit = Math.max(512, opt?.udpPayloadSize ?? 0);
    if (transport === "tcp" || bytes.length <= limit) return bytes;
    const flags = (response.flags ?? 0) | dns.TRUNCATED_RESPONSE;
    return dns.encode({ ...response, flags, answers: [] });
  }
}

function encodeRecord(
  name: string,
  type: RecordType,
  record: unknown,
): dns.Answer {
  const withoutDot = (name: string) => name.replace(/\.$/, "");
  if (type === "TXT") return { type, name, data: splitText(record as string) };
  if (type === "PTR" || type === "NS") {
    return { type, name, data: withoutDot(record as string) };
  }
  if (type !== "MX") return { type, name, data: record as string };
  const [preference, exchange] = record as [number, string];
  return { type, name, data: { preference, exchange: withoutDot(exchange) } };
}

function decode(packet: Uint8Array): dns.Packet | undefined {
  try {
    return dns.decode(packet);
  } catch {
    return undefined;
  }
}

function splitText(text: string): Uint8Array[] {
  const octets = Uint8Array.from(text, (char) => char.charCodeAt(0));
  const strings: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < octets.length; at += 255) {
    strings.push(octets.subarray(at, at + 255));
  }
  return strings;
}
