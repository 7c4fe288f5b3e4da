// A DNS server that does what a test says, and the client that asks it. All on loopback.

import * as dns from "@dnsquery/dns-packet";
import type { TxtAnswer } from "../../lib/ports/resolver.ts";
import { DnsClient } from "../../lib/system/dns/client.ts";
import { type DnsConfig, parseDnsConfig } from "../../lib/system/dns/config.ts";

export const NAME = "s_2048._domainkey.example.com";
export const KEY = "v=DKIM1; p=MIGf";
export const RECORDS: TxtAnswer = { outcome: "records", records: [KEY] };

/** A client that waits for as long makes a test that does not end. */
export const ENDLESS_MS = 3_600_000;

/** A test that leaves no socket and no timer behind. */
export function test(
  name: string,
  fn: () => Promise<void>,
  ignore = false,
): void {
  Deno.test({ name, fn, ignore, sanitizeOps: true, sanitizeResources: true });
}

export function client(
  servers: string,
  limits: Partial<DnsConfig> = {},
): DnsClient {
  const limited = { timeoutMs: 2000, tryTimeoutMs: 1000, ...limits };
  return new DnsClient({ ...parseDnsConfig(servers, "", ""), ...limited });
}

export function outcomeOf(answer: TxtAnswer): string {
  return answer.outcome === "temporary" ? answer.detail : answer.outcome;
}

export interface Question {
  /** The packet that came. */
  query: Uint8Array;
  from: Deno.NetAddr;
  /** A whole answer to it, with one record. */
  answer: Uint8Array;
  send(packet: Uint8Array, by?: Deno.DatagramConn): Promise<unknown>;
}

export interface Script {
  udp?(question: Question): unknown;
  tcp?(connection: Deno.Conn, answer: Uint8Array): unknown;
  hostname?: string;
}

/** Starts a server for one test; stops it however the test ends. */
export async function withServer(
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

export function answerTo(query: Uint8Array): Uint8Array {
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
export function altered(
  packet: Uint8Array,
  at: number,
  ...bytes: number[]
): Uint8Array {
  const copy = packet.slice();
  copy.set(bytes, at);
  return copy;
}

/** The answer made into another one, as a forger would. */
export function forged(packet: Uint8Array): Uint8Array {
  const at = packet.length - KEY.length;
  return altered(packet, at, ...new TextEncoder().encode("v=EVIL"));
}

export function truncated(packet: Uint8Array): Uint8Array {
  return altered(packet, 2, 0x83);
}

export function framed(packet: Uint8Array, length = packet.length): Uint8Array {
  return Uint8Array.of(length >> 8, length, ...packet);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function bindDatagram(hostname: string): Deno.DatagramConn {
  return Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
}

export const truncating = ({ answer, send }: Question) =>
  send(truncated(answer));
