// The inbound pass: verifies a message, replaces forged Authentication-Results fields by our own, and
// decides by a site's letters. A bounce of our own is let through.

import { joinOctets } from "../message/octets.ts";
import {
  formatAuthenticationResults,
  type MethodResult,
  type Property,
} from "../authres/authentication_results.ts";
import { WithoutForgedResults } from "../authres/forged_results.ts";
import { decide, formatErrorText, type Letters } from "../policy/letters.ts";
import { type Scheme, SCHEMES } from "../ports/signing.ts";
import type { Methods } from "./methods.ts";
import type { NoteName } from "./note_names.ts";
import type { Note, Outcome, Pass, Refusal } from "./pass.ts";
import type { Resolver, TxtAnswer } from "../ports/resolver.ts";
import { STRICT, type Verification, VerifyPass } from "./verify_pass.ts";
import type { VerifyPorts } from "../ports/verifying.ts";
import type { DomainKeysVerdict, Verdict } from "./verdict.ts";

/** The options for inbound mail. */
export interface InboundOptions {
  /** The authserv-id of our own fields. */
  authservId: string;
  letters: Letters;
  /** The schemes to verify; all of them, if not said. */
  schemes?: readonly Scheme[];
  /** The message did not come over the network: it may be a bounce that qmail-send injects. */
  isLocal: boolean;
}

/** Verifies one message, and decides what becomes of it. */
export class InboundPass implements Pass {
  #options: InboundOptions;
  #sender = Promise.withResolvers<string>();
  #verify: VerifyPass;
  #methods: Methods | undefined;
  #goesOn: Uint8Array[] = [];
  #cleaner: WithoutForgedResults;

  /** @param methods What is asked for beside the signatures. */
  constructor(options: InboundOptions, ports: VerifyPorts, methods?: Methods) {
    this.#options = options;
    this.#methods = methods;
    // If nothing is held back, nobody awaits it. Its failure must not count as an unhandled rejection.
    this.#sender.promise.catch(() => {});
    const resolver = options.isLocal
      ? heldBack(ports.resolver, this.#sender.promise)
      : ports.resolver;
    const { schemes = SCHEMES } = options;
    this.#verify = new VerifyPass(
      { ...STRICT, schemes },
      { ...ports, resolver },
      methods && {
        header: (header, bodyHashes) => methods.begin(header, bodyHashes),
      },
    );
    this.#cleaner = new WithoutForgedResults(
      options.authservId,
      (run) => this.#goesOn.push(run),
    );
  }

  filter(chunk: Uint8Array): Uint8Array {
    this.#cleaner.push(chunk);
    return this.#takeGoesOn();
  }

  push(chunk: Uint8Array): void {
    this.#verify.push(chunk);
  }

  async end(sender: Promise<string>): Promise<Outcome> {
    sender.then(this.#sender.resolve, this.#sender.reject);
    this.#cleaner.end();
    const remainder = this.#takeGoesOn();
    const verifying = this.#verify.end();
    const [verification, asked] = await Promise.all([
      verifying,
      this.#methods?.end(sender, verifying),
    ]);
    if (this.#options.isLocal && await sender === "") {
      const notes: Note[] = [["reason", "a bounce of our own"]];
      return { newFields: "", remainder, action: "passed on", notes };
    }
    const { authservId, schemes = SCHEMES } = this.#options;
    const { raw } = formatAuthenticationResults(authservId, [
      ...methodResults(verification, schemes),
      ...asked?.results ?? [],
    ]);
    const refusal = this.#refuse(verification) ?? asked?.refusal;
    const notes = [
      ...notesOf(verification, schemes, this.#cleaner.dropped),
      ...asked?.notes ?? [],
    ];
    const { bareCrs } = verification;
    const common = { remainder, notes, ...(bareCrs > 0 ? { bareCrs } : {}) };
    if (refusal === undefined) {
      const value = raw.slice(raw.indexOf(":") + 1).trimStart();
      const set = await asked?.seal?.(value);
      return {
        ...common,
        newFields: `${set?.fields ?? ""}${raw}\n`,
        action: "verified",
        notes: [...notes, ...set?.notes ?? []],
      };
    }
    const action = refusal.action === "reject" ? "rejected" : "deferred";
    return { ...common, newFields: "", action, refusal };
  }

  #refuse(verification: Verification): Refusal | undefined {
    const { domainKeys, dkim, isAuthorSigned } = verification;
    const decision = decide(this.#options.letters, {
      domainkeys: domainKeys.letter,
      dkim: dkim.letter,
      isAuthorSigned,
    });
    if (decision.action === "accept") return undefined;
    const reason = decision.scheme === "dkim" ? dkim : domainKeys;
    return { action: decision.action, text: formatErrorText(decision, reason) };
  }

  #takeGoesOn(): Uint8Array {
    const runs = this.#goesOn;
    this.#goesOn = [];
    return runs.length === 1 ? runs[0]! : joinOctets(runs);
  }
}

