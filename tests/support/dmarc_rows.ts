// Rows of what DMARC says: a From field, what SPF and DKIM have found, what stands in DNS, and what is
// to be said. Counts questions. Knows nothing of how it is found.

import { assertEquals } from "@std/assert";
import type { AuthenticatedDomain } from "../../lib/dmarc/alignment.ts";
import { evaluateDmarc } from "../../lib/dmarc/evaluate.ts";
import type { DmarcPorts, Existence } from "../../lib/dmarc/policy_records.ts";
import { authorToVerify } from "../../lib/message/author.ts";
import { parseHeader } from "../../lib/message/header.ts";
import { encodeUtf8 } from "../../lib/message/octets.ts";
import {
  type DmarcVerdict,
  dmarcVerdict,
} from "../../lib/pass/dmarc_verdict.ts";
import type { Answer, Lookup, TxtAnswer } from "../../lib/ports/resolver.ts";

/** One row. */
export interface Row {
  /** The section that it shows, and what. */
  shows: string;
  /** The author's domain, or whole fields where there is a colon. */
  from: string;
  /** What stands at `_dmarc.` and the name, without `v=DMARC1; `; several; `timeout`. */
  dmarc?: Record<string, string | string[]>;
  /** The same, as it is. */
  txt?: Record<string, string | string[]>;
  /** Whether the author's domain is there; `yes`, if not said. */
  exists?: Existence;
  /** `pass example.com` */
  spf?: string;
  /** `fail example.com, pass example.net` */
  dkim?: string;
  excuse?: string;
  /** Result word, and the policy to be applied where it is `fail`. */
  says: string;
  comment?: string;
  policyDomain?: string;
  organization?: string;
  /** How many questions, or which. */
  asked?: number | string[];
}

/** Answers for one message, and what was asked. */
export interface CountedPorts extends DmarcPorts {
  asked: string[];
}

/** Makes a test of each row. */
export function testRows(rows: Row[]): void {
  for (const row of rows) {
    Deno.test(`DMARC, RFC 9989 section ${row.shows}`, () => checkRow(row));
  }
}

async function checkRow(row: Row): Promise<void> {
  const ports = portsOf(row);
  const verdict = await evaluateHeader(headerOf(row.from), {
    spf: row.spf === undefined ? undefined : parseResults(row.spf)[0],
    dkim: parseResults(row.dkim ?? ""),
    excuse: row.excuse,
  }, ports);
  assertEquals(wordsOf(verdict), row.says);
  if (row.comment !== undefined) assertEquals(verdict.comment, row.comment);
  if (row.policyDomain !== undefined) {
    assertEquals(verdict.policyDomain, row.policyDomain);
  }
  if (row.organization !== undefined) {
    assertEquals(verdict.organizationalDomain, row.organization);
  }
  if (typeof row.asked === "number") {
    assertEquals(ports.asked.length, row.asked, ports.asked.join(" "));
  } else if (row.asked !== undefined) {
    assertEquals(ports.asked, row.asked);
  }
  assertEquals(verdict.questions.map(({ name }) => name), ports.asked);
}

/** Evaluates a header with LF line ends. */
export async function evaluateHeader(
  header: string,
  found: {
    spf?: AuthenticatedDomain | undefined;
    dkim?: AuthenticatedDomain[];
    excuse?: string | undefined;
  },
  ports: DmarcPorts,
): Promise<DmarcVerdict> {
  const author = authorToVerify(parseHeader(encodeUtf8(header)), "From");
  return dmarcVerdict(await evaluateDmarc({ author, ...found }, ports));
}

/** `fail reject`, or a result word alone. */
export function wordsOf({ result, policy }: DmarcVerdict): string {
  return policy === undefined ? result : `${result} ${policy}`;
}

function headerOf(from: string): string {
  return from.includes(":") ? `${from}\n` : `From: Alice <alice@${from}>\n`;
}

function parseResults(list: string): AuthenticatedDomain[] {
  return list.split(",").filter((item) => item !== "").map((item) => {
    const [result = "", domain = ""] = item.trim().split(" ");
    return { result, domain };
  });
}

function portsOf({ dmarc = {}, txt = {}, exists = "yes" }: Row): CountedPorts {
  const answers = new Map<string, TxtAnswer>();
  for (const [domain, texts] of Object.entries(dmarc)) {
    const full = [texts].flat().map((text) => `v=DMARC1; ${text}`);
    answers.set(
      `_dmarc.${domain}`,
      texts === "timeout" ? TIMEOUT : { outcome: "records", records: full },
    );
  }
  for (const [domain, texts] of Object.entries(txt)) {
    const records = [texts].flat();
    answers.set(`_dmarc.${domain}`, { outcome: "records", records });
  }
  return countedPorts((name) => answers.get(name), () => exists);
}

const TIMEOUT: TxtAnswer = { outcome: "temporary", detail: "timeout" };

/** Ports that answer at once; what has no answer is not there. */
export function countedPorts(
  txt: (name: string) => TxtAnswer | undefined,
  exists: (name: string) => Existence,
): CountedPorts {
  const asked: string[] = [];
  const answers: Record<Existence, Answer<never>> = {
    yes: { outcome: "nodata" },
    no: { outcome: "nxdomain" },
    temporary: { outcome: "temporary", detail: "timeout" },
  };
  const lookup = (name: string, type: string): Promise<Answer<string>> => {
    asked.push(name);
    return Promise.resolve(
      type === "TXT"
        ? txt(name) ?? { outcome: "nxdomain" }
        : answers[exists(name)],
    );
  };
  return { asked, resolver: { lookup } as Lookup };
}
