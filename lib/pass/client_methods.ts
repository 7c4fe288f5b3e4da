// Conducts SPF, DMARC and ARC for a message that came over the network, words their findings, and decides
// by a site's letters. A filter loads it only if a site asks for one of them.

import type { MethodResult } from "../authres/authentication_results.ts";
import type { BodyHashes } from "../dkim/body_hashes.ts";
import { DmarcEvaluation } from "../dmarc/evaluate.ts";
import { findExcuse } from "../dmarc/excuse.ts";
import { actionOf } from "../policy/letters.ts";
import { formatDmarcText, formatSpfText } from "../policy/refusal_text.ts";
import { parseSpfLetters } from "../policy/spf_letters.ts";
import { parseExplanation, parseLocalRules } from "../policy/spf_terms.ts";
import type { Lookup, Resolver } from "../ports/resolver.ts";
import type { Header } from "../ports/verifying.ts";
import { parseClientAddress } from "../spf/address.ts";
import { evaluateSpf, type SpfQuery } from "../spf/evaluation.ts";
import type { ArcVerdict } from "./arc_verdict.ts";
import { AskingOnce } from "./asking_once.ts";
import type { ChainMethod } from "./chain_method.ts";
import { chainNotes, chainResult } from "./chain_statement.ts";
import { findHelo } from "./client.ts";
import { type DmarcVerdict, dmarcVerdict } from "./dmarc_verdict.ts";
import type { Methods, MethodsOutcome } from "./methods.ts";
import type { Note, Refusal } from "./pass.ts";
import { type SpfVerdict, spfVerdict } from "./spf_verdict.ts";
import type { Verification } from "./verify_pass.ts";

/** The variables and facts that decide, as they are written. */
export interface MethodsSettings {
  /** The client's address. */
  ip: string;
  /** The HELO name as an octet string, if the SMTP server gives it. */
  helo?: string | undefined;
  /** SPFVERIFY, letters or a digit. Without it SPF is checked for DMARC alone. */
  spfVerify?: string | undefined;
  /** DMARCVERIFY, letters. Without it DMARC is not checked. */
  dmarcVerify?: string | undefined;
  /** The sealers whose chain excuses a failure: domains, with spaces or line ends between. */
  arcTrust?: string | undefined;
  spfRules?: string | undefined;
  spfExplanation?: string | undefined;
  /** The client is told why it is refused. */
  isTold?: boolean;
  /** The name of this host, for macros. */
  receiver: string;
}

/** The ports that the methods need. */
export interface MethodsPorts {
  resolver: Lookup;
  /** Seconds since 1970. */
  now: number;
}

/** The verdicts of all methods. */
export interface ClientOutcome extends MethodsOutcome {
  /** Present if SPF or DMARC is asked for. */
  spf?: SpfVerdict;
  /** Present if DMARC is asked for. */
  dmarc?: DmarcVerdict;
  /** Present if ARC is asked for. */
  arc?: ArcVerdict;
}

/**
 * Reads the settings for a client.
 *
 * @param chain The ARC method, if it is asked for.
 * @returns `undefined` for a local message, which has no client address.
 * @throws {SyntaxError} For a value that cannot be used.
 */
export function openMethods(
  settings: MethodsSettings,
  ports: MethodsPorts,
  chain?: ChainMethod,
): ClientMethods | undefined {
  const { spfRules, spfExplanation } = settings;
  const spfLetters = parseSpfLetters(settings.spfVerify ?? "");
  const query = {
    localRules: parseLocalRules(spfRules ?? ""),
    // Only a refusal is explained.
    explain: settings.isTold === true && spfLetters.includes("B"),
    ...(spfExplanation === undefined
      ? {}
      : { defaultExplanation: parseExplanation(spfExplanation) }),
  };
  const client = parseClientAddress(settings.ip);
  return client &&
    new ClientMethods(settings, { ...query, client }, spfLetters, ports, chain);
}

