// A stub resolver (RFC 1035 section 7), which checks that an answer belongs to its question (RFC 5452).
// Knows neither the wire format nor the meaning of a record.

import type {
  Answer,
  Lookup,
  RecordType,
  RecordTypes,
  Resolver,
  TxtAnswer,
} from "../../ports/resolver.ts";
import { elapse } from "../process/clock.ts";
import { canonicalAddress, type DnsConfig, type DnsServer } from "./config.ts";
import {
  type DnsReply,
  formatQuery,
  lowerCaseName,
  parseAnswer,
} from "../../dns/message.ts";

/** More wrong packets are an attempt to guess the id (RFC 5452 section 9.3). */
const MAX_UNMATCHED_PACKETS = 100;

/** Looks up the records for one message. Every message needs a new one. */
export class DnsClient implements Resolver, Lookup {
  readonly #config: DnsConfig;
  readonly #answers = new Map<string, Promise<unknown>>();
  #askedAtMs: number | undefined;
  #answeredAtMs = 0;

  /**
   * Starts the time limit with the first question.
   *
   * @param config The servers, and the time limits.
   */
  constructor(config: DnsConfig) {
    this.#config = config;
  }

  /** The number of names and types that were asked for. */
  get questions(): number {
    return this.#answers.size;
  }

  /** The time from the first question to the last answer so far. */
  get elapsedMs(): number {
    return Math.max(this.#answeredAtMs - (this.#askedAtMs ?? 0), 0);
  }

  /** Never rejects; asks for the same name once. */
  txt(name: string): Promise<TxtAnswer> {
    return this.lookup(name, "TXT");
  }

  /** Never rejects; asks for the same name and type once. */
  lookup<Type extends RecordType>(
    name: string,
    type: Type,
  ): Promise<Answer<RecordTypes[Type]>> {
    const asked = lowerCaseName(name);
    const key = `${type} ${asked}`;
    const answer = this.#answers.get(key) ?? this.#askTimed(asked, type);
    this.#answers.set(key, answer);
    return answer as Promise<Answer<RecordTypes[Type]>>;
  }

  async #askTimed<Type extends RecordType>(
    name: string,
    type: Type,
  ): Promise<Answer<RecordTypes[Type]>> {
    this.#askedAtMs ??= performance.now();
    const answer = await this.#ask(name, type, this.#askedAtMs);
    this.#answeredAtMs = performance.now();
    return answer;
  }

  async #ask<Type extends RecordType>(
    name: string,
    type: Type,
    askedAtMs: number,
  ): Promise<Answer<RecordTypes[Type]>> {
    const { servers, attempts, tryTimeoutMs, timeoutMs, trouble } =
      this.#config;
    const deadlineMs = askedAtMs + timeoutMs;
    const troubles = new Map<DnsServer, string>();
    const tries = Array.from({ length: attempts }, () => servers).flat();
    for (const [index, server] of tries.entries()) {
      // What is left is divided, so that each server gets its turn.
      const limitMs = () => {
        const leftMs = Math.max(deadlineMs - performance.now(), 0);
        return Math.min(tryTimeoutMs, leftMs / (tries.length - index));
      };
      if (limitMs() <= 0) break;
      let answer = await askServer(server, name, type, true, limitMs);
      if (answer.outcome === "no edns") {
        answer = await askServer(server, name, type, false, limitMs);
      }
      if (!("detail" in answer)) return answer;
      troubles.set(server, answer.detail);
    }
    const detail = troubles.entries()
      .map(([{ hostname }, detail]) => `${hostname}: ${detail}`)
      .toArray().join(", ");
    return {
      outcome: "temporary",
      detail: detail || (trouble ?? "no time left"),
    };
  }
}

/** What a server said, or that it does not know EDNS0. */
type Said<Type extends RecordType> =
  | Answer<RecordTypes[Type]>
  | Extract<DnsReply, { outcome: "no edns" }>;

