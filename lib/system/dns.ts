// A stub resolver for TXT (RFC 1035 section 7; RFC 5452 for what makes an answer
// ours): which servers, how often, how long. Refuses to know the wire format and
// what the records mean.

import type { Resolver, TxtAnswer } from "../pass/ports.ts";
import { elapse } from "./clock.ts";
import { formatQuery, lowerCaseName, parseAnswer } from "./dns_message.ts";
import { EXIT, StepFailed } from "./exit_code.ts";
import type { VariableName } from "./variables.ts";

/** Where a server listens: an IP address (IPv6 with or without `%scope`). */
export interface DnsServer {
  hostname: string;
  port: number;
}

/** Whom to ask, and for how long. */
export interface DnsConfig {
  /** Asked in this order. */
  servers: DnsServer[];
  /** How often each of them is asked. */
  attempts: number;
  /** The longest wait for one answer. */
  tryTimeoutMs: number;
  /** For all questions of one message together. */
  timeoutMs: number;
}

/** More wrong packets are an attempt to guess the id (RFC 5452 section 9.3). */
const STRANGERS_LIMIT = 100;

/** Reads the configuration from the environment and /etc/resolv.conf. */
export function readDnsConfig(
  env: { get(name: VariableName): string | undefined } = Deno.env,
  resolvConfPath = "/etc/resolv.conf",
): DnsConfig {
  const read = (name: VariableName) => {
    try {
      return env.get(name) ?? "";
    } catch {
      throw unusable(name, "", "expected UTF-8");
    }
  };
  const cacheIp = read("DNSCACHEIP");
  let resolvConf = "";
  try {
    if (!/\S/.test(cacheIp)) resolvConf = Deno.readTextFileSync(resolvConfPath);
  } catch {
    // Without the file the server is the local one (resolv.conf(5)).
  }
  return parseDnsConfig(cacheIp, read("DNSTIMEOUT"), resolvConf);
}

/**
 * The configuration out of its texts, "" for one that is not there.
 *
 * @param cacheIp DNSCACHEIP; when it has servers, resolv.conf does not count.
 * @param timeout DNSTIMEOUT, in seconds.
 * @param resolvConf The contents of resolv.conf; what is bad there is skipped.
 * @throws {StepFailed} 55 for a bad DNSCACHEIP or DNSTIMEOUT.
 */
export function parseDnsConfig(
  cacheIp: string,
  timeout: string,
  resolvConf: string,
): DnsConfig {
  const config: DnsConfig = {
    servers: [],
    attempts: 2,
    tryTimeoutMs: 5000,
    timeoutMs: Number(timeout || 10) * 1000,
  };
  if (!/^(?:0*[1-9]\d{0,4})?$/.test(timeout)) {
    throw unusable("DNSTIMEOUT", timeout, "expected seconds, 1 to 99999");
  }
  for (const text of cacheIp.match(/\S+/g) ?? []) {
    const server = parseServer(text);
    if (server === undefined) {
      throw unusable("DNSCACHEIP", text, "expected IP, IP:port or [IPv6]:port");
    }
    config.servers.push(server);
  }
  if (config.servers.length === 0) applyResolvConf(resolvConf, config);
  if (config.servers.length === 0) {
    config.servers.push({ hostname: "127.0.0.1", port: 53 });
  }
  return config;
}

function unusable(name: string, value: string, expected: string): StepFailed {
  const detail = `Cannot parse ${name} "${value}": ${expected}`;
  return new StepFailed(EXIT.configuration, detail);
}

function applyResolvConf(text: string, config: DnsConfig): void {
  for (const line of text.split("\n")) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    const server = keyword === "nameserver" && parseServer(values[0] ?? "");
    if (server) config.servers.push(server);
    if (keyword !== "options") continue;
    for (const value of values) {
      const [, option, digits] = /^(\w+):(\d+)$/.exec(value) ?? [];
      // The upper limits are those of resolv.conf(5).
      const number = Math.max(1, Number(digits));
      if (option === "timeout") {
        config.tryTimeoutMs = 1000 * Math.min(number, 30);
      }
      if (option === "attempts") config.attempts = Math.min(number, 5);
    }
  }
}

