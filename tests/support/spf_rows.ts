// A client held against the SPF records of a table: what becomes of it, and how many questions that
// takes. Each row is called by the section of RFC 7208 that it is about.

import { assertEquals } from "@std/assert";
import { checkSpf } from "../../lib/api/check_spf.ts";
import type { SpfResult } from "../../lib/spf/finding.ts";
import type { Zone } from "../../scripts/host/zone.ts";
import { DnsTable } from "./dns_table.ts";

/** One client, and what is to be found. */
export interface SpfTableRow {
  /** A text is the record of example.com. */
  zone: Zone | string;
  result: SpfResult;
  ip?: string;
  mailFrom?: string;
  helo?: string;
  localRules?: string;
  explain?: boolean;
  defaultExplanation?: string;
  receiver?: string;
  term?: string | undefined;
  explanation?: string | undefined;
  localRule?: string | undefined;
  voids?: number;
  /** Questions: all of them, or how many. */
  asked?: string[] | number;
}

/** A record whose `exists` is true of one name alone. */
export const exists = (spec: string, name: string): Zone => ({
  "example.com": [`v=spf1 exists:${spec} -all`],
  [name]: { A: ["127.0.0.2"] },
});

/** The client of a row that names no other. */
export const CLIENT = {
  ip: "192.0.2.1",
  mailFrom: "alice@example.com",
  helo: "mail.example.com",
};

/** The zone that a row stands for. */
export function zoneOf(zone: SpfTableRow["zone"]): Zone {
  return typeof zone === "string" ? { "example.com": [zone] } : zone;
}

/** Tests each row. */
export function testSpfRows(rows: Record<string, SpfTableRow>): void {
  for (const [name, row] of Object.entries(rows)) {
    Deno.test(`\`checkSpf()\` finds ${row.result}: ${name}`, async () => {
      const { zone, result, term, explanation, asked, voids, ...given } = row;
      const table = new DnsTable(zoneOf(zone));
      const finding = await checkSpf({
        ...CLIENT,
        now: 1_000_000_000,
        ...given,
        resolver: table,
      });
      assertEquals(finding.result, result, finding.detail);
      if ("term" in row) assertEquals(finding.term, term);
      if ("explanation" in row) assertEquals(finding.explanation, explanation);
      if ("localRule" in row) assertEquals(finding.localRule, row.localRule);
      if (voids !== undefined) assertEquals(finding.voids, voids);
      if (typeof asked === "number") assertEquals(table.asked.length, asked);
      if (Array.isArray(asked)) assertEquals(table.asked, asked);
    });
  }
}