/** Asks over UDP, and over TCP for what does not fit. */
async function askServer<Type extends RecordType>(
  server: DnsServer,
  name: string,
  type: Type,
  withEdns: boolean,
  limitMs: () => number,
): Promise<Said<Type>> {
  const [id = 0] = crypto.getRandomValues(new Uint16Array(1));
  const query = formatQuery(id, name, withEdns, type);
  if (query === undefined) return { outcome: "too long" };
  const parse = (packet: Uint8Array) => parseAnswer(packet, query, type);
  const answer = await within(
    limitMs(),
    (limit) => exchangeUdp(server, query, parse, limit),
  );
  return answer.outcome === "truncated"
    ? await within(
      limitMs(),
      (limit) => exchangeTcp(server, query, parse, limit),
    )
    : answer;
}

/** What {@linkcode parseAnswer} makes of a packet. */
type Parse<Type extends RecordType> = (packet: Uint8Array) => DnsReply<Type>;

/** The time limit of an exchange. */
interface TimeLimit {
  isReached: boolean;
  reached: Promise<void>;
}

function startTimeLimit(limitMs: number): TimeLimit {
  const limit: TimeLimit = { isReached: false, reached: elapse(limitMs) };
  limit.reached = limit.reached.then(() => {
    limit.isReached = true;
  });
  return limit;
}

/** Runs one exchange, whose socket is closed at the time limit. */
async function within<Said>(
  limitMs: number,
  exchange: (limit: TimeLimit) => Promise<Said>,
): Promise<Said | { outcome: "temporary"; detail: string }> {
  const limit = startTimeLimit(limitMs);
  try {
    return await exchange(limit);
  } catch (error) {
    const detail = limit.isReached ? "no answer" : String(error);
    return { outcome: "temporary", detail };
  }
}

/** Closes a socket once: at the end of an exchange, or at its time limit. */
function closing(socket: { close(): void }, limit: TimeLimit): Disposable {
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
async function exchangeUdp<Type extends RecordType>(
  server: DnsServer,
  query: Uint8Array,
  parse: Parse<Type>,
  limit: TimeLimit,
): Promise<Said<Type> | { outcome: "truncated" }> {
  const hostname = server.hostname.includes(":") ? "::" : "0.0.0.0";
  const socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
  using _ = closing(socket, limit);
  await socket.send(query, { transport: "udp", ...server });
  const address = canonicalAddress(server.hostname);
  const buffer = new Uint8Array(65535);
  for (let unmatched = 0; unmatched < MAX_UNMATCHED_PACKETS; unmatched++) {
    const [packet, from] = await socket.receive(buffer);
    const isServer = from.transport === "udp" && from.port === server.port &&
      canonicalAddress(from.hostname) === address;
    if (!isServer) continue;
    const reply = parse(packet);
    if (reply.outcome !== "other") return reply;
  }
  // Nobody can slip an answer into TCP by guessing.
  return { outcome: "truncated" };
}

/** A message stands after its length in two octets (RFC 7766 section 8). */
async function exchangeTcp<Type extends RecordType>(
  server: DnsServer,
  query: Uint8Array,
  parse: Parse<Type>,
  limit: TimeLimit,
): Promise<Said<Type>> {
  const late = new AbortController();
  limit.reached.then(() => late.abort());
  const socket = await Deno.connect({ ...server, signal: late.signal });
  using _ = closing(socket, limit);
  const framed = Uint8Array.of(query.length >> 8, query.length, ...query);
  for (let at = 0; at < framed.length;) {
    at += await socket.write(framed.subarray(at));
  }
  const [high = 0, low = 0] = await readFully(socket, 2);
  const reply = parse(await readFully(socket, high << 8 | low));
  if (reply.outcome === "truncated" || reply.outcome === "other") {
    throw new Error("wrong answer over TCP");
  }
  return reply;
}

async function readFully(socket: Deno.Conn, count: number) {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const got = await socket.read(bytes.subarray(at));
    if (got === null) throw new Error("connection closed early");
    at += got;
  }
  return bytes;
}
