// SPF and DMARC on a message that came over the network: what they find, what is said of it, and
// whether a site's letters refuse it. Loaded when a site asks for it.

import type { MethodResult } from "../authres/authentication_results.ts";
import { DmarcEvaluation } from "../dmarc/evaluate.ts";
import { actionOf } from "../policy/letters.ts";
import { formatDmarcText, formatSpfText } from "../policy/refusal_text.ts";
import { parseSpfLetters } from "../policy/spf_letters.ts";
import { parseExplanation, parseLocalRules } from "../policy/spf_terms.ts";
import type { Lookup, Resolver } from "../ports/resolver.ts";
import type { Header } from "../ports/verifying.ts";
import { type IpAddress, parseClientAddress } from "../spf/address.ts";
import { evaluateSpf, type SpfQuery } from "../spf/evaluation.ts";
import { AskingOnce } from "./asking_once.ts";
import { findHelo } from "./client.ts";
import { type DmarcVerdict, dmarcVerdict } from "./dmarc_verdict.ts";
import type { Methods, MethodsOutcome } from "./methods.ts";
import type { Note, Refusal } from "./pass.ts";
import { type SpfVerdict, spfVerdict } from "./spf_verdict.ts";
import type { Verification } from "./verify_pass.ts";

/** What a site wants, as it is written; SPF is checked for each of them. */
export interface MethodsSettings {
  /** The client's address. */
  ip: string;
  /** The HELO name, where the SMTP server tells it: an octet string. */
  helo?: string | undefined;
  /** Letters or a digit of SPFVERIFY. */
  spfVerify?: string | undefined;
  /** Letters of DMARCVERIFY; without it DMARC is not checked. */
  dmarcVerify?: string | undefined;
  spfRules?: string | undefined;
  spfExplanation?: string | undefined;
  /** The client is told why it is refused. */
  isTold?: boolean;
  /** The name of this host, for macros. */
  receiver: string;
}

/** What the methods ask of the machine. */
export interface MethodsPorts {
  resolver: Lookup;
  /** Seconds since 1970. */
  now: number;
}

/** What the methods say, for a program that wants it all. */
export interface ClientOutcome extends MethodsOutcome {
  spf: SpfVerdict;
  /** Where DMARC is asked for. */
  dmarc?: DmarcVerdict;
}

/**
 * Reads what a site wants of a client.
 *
 * @returns `undefined` for what has no address: a local message.
 * @throws {SyntaxError} For a value that cannot be used.
 */
export function openMethods(
  settings: MethodsSettings,
  ports: MethodsPorts,
): ClientMethods | undefined {
  const { spfRules, spfExplanation } = settings;
  const spfLetters = parseSpfLetters(settings.spfVerify ?? "");
  const query = {
    localRules: parseLocalRules(spfRules ?? ""),
    // Nobody is told of what is not refused.
    explain: settings.isTold === true && spfLetters.includes("B"),
    ...(spfExplanation === undefined
      ? {}
      : { defaultExplanation: parseExplanation(spfExplanation) }),
  };
  const client = parseClientAddress(settings.ip);
  return client &&
    new ClientMethods(settings, { ...query, client }, spfLetters, ports);
}

/** What one message is asked beside its signatures. */
export class ClientMethods implements Methods<ClientOutcome> {
  /** For the signatures too: no name is asked for twice. */
  readonly resolver: Resolver & Lookup;
  readonly #asking: AskingOnce;
  readonly #settings: MethodsSettings;
  readonly #query: Omit<SpfQuery, "mailFrom"> & { client: IpAddress };
  readonly #spfLetters: string;
  readonly #now: number;
  #helo: string | undefined;
  #dmarc: DmarcEvaluation | undefined;

  constructor(
    settings: MethodsSettings,
    query: Omit<SpfQuery, "mailFrom">,
    spfLetters: string,
    { resolver, now }: MethodsPorts,
  ) {
    this.#settings = settings;
    this.#query = query;
    this.#spfLetters = spfLetters;
    this.#now = now;
    this.resolver = this.#asking = new AskingOnce(resolver);
  }

