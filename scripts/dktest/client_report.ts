// Formats what SPF, DMARC and ARC say of a message and how they came to it: rows of the table, and
// members of the JSON. Escapes nothing.

import type { DmarcQuestion } from "../../lib/dmarc/policy_records.ts";
import type { ArcVerdict } from "../../lib/pass/arc_verdict.ts";
import type { DmarcVerdict } from "../../lib/pass/dmarc_verdict.ts";
import type { SpfVerdict } from "../../lib/pass/spf_verdict.ts";
import type { Answer } from "../../lib/ports/resolver.ts";
import type { SpfStep } from "../../lib/spf/finding.ts";
import type { ClientReport } from "./client.ts";
import { describeLinks, type Link } from "./links.ts";

/** One line of the table. */
export type Row = readonly [label: string, value: string | number | undefined];

/** The sections of the table. */
export function clientSections(
  { spf, dmarc, arc, sets }: ClientReport,
): Row[][] {
  return [
    spfRows(spf),
    dmarcRows(dmarc),
    arcRows(arc, describeLinks(sets, arc)),
  ];
}

/** The members of the JSON. */
export function clientMembers({ spf, dmarc, arc, sets }: ClientReport) {
  return {
    spf: {
      result: spf.result,
      reason: spf.comment,
      letter: spf.letter,
      identity: spf.identity,
      domain: spf.domain ?? null,
      term: spf.term ?? null,
      detail: spf.detail ?? null,
      localRule: spf.localRule ?? null,
      explanation: spf.explanation ?? null,
      terms: spf.terms,
      voids: spf.voids,
      steps: spf.steps,
    },
    dmarc: {
      result: dmarc.result,
      reason: dmarc.comment,
      letter: dmarc.letter,
      domain: dmarc.authorDomain ?? null,
      policy: dmarc.policy ?? null,
      aligned: dmarc.aligned ?? null,
      policyDomain: dmarc.policyDomain ?? null,
      organizationalDomain: dmarc.organizationalDomain ?? null,
      questions: dmarc.questions,
    },
    arc: {
      result: arc.result,
      reason: arc.reason,
      // ARC has no letters.
      letter: null,
      detail: arc.detail ?? null,
      instance: arc.instance,
      domain: arc.domain ?? null,
      oldestPass: arc.oldestPass ?? null,
      sets: describeLinks(sets, arc).map(({ signer = null, ...link }) => ({
        ...link,
        signer,
      })),
    },
  };
}

function spfRows(spf: SpfVerdict): Row[] {
  const { result, letter, identity, domain, term, localRule } = spf;
  return [
    ["SPF", `${identity} ${domain ?? "without a domain"}`],
    ["result", withReason(result, spf.comment)],
    ["letter", letter],
    ["detail", spf.detail],
    ["term", term],
    ["local rule", localRule],
    ["explained", spf.explanation],
    [
      "counted",
      `${spf.terms} of 10 terms that ask DNS, ${spf.voids} of 2 void answers`,
    ],
    ...spf.steps.flatMap(stepRows),
  ];
}

/** The answer of a question has its record too. */
function stepRows(step: SpfStep): Row[] {
  switch (step.step) {
    case "record":
      return [];
    case "question":
      return [["asked", `${step.type} ${step.name}: ${describe(step.answer)}`]];
    case "term":
      return [["tried", `${step.term} of ${step.domain}: ${step.outcome}`]];
  }
}

function describe(answer: Answer<unknown>): string {
  switch (answer.outcome) {
    case "records":
      return answer.records.map(formatRecord).join(", ");
    case "temporary":
      return `no answer (${answer.detail})`;
    default:
      return answer.outcome;
  }
}

/** `10 mx.example.com` for an MX record; of TXT the text in quotes. */
function formatRecord(record: unknown): string {
  if (typeof record === "string") {
    return /[ ;=]/.test(record) ? `"${record}"` : record;
  }
  const { preference, exchange } = record as {
    preference: number;
    exchange: string;
  };
  return `${preference} ${exchange}`;
}

function dmarcRows(dmarc: DmarcVerdict): Row[] {
  const { authorDomain = "no author", aligned, policyDomain } = dmarc;
  return [
    ["DMARC", authorDomain],
    ["result", withReason(dmarc.result, dmarc.comment)],
    ["letter", `${dmarc.letter}, ${dmarc.meaning.replace("%", authorDomain)}`],
    ["policy", dmarc.policy],
    ["aligned", aligned && `${aligned.method} ${aligned.domain}`],
    ["record of", policyDomain],
    ["organized", dmarc.organizationalDomain],
    ...dmarc.questions.map(questionRow),
  ];
}

function questionRow({ type, name, outcome, records }: DmarcQuestion): Row {
  const said = outcome === "records"
    ? records.map(formatRecord).join(", ")
    : outcome === "temporary"
    ? "no answer"
    : outcome;
  return ["asked", `${type} ${name}: ${said}`];
}

function arcRows(arc: ArcVerdict, links: Link[]): Row[] {
  const { result, reason, detail, oldestPass } = arc;
  const sets = links.length === 1 ? "1 set" : `${links.length} sets`;
  return [
    ["ARC", links.length === 0 ? "no chain" : sets],
    ["result", withReason(result, reason)],
    ["detail", detail],
    ["oldest pass", oldestPass],
    ...links.flatMap(linkRows),
  ];
}

function linkRows(link: Link): Row[] {
  const { instance, sealer, selector, chainState, signer } = link;
  return [
    [`i=${instance}`, `d=${sealer} s=${selector} cv=${chainState}`],
    ["", `seal: ${link.seal}, key at ${link.keyName}`],
    [
      "",
      `message signature: ${link.messageSignature}${
        signer === undefined || signer === sealer ? "" : `, d=${signer}`
      }`,
    ],
    ["", link.results],
  ];
}

function withReason(result: string, reason: string): string {
  return reason === "" ? result : `${result} (${reason})`;
}