/**
 * Delays every question to DNS until the sender is known, and asks none for a bounce: qmail-send waits
 * while it injects one.
 */
function heldBack(resolver: Resolver, sender: Promise<string>): Resolver {
  return {
    async txt(name): Promise<TxtAnswer> {
      const isBounce = await sender.then(
        (address) => address === "",
        () => true,
      );
      return isBounce
        ? { outcome: "temporary", detail: "not asked" }
        : await resolver.txt(name);
    },
  };
}

/** A verdict on a signature of either scheme. */
type AnyVerdict =
  & Verdict
  & Pick<DomainKeysVerdict, "fromDomain" | "senderDomain">;

/** Lists the verdicts to report: that on DomainKeys, then one for each DKIM signature, or one for none. */
function verdictsOf(
  { domainKeys, dkim, signatures }: Verification,
  schemes: readonly Scheme[],
): [Scheme, AnyVerdict][] {
  const all = signatures.length > 0 ? signatures : [dkim];
  const verdicts: [Scheme, AnyVerdict][] = [
    ["domainkeys", domainKeys],
    ...all.map((verdict): [Scheme, AnyVerdict] => ["dkim", verdict]),
  ];
  return verdicts.filter(([scheme]) => schemes.includes(scheme));
}

/** Lists the results for Authentication-Results. */
export function methodResults(
  verification: Verification,
  schemes: readonly Scheme[] = SCHEMES,
): MethodResult[] {
  return verdictsOf(verification, schemes).map(([method, verdict]) => ({
    method,
    result: verdict.result,
    reason: verdict.reason,
    properties: propertiesOf(verdict),
  }));
}

/** Of DomainKeys the address that it looks at, of what has none the signature. */
function propertiesOf(verdict: AnyVerdict): Property[] {
  const { fromDomain, senderDomain } = verdict;
  const isOfAddress = fromDomain !== undefined || senderDomain !== undefined;
  const properties: [string, Property[1] | undefined][] = isOfAddress
    ? [["header.sender", senderDomain], ["header.from", fromDomain]]
    : [
      ["header.d", verdict.domain],
      ["header.s", verdict.selector],
      ["header.a", verdict.algorithm],
      ["header.b", verdict.signature],
    ];
  return properties.flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]]
  );
}

function notesOf(
  verification: Verification,
  schemes: readonly Scheme[],
  forged: number,
): Note[] {
  const { dkim, signatures } = verification;
  const counts: Note[] = [
    ["signature", schemes.includes("dkim") ? signatures.indexOf(dkim) + 1 : 0],
    ["forged", forged],
    ["unexamined", verification.unexamined],
    ["bare_cr", verification.bareCrs],
  ];
  return [
    ...verdictsOf(verification, schemes).flatMap(([scheme, verdict]) =>
      notesOfVerdict(scheme, verdict)
    ),
    ...counts.filter(([, count]) => count !== 0),
  ];
}

function notesOfVerdict(
  scheme: Scheme,
  { result, reason, letter, domain, selector, algorithm, detail }: Verdict,
): Note[] {
  const notes: [NoteName, string | undefined][] = [
    [scheme, result],
    ["letter", letter],
    ["reason", detail === undefined ? reason : `${reason}: ${detail}`],
    ["d", domain],
    ["s", selector],
    ["a", algorithm],
  ];
  return notes.flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const]
  );
}