  begin(header: Header | undefined): void {
    const { helo, dmarcVerify } = this.#settings;
    this.#helo = helo || findHelo(header?.fields ?? [], this.#query.client);
    if (dmarcVerify === undefined) return;
    // Readers disagree what stands in a malformed header: nobody is its author.
    const author = header === undefined || header.malformed !== undefined
      ? "bad"
      : header.author;
    this.#dmarc = new DmarcEvaluation(author, { resolver: this.#asking });
  }

  async end(
    sender: Promise<string>,
    verification: Promise<Verification>,
  ): Promise<ClientOutcome> {
    const [spf, { signatures }] = await Promise.all([
      this.#checkSpf(await sender),
      verification,
    ]);
    const finding = await this.#dmarc?.end({ spf, dkim: signatures });
    const dmarc = finding && dmarcVerdict(finding);
    const refusal = this.#refuse(spf, dmarc);
    return {
      spf,
      ...(dmarc === undefined ? {} : { dmarc }),
      results: [spfResult(spf), ...dmarc ? [dmarcResult(dmarc)] : []],
      notes: [
        ...spfNotes(spf),
        ...dmarc ? dmarcNotes(dmarc) : [],
        ["questions", this.#asking.questions],
      ],
      ...(refusal === undefined ? {} : { refusal }),
    };
  }

  async #checkSpf(mailFrom: string): Promise<SpfVerdict> {
    const helo = this.#helo === undefined ? {} : { helo: this.#helo };
    const { receiver } = this.#settings;
    return spfVerdict(
      await evaluateSpf({ ...this.#query, ...helo, mailFrom }, {
        resolver: this.#asking,
        now: this.#now,
        receiver,
      }),
    );
  }

  #refuse(spf: SpfVerdict, dmarc?: DmarcVerdict): Refusal | undefined {
    // Forwarded mail with a good signature is not refused for SPF (RFC 9989 section 7.1).
    const isVouchedFor = dmarc?.letter === "A" || dmarc?.letter === "H";
    const bySpf = isVouchedFor
      ? undefined
      : actionOf(this.#spfLetters, spf.letter);
    if (bySpf !== undefined) {
      const text = formatSpfText(bySpf, spf.domain, spf.explanation);
      return { action: bySpf, text };
    }
    const byDmarc = dmarc &&
      actionOf(this.#settings.dmarcVerify ?? "", dmarc.letter);
    return byDmarc && {
      action: byDmarc,
      text: formatDmarcText(byDmarc, dmarc.authorDomain),
    };
  }
}

function spfResult(
  { result, comment, identity, domain }: SpfVerdict,
): MethodResult {
  return {
    method: "spf",
    result,
    reason: comment,
    properties: domain === undefined ? [] : [[`smtp.${identity}`, domain]],
  };
}

function dmarcResult(
  { result, comment, authorDomain, policy }: DmarcVerdict,
): MethodResult {
  return {
    method: "dmarc",
    result,
    reason: comment,
    properties: [
      ...authorDomain === undefined
        ? []
        : [["header.from", authorDomain] as const],
      ...policy === undefined ? [] : [["policy.dmarc", policy] as const],
    ],
  };
}

function spfNotes({ result, comment, detail, domain }: SpfVerdict): Note[] {
  return [
    ["spf", result],
    ...reasonNote(detail ?? comment),
    ...domain === undefined ? [] : [["spf_domain", domain] as const],
  ];
}

function dmarcNotes({ result, comment, policy }: DmarcVerdict): Note[] {
  return [
    ["dmarc", result],
    ...reasonNote(comment),
    ...policy === undefined ? [] : [["policy", policy] as const],
  ];
}

function reasonNote(reason: string): Note[] {
  return reason === "" ? [] : [["reason", reason]];
}
