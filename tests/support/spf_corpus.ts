// Rows of ../shared/corpora about SPF, each with the zone that it is asked in. Knows no evaluator.

import { encodeUtf8 } from "../../lib/message/octets.ts";
import type { Zone, ZoneEntry } from "../../scripts/host/zone.ts";

/** One client, and what is to be found of it. */
export interface SpfRow {
  name: string;
  zone: Zone;
  ip: string;
  helo: string;
  mailFrom: string;
  /** Every result that is right. */
  results: string[];
  /** `DEFAULT`: none of the domain's. */
  explanation?: string;
  /** Questions at most. */
  maxQueries?: number;
}

const SHARED = new URL("../../../shared/corpora/", import.meta.url);

/** What is missing, if something is. */
export const MISSING_CORPORA = [
  "spf/manifest.json",
  "auth-more/spf/manifest.json",
  "auth-more/spf/dns.json",
].filter((path) => !exists(path));

function exists(path: string): boolean {
  try {
    return Deno.statSync(new URL(path, SHARED)).isFile;
  } catch {
    return false;
  }
}

function read<Content>(path: string): Content {
  return JSON.parse(Deno.readTextFileSync(new URL(path, SHARED)));
}

interface Suite {
  suite: string;
  zone: Zone;
  tests: {
    name: string;
    helo: string;
    ip: string;
    mailfrom: string;
    results: string[];
    explanation: string | null;
  }[];
}

interface MoreRow {
  name: string;
  zone: string;
  ip: string;
  helo: string;
  mailfrom: string;
  expect: string;
  also?: string[];
  decided?: string;
  explanation?: string;
  queries?: number;
  "max_queries"?: number;
}

type MoreZone = Record<
  string,
  { TXT?: string[][]; error?: { "*"?: "timeout" } }
>;

/** Every row that is not disputed, or that is decided. */
export function readSpfRows(): SpfRow[] {
  if (MISSING_CORPORA.length > 0) return [];
  return [...readSuites(), ...readMore()];
}

function readSuites(): SpfRow[] {
  return read<Suite[]>("spf/manifest.json").flatMap(({ zone, tests }) =>
    tests.map(({ name, helo, ip, mailfrom, results, explanation }) => ({
      name: `rfc7208/${name}`,
      zone: lowerCased(zone),
      ip,
      helo,
      mailFrom: mailfrom,
      results,
      ...(explanation === null ? {} : { explanation }),
    }))
  );
}

function readMore(): SpfRow[] {
  const zones = read<Record<string, MoreZone>>("auth-more/spf/dns.json");
  return read<MoreRow[]>("auth-more/spf/manifest.json")
    .filter(({ expect, decided }) => expect !== "disputed" || decided)
    .map((row) => ({
      name: row.name,
      zone: joined(zones[row.zone]!),
      ip: row.ip,
      helo: row.helo,
      mailFrom: row.mailfrom,
      results: [row.decided ?? row.expect, ...row.also ?? []],
      ...(row.explanation ? { explanation: row.explanation } : {}),
      ...(row.queries || row.max_queries
        ? { maxQueries: (row.queries ?? row.max_queries)! }
        : {}),
    }));
}

function lowerCased(zone: Zone): Zone {
  return Object.fromEntries(
    Object.entries(zone).map(([name, entry]) => [name.toLowerCase(), entry]),
  );
}

/** Characters over 127 go out as UTF-8, and strings stand for themselves. */
function joined(zone: MoreZone): Zone {
  return lowerCased(Object.fromEntries(
    Object.entries(zone).map(([name, { TXT, error, ...others }]) => [name, {
      ...others,
      ...(TXT
        ? { TXT: TXT.map((strings) => encodeUtf8(strings.join(""))) }
        : {}),
      ...(error?.["*"] ? { error: error["*"] } : {}),
    } as ZoneEntry]),
  ));
}
