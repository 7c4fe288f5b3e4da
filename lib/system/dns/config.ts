// Which DNS servers are asked, and for how long: DNSCACHEIP and DNSTIMEOUT, else resolv.conf(5). Knows
// no question.

import { messageOf } from "../process/error_message.ts";

/** Where a server listens: an IP address (IPv6 with or without `%scope`). */
export interface DnsServer {
  /** The address. */
  hostname: string;
  /** 53, most times. */
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
  /** Why it is not known whom to ask: there are no servers then, and no question is answered. */
  trouble?: string;
}

/** DNSTIMEOUT, if not said, for a message that is checked by SPF: RFC 7208 section 4.6.4 wants at least this. */
export const SPF_SECONDS = "20";

/** What says whom to ask, as texts. */
export interface DnsSettings {
  /** What DNSCACHEIP may hold; when it has servers, resolv.conf does not count. */
  cacheIp?: string;
  /** What DNSTIMEOUT may hold: seconds. */
  timeout?: string;
  /** Where resolv.conf is. */
  resolvConfPath?: string;
}

/**
 * Reads the configuration, from /etc/resolv.conf where no servers are given.
 *
 * @throws {SyntaxError} For servers or a timeout that cannot be used.
 */
export function readDnsConfig(
  { cacheIp = "", timeout = "", resolvConfPath = "/etc/resolv.conf" }:
    DnsSettings = {},
): DnsConfig {
  if (/\S/.test(cacheIp)) return parseDnsConfig(cacheIp, timeout, "");
  return parseDnsConfig("", timeout, readResolvConf(resolvConfPath));
}

/** @returns The text; an error where the file is there and cannot be read. */
function readResolvConf(path: string): string | Error {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    // Without the file the server is the local one (resolv.conf(5)).
    if (error instanceof Deno.errors.NotFound) return "";
    return new Error(`Cannot read "${path}": ${messageOf(error)}`);
  }
}

/**
 * Parses the configuration from its texts; "" stands for a missing one.
 *
 * @param cacheIp DNSCACHEIP. If it has servers, resolv.conf is ignored.
 * @param timeout DNSTIMEOUT, in seconds.
 * @param resolvConf The contents of resolv.conf, in which faulty lines are skipped. With an error no
 * server is asked: the file may name others than the local one.
 * @throws {SyntaxError} For a bad DNSCACHEIP or DNSTIMEOUT.
 */
export function parseDnsConfig(
  cacheIp: string,
  timeout: string,
  resolvConf: string | Error,
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
  if (config.servers.length > 0) return config;
  if (resolvConf instanceof Error) {
    return { ...config, trouble: resolvConf.message };
  }
  applyResolvConf(resolvConf, config);
  if (config.servers.length === 0) {
    config.servers.push({ hostname: "127.0.0.1", port: 53 });
  }
  return config;
}

function unusable(name: string, value: string, expected: string): SyntaxError {
  return new SyntaxError(`Cannot parse ${name} "${value}": ${expected}`);
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
  // A question to 0.0.0.0 is answered by 127.0.0.1.
  const target = hostname === "0.0.0.0" ? "127.0.0.1" : hostname;
  return { hostname: target, port: Number(port) };
}

/** One spelling for each address, without the scope; undefined if it is none. */
export function canonicalAddress(hostname: string): string | undefined {
  const address = hostname.replace(/%.*/s, "");
  const host = address.includes(":") ? `[${address}]` : address;
  return URL.parse(`http://${host}`)?.hostname;
}