/** The methods for one message. */
export class ClientMethods implements Methods<ClientOutcome> {
  /** The resolver, for the signatures too: it asks for no name twice. */
  readonly resolver: Resolver & Lookup;
  readonly #asking: AskingOnce;
  readonly #settings: MethodsSettings;
  readonly #query: Omit<SpfQuery, "mailFrom">;
  readonly #spfLetters: string;
  readonly #now: number;
  readonly #chain: ChainMethod | undefined;
  #helo: string | undefined;
  #dmarc: DmarcEvaluation | undefined;

  constructor(
    settings: MethodsSettings,
    query: Omit<SpfQuery, "mailFrom">,
    spfLetters: string,
    { resolver, now }: MethodsPorts,
    chain?: ChainMethod,
  ) {
    this.#settings = settings;
    this.#query = query;
    this.#spfLetters = spfLetters;
    this.#now = now;
    this.#chain = chain;
    this.resolver = this.#asking = new AskingOnce(resolver);
  }

  begin(header: Header | undefined, bodyHashes: BodyHashes): void {
    this.#chain?.begin(header, this.#asking, bodyHashes);
    const { helo, dmarcVerify } = this.#settings;
    this.#helo = helo || findHelo(header?.fields ?? [], this.#query.client);
    if (dmarcVerify === undefined) return;
    // Readers disagree on a malformed header, so that it has no author.
    const author = header === undefined || header.malformed !== undefined
      ? "bad"
      : header.author;
    this.#dmarc = new DmarcEvaluation(author, { resolver: this.#asking });
  }

  async end(
    sender: Promise<string>,
    verification: Promise<Verification>,
  ): Promise<ClientOutcome> {
    const [spf, { signatures }, arc] = await Promise.all([
      this.#checkSpf(sender),
      verification,
      this.#chain?.verdict(),
    ]);
    const finding = await this.#dmarc?.end({
      spf,
      dkim: signatures,
      excuse: this.#findExcuse(arc),
    });
    const dmarc = finding && dmarcVerdict(finding);
    const refusal = this.#refuse(spf, dmarc);
    const chain = this.#chain;
    return {
      ...(spf === undefined ? {} : { spf }),
      ...(dmarc === undefined ? {} : { dmarc }),
      ...(arc === undefined ? {} : { arc }),
      results: [
        ...spf ? [spfResult(spf)] : [],
        ...dmarc ? [dmarcResult(dmarc)] : [],
        ...arc ? [chainResult(arc, this.#settings.ip)] : [],
      ],
      notes: [
        ...spf ? spfNotes(spf) : [],
        ...dmarc ? dmarcNotes(dmarc) : [],
        ...arc ? chainNotes(arc) : [],
        ["questions", this.#asking.questions],
      ],
      ...(refusal === undefined ? {} : { refusal }),
      ...(chain === undefined
        ? {}
        : { seal: (results: string) => chain.seal(results) }),
    };
  }

  #findExcuse(arc: ArcVerdict | undefined): string | undefined {
    const author = this.#dmarc?.authorDomain;
    const { arcTrust = "" } = this.#settings;
    const trusted = arcTrust.split(/\s+/).filter((domain) => domain !== "");
    return arc && author && findExcuse(arc.sets, trusted, author);
  }

  async #checkSpf(sender: Promise<string>): Promise<SpfVerdict | undefined> {
    const mailFrom = await sender;
    const { spfVerify, dmarcVerify } = this.#settings;
    if (spfVerify === undefined && dmarcVerify === undefined) return undefined;
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

  #refuse(spf?: SpfVerdict, dmarc?: DmarcVerdict): Refusal | undefined {
    // Forwarded mail with a good signature is not refused for SPF (RFC 9989 section 7.1).
    const isVouchedFor = dmarc?.letter === "A" || dmarc?.letter === "H";
    const bySpf = isVouchedFor || spf === undefined
      ? undefined
      : actionOf(this.#spfLetters, spf.letter);
    if (bySpf !== undefined) {
      const text = formatSpfText(bySpf, spf?.domain, spf?.explanation);
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