function parseServer(text: string): DnsServer | undefined {
  const bracketed = /^[^[]*:.*:/.test(text) ? `[${text}]` : text;
  const [, ipv4, ipv6, port = "53"] =
    /^(?:([\d.]+)|\[([\da-f]*:[\da-f:.]*(?:%[\w.-]+)?)\])(?::(\d{1,5}))?$/i
      .exec(bracketed) ?? [];
  const hostname = ipv4 ?? ipv6 ?? "";
  const canonical = canonicalAddress(hostname);
  // "1.2.3" and "010.2.3.4" would mean something else to different readers.
  if (!canonical || (ipv4 && ipv4 !== canonical)) return undefined;
  if (Number(port) < 1 || Number(port) > 65535) return undefined;
  // What is sent to 0.0.0.0 is answered by 127.0.0.1.
  const target = hostname === "0.0.0.0" ? "127.0.0.1" : hostname;
  return { hostname: target, port: Number(port) };
}

/** One spelling for each address, without the scope; undefined if it is none. */
function canonicalAddress(hostname: string): string | undefined {
  const address = hostname.replace(/%.*/s, "");
  const host = address.includes(":") ? `[${address}]` : address;
  return URL.parse(`http://${host}`)?.hostname;
}

/** Looks up the TXT records for one message; the next needs a new one. */
export class DnsClient implements Resolver {
  readonly #config: DnsConfig;
  readonly #answers = new Map<string, Promise<TxtAnswer>>();
  #deadlineMs: number | undefined;

  constructor(config: DnsConfig) {
    this.#config = config;
  }

  /** Never rejects; asks for the same name once. */
  txt(name: string): Promise<TxtAnswer> {
    const key = lowerCaseName(name);
    const answer = this.#answers.get(key) ?? this.#ask(key);
    this.#answers.set(key, answer);
    return answer;
  }

  async #ask(name: string): Promise<TxtAnswer> {
    const { servers, attempts, tryTimeoutMs, timeoutMs } = this.#config;
    const deadlineMs = this.#deadlineMs ??= performance.now() + timeoutMs;
    const troubles = new Map<DnsServer, string>();
    const tries = Array.from({ length: attempts }, () => servers).flat();
    for (const [index, server] of tries.entries()) {
      const [id = 0] = crypto.getRandomValues(new Uint16Array(1));
      const query = formatQuery(id, name);
      if (query === undefined) return { outcome: "too long" };
      // What is left is divided, so that each server gets its turn.
      const limitMs = () => {
        const leftMs = deadlineMs - performance.now();
        return Math.min(tryTimeoutMs, leftMs / (tries.length - index));
      };
      if (limitMs() <= 0) break;
      let answer = await within(limitMs(), exchangeUdp, server, query);
      if (answer.outcome === "truncated") {
        answer = await within(
          Math.max(limitMs(), 0),
          exchangeTcp,
          server,
          query,
        );
      }
      if (answer.outcome !== "temporary") return answer;
      troubles.set(server, answer.detail);
    }
    const details = [...troubles].map(([server, detail]) =>
      `${server.hostname}: ${detail}`
    );
    const detail = details.join(", ") || "no time left";
    return { outcome: "temporary", detail };
  }
}

type Exchange<Answer> = (
  server: DnsServer,
  query: Uint8Array,
  limit: Limit,
) => Promise<Answer>;

/** When an exchange is to end. */
interface Limit {
  isReached: boolean;
  reached: Promise<void>;
}

function startLimit(limitMs: number): Limit {
  const limit: Limit = { isReached: false, reached: elapse(limitMs) };
  limit.reached = limit.reached.then(() => {
    limit.isReached = true;
  });
  return limit;
}

/** Runs one exchange; at the limit its socket is closed. */
async function within<Answer>(
  limitMs: number,
  exchange: Exchange<Answer>,
  server: DnsServer,
  query: Uint8Array,
): Promise<Answer | { outcome: "temporary"; detail: string }> {
  const limit = startLimit(limitMs);
  try {
    return await exchange(server, query, limit);
  } catch (error) {
    const detail = limit.isReached ? "no answer" : String(error);
    return { outcome: "temporary", detail };
  }
}

/** Closes a socket once: at the end, or before that at the limit. */
function closing(socket: { close(): void }, limit: Limit): Disposable {
  let isOpen = true;
  const close = () => {
    if (isOpen) socket.close();
    isOpen = false;
  };
  limit.reached.then(close);
  if (limit.isReached) close();
  return { [Symbol.dispose]: close };
}

/** Has a socket of its own, so that each question has a random source port. */
const exchangeUdp: Exchange<TxtAnswer | { outcome: "truncated" }> = async (
  server,
  query,
  limit,
) => {
  const hostname = server.hostname.includes(":") ? "::" : "0.0.0.0";
  const socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
  using _ = closing(socket, limit);
  await socket.send(query, { transport: "udp", ...server });
  const address = canonicalAddress(server.hostname);
  const buffer = new Uint8Array(65535);
  for (let strangers = 0; strangers < STRANGERS_LIMIT; strangers++) {
    const [packet, from] = await socket.receive(buffer);
    const isServer = from.transport === "udp" && from.port === server.port &&
      canonicalAddress(from.hostname) === address;
    if (!isServer) continue;
    const reply = parseAnswer(packet, query);
    if (reply.outcome !== "other") return reply;
  }
  // Nobody can slip an answer into TCP by guessing.
  return { outcome: "truncated" };
};

/** A message stands behind its length in two octets (RFC 7766 section 8). */
const exchangeTcp: Exchange<TxtAnswer> = async (server, query, limit) => {
  const late = new AbortController();
  limit.reached.then(() => late.abort());
  const socket = await Deno.connect({ ...server, signal: late.signal });
  using _ = closing(socket, limit);
  const framed = Uint8Array.of(query.length >> 8, query.length, ...query);
  for (let at = 0; at < framed.length;) {
    at += await socket.write(framed.subarray(at));
  }
  const [high = 0, low = 0] = await readFully(socket, 2);
  const reply = parseAnswer(await readFully(socket, high << 8 | low), query);
  if (reply.outcome === "truncated" || reply.outcome === "other") {
    throw new Error("wrong answer over TCP");
  }
  return reply;
};

async function readFully(socket: Deno.Conn, count: number) {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const got = await socket.read(bytes.subarray(at));
    if (got === null) throw new Error("connection closed early");
    at += got;
  }
  return bytes;
}
