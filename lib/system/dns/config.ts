// Which DNS servers are asked, and for how long: DNSCACHEIP and DNSTIMEOUT, else resolv.conf(5). Knows
// no question.

import { EXIT, messageOf, StepFailed } from "../../qmail/exit_code.ts";

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

/** The variables that name servers and time. */
export type DnsVariable = "DNSCACHEIP" | "DNSTIMEOUT";

/**
 * Reads the configuration from the environment and /etc/resolv.conf.
 *
 * @param timeoutSeconds Without DNSTIMEOUT.
 */
export function readDnsConfig(
  env: { get(name: DnsVariable): string | undefined } = Deno.env,
  resolvConfPath = "/etc/resolv.conf",
  timeoutSeconds = 10,
): DnsConfig {
  const read = (name: DnsVariable) => {
    try {
      return env.get(name) ?? "";
    } catch {
      throw unusable(name, "", "expected UTF-8");
    }
  };
  const cacheIp = read("DNSCACHEIP");
  const timeout = read("DNSTIMEOUT") || String(timeoutSeconds);
  if (/\S/.test(cacheIp)) return parseDnsConfig(cacheIp, timeout, "");
  try {
    return parseDnsConfig("", timeout, Deno.readTextFileSync(resolvConfPath));
  } catch (error) {
    if (error instanceof StepFailed) throw error;
    const config = parseDnsConfig("", timeout, "");
    // Without the file the server is the local one (resolv.conf(5)).
    if (error instanceof Deno.errors.NotFound) return config;
    const trouble = `Cannot read "${resolvConfPath}": ${messageOf(error)}`;
    // What is there and cannot be read names others, perhaps.
    return { ...config, servers: [], trouble };
  }
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
  return new StepFailed(
    EXIT.configuration,
    `Cannot parse ${name} "${value}": ${expected}`,
  );
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
export function canonicalAddress(hostname: string): string | undefined {
  const address = hostname.replace(/%.*/s, "");
  const host = address.includes(":") ? `[${address}]` : address;
  return URL.parse(`http://${host}`)?.hostname;
}
