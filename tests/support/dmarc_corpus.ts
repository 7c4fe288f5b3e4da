// Rows of DMARC corpora: our own copy of those made from RFC 9989's prose, and where they are at hand those
// of other implementations, which are not ours to copy. Knows no evaluator.

import type { AuthenticatedDomain } from "../../lib/dmarc/alignment.ts";
import { encodeUtf8 } from "../../lib/message/octets.ts";
import type { TxtAnswer } from "../../lib/ports/resolver.ts";
import type { Zone, ZoneError, ZoneRecords } from "../../scripts/host/zone.ts";
import { type CountedPorts, countedPorts } from "./dmarc_rows.ts";

/** What a name has; `*` stands for every type without records. */
export interface Entry extends Pick<ZoneRecords, "A" | "AAAA" | "MX"> {
  TXT?: string[][];
  error?: { "*"?: ZoneError };
}

/** A row of manifest.json. */
export interface CorpusRow {
  name: string;
  header: string;
  "from_domain"?: string;
  spf: AuthenticatedDomain[];
  dkim: AuthenticatedDomain[];
  dns: Record<string, Entry>;
  expect: string;
  policy?: string;
  "organizational_domain"?: string;
  "policy_domain"?: string;
  aligned?: { spf: boolean; dkim: boolean };
  queries?: string[];
  "max_queries"?: number;
  disputed?: boolean;
  decided?: string;
}

const OWN = new URL("../vectors/dmarc_rfc9989.json", import.meta.url);
const SHARED = new URL(
  "../../../shared/corpora/auth-more/dmarc/manifest.json",
  import.meta.url,
);

/** The rows that are part of the project. */
export function readOwnRows(): CorpusRow[] {
  return readRows(OWN)!;
}

/** The others, if they are there. */
export function readOtherRows(): CorpusRow[] | undefined {
  return readRows(SHARED)?.filter(({ name }) => !name.startsWith("rfc9989/"));
}

/** The DNS of a row, which counts. */
export function portsOf(dns: CorpusRow["dns"]): CountedPorts {
  return countedPorts((name) => answerOf(name, dns), (name) => {
    const { outcome } = answerOf(name, dns) ?? { outcome: "nxdomain" };
    if (outcome === "temporary") return outcome;
    return outcome === "nxdomain" ? "no" : "yes";
  });
}

/** What the TXT question about a name gets; nothing: it is not there. */
export function answerOf(
  name: string,
  dns: CorpusRow["dns"],
): TxtAnswer | undefined {
  const entry = dns[name];
  if (entry === undefined) {
    const isParent = Object.keys(dns).some((key) => key.endsWith(`.${name}`));
    return isParent ? { outcome: "nodata" } : undefined;
  }
  const records = entry.TXT?.map((strings) => encodeUtf8(strings.join("")));
  if (records !== undefined) return { outcome: "records", records };
  const detail = entry.error?.["*"];
  return detail === undefined
    ? { outcome: "nodata" }
    : { outcome: "temporary", detail };
}

/** The DNS of a row for a server: a name is there if one below it is. */
export function zoneOf(dns: CorpusRow["dns"]): Zone {
  const names = Object.keys(dns).flatMap(withParents);
  return {
    ...Object.fromEntries(names.map((name) => [name, {}])),
    ...Object.fromEntries(
      Object.entries(dns).map(([name, { TXT, error, ...others }]) => [name, {
        ...others,
        ...(TXT
          ? { TXT: TXT.map((strings) => encodeUtf8(strings.join(""))) }
          : {}),
        ...(error?.["*"] ? { error: error["*"] } : {}),
      }]),
    ),
  };
}

/** A name, and every domain that it is in. */
export function withParents(name: string): string[] {
  const labels = name.split(".");
  return labels.map((_, n) => labels.slice(n).join("."));
}

function readRows(file: URL): CorpusRow[] | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
