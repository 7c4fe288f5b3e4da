// Formats the result for a verified message: a table for a person, or a line of JSON for a program. In
// both the sender's text is escaped to printable ASCII. Knows no file.

import {
  DKIM_LETTERS,
  DOMAINKEYS_LETTERS,
  type StatusLetter,
} from "../../lib/policy/letters.ts";
import type { Scheme } from "../../lib/ports/signing.ts";
import type { DkimVerdict, Verdict } from "../../lib/pass/verdict.ts";
import { methodResults } from "../../lib/pass/inbound_pass.ts";
import type { Verification } from "../../lib/pass/verify_pass.ts";
import { formatAuthenticationResults } from "../../lib/authres/authentication_results.ts";
import type { ClientReport } from "./client.ts";
import { clientMembers, clientSections, type Row } from "./client_report.ts";
import type {
  DkimRecord,
  DomainKeysRecord,
  HashedPart,
  HashRecorder,
} from "./record.ts";

/** A verified message. */
export interface Report {
  file: string;
  verification: Verification;
  recorder: HashRecorder;
  authservId: string;
  /** Present if the client is known. */
  client?: ClientReport;
}

const LABEL_WIDTH = 11;

/** Tells whether DKIM passes, or DomainKeys for a message without a DKIM signature. */
export function isPass(
  { domainKeys, dkim, signatures }: Verification,
): boolean {
  return (signatures.length > 0 ? dkim : domainKeys).letter === "A";
}

/** One line without its line end, in ASCII. */
export function formatJson(report: Report): string {
  const { file, verification, client } = report;
  const { domainKeys, dkim, signatures } = verification;
  const line = JSON.stringify({
    file,
    domainkeys: summarize("domainkeys", domainKeys),
    dkim: {
      letter: dkim.letter,
      signatures: signatures.map((verdict) => ({
        ...summarize("dkim", verdict),
        algorithm: verdict.algorithm ?? null,
        identity: verdict.identity ?? null,
      })),
    },
    ...client === undefined ? {} : clientMembers(client),
    authenticationResults: formatResults(report),
  });
  return line.replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function summarize(scheme: Scheme, verdict: Verdict) {
  const { result, reason, letter, domain = null, selector = null } = verdict;
  const status = historicName(scheme, verdict);
  return { result, reason, letter, status, domain, selector };
}

/** The name of the status in the historic programs. */
function historicName(scheme: Scheme, { status }: Verdict): string {
  const names: Record<string, StatusLetter> = scheme === "dkim"
    ? DKIM_LETTERS
    : DOMAINKEYS_LETTERS;
  return names[status]!.name;
}

function formatResults({ authservId, verification, client }: Report): string {
  const results = [...methodResults(verification), ...client?.results ?? []];
  return formatAuthenticationResults(authservId, results).raw;
}

/** Lines, each with its line end. */
export function formatTable(report: Report): string {
  const { file, verification, recorder, client } = report;
  const { domainKeys, dkim, signatures } = verification;
  const word = isPass(verification) ? "pass" : "no pass";
  const sections = [
    ...signatures.map((verdict, n) =>
      dkimRows(n + 1, verdict, recorder.dkimRecords[n])
    ),
    ...(signatures.length > 0 ? [] : [noSignatureRows("dkim", dkim)]),
    domainKeysRows(domainKeys, recorder.domainKeysRecord),
    ...client === undefined ? [] : clientSections(client),
    remarkRows(verification),
  ];
  return [
    `${escapeText(file)}: ${word}, letters ${domainKeys.letter},${dkim.letter}`,
    ...sections.map(formatRows).filter((text) => text !== ""),
    formatResults(report).replaceAll("\n\t", "\n  "),
  ].join("\n\n") + "\n";
}

/** Escapes all but printable ASCII, since a terminal executes control sequences. */
export function escapeText(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (char) => {
    const code = char.codePointAt(0)!.toString(16);
    return code.length > 2 ? `\\u{${code}}` : `\\x${code.padStart(2, "0")}`;
  });
}

function noSignatureRows(scheme: Scheme, verdict: Verdict): Row[] {
  const label = scheme === "dkim" ? "DKIM" : "DomainKeys";
  return [
    [label, "no signature that can be read"],
    ...verdictRows(scheme, verdict),
  ];
}

function verdictRows(scheme: Scheme, verdict: Verdict): Row[] {
  const { result, reason, letter, detail } = verdict;
  return [
    ["result", `${result} (${reason})`],
    ["letter", `${letter}, ${historicName(scheme, verdict)}`],
    ["detail", detail],
    ["a=", verdict.algorithm],
    ["d=", verdict.domain],
    ["s=", verdict.selector],
    ["i=", verdict.identity],
  ];
}

function dkimRows(
  place: number,
  verdict: DkimVerdict,
  record: DkimRecord | undefined,
): Row[] {
  const rows: Row[] = [
    ["DKIM", `signature ${place}`],
    ...verdictRows("dkim", verdict),
  ];
  if (record === undefined || typeof record.signature === "string") return rows;
  const { signature, header, body } = record;
  const { headerCanonicalization, bodyCanonicalization } = signature;
  return [
    ...rows,
    ["l=", signature.bodyLength],
    ["header", `${headerCanonicalization}, ${describePart(header)}`],
    ["", signature.signedFields.join(":")],
    ["body", `${bodyCanonicalization}, ${describePart(body)}`],
    ...dumpRows(header, body),
  ];
}

function domainKeysRows(
  verdict: Verdict,
  record: DomainKeysRecord | undefined,
): Row[] {
  if (record === undefined) return noSignatureRows("domainkeys", verdict);
  const { signature: { canonicalization, signedFields }, signed } = record;
  return [
    ["DomainKeys", "signature"],
    ...verdictRows("domainkeys", { algorithm: "rsa-sha1", ...verdict }),
    ["signed", `${canonicalization}, ${describePart(signed)}`],
    ["", signedFields?.join(":") ?? "every field below the signature"],
    ...dumpRows(signed),
  ];
}

function remarkRows({ unexamined, bareCrs }: Verification): Row[] {
  return [
    ...(unexamined > 0
      ? [["unexamined", `${unexamined} more DKIM signatures`] as const]
      : []),
    ...(bareCrs > 0
      ? [["lone CRs", `${bareCrs}, which qmail-remote may change`] as const]
      : []),
  ];
}

function describePart({ octets }: HashedPart): string {
  return octets === undefined ? "not hashed" : `${octets} octets hashed`;
}

function dumpRows(...parts: HashedPart[]): Row[] {
  return parts.filter(({ octets }) => octets !== undefined)
    .map(({ path }) => ["dump", path] as const);
}

/** Drops the rows without a value. */
function formatRows(rows: Row[]): string {
  return rows.flatMap(([label, value]) =>
    value === undefined
      ? []
      : [`  ${label.padEnd(LABEL_WIDTH)} ${escapeText(String(value))}`]
  ).join("\n");
}
