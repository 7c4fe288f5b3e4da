// Verifying as a filter does it: verifies, says so in an Authentication-Results field in place of
// forged ones, and decides by the letters of DKVERIFY. A bounce of our own is let through.

import { joinOctets } from "../message/octets.ts";
import {
  formatAuthenticationResults,
  type MethodResult,
} from "../authres/authentication_results.ts";
import { WithoutForgedResults } from "../authres/forged_results.ts";
import { decide, formatErrorText, type Letters } from "../policy/letters.ts";
import type { Scheme } from "../ports/signing.ts";
import type { Note, Outcome, Pass } from "./pass.ts";
import type { Resolver, TxtAnswer } from "../ports/resolver.ts";
import { STRICT, type Verification, VerifyPass } from "./verify_pass.ts";
import type { VerifyPorts } from "../ports/verifying.ts";
import type { DomainKeysVerdict, Verdict } from "./verdict.ts";

/** What a site wants of mail that comes in. */
export interface InboundOptions {
  /** The name that our Authentication-Results fields bear. */
  authservId: string;
  letters: Letters;
  /** The message did not come over the network: it may be a bounce that qmail-send injects. */
  isLocal: boolean;
}

/** Verifies one message, and decides what becomes of it. */
export class InboundPass implements Pass {
  #options: InboundOptions;
  #sender = Promise.withResolvers<string>();
  #verify: VerifyPass;
  #goesOn: Uint8Array[] = [];
  #cleaner: WithoutForgedResults;

  constructor(options: InboundOptions, ports: VerifyPorts) {
    this.#options = options;
    // Nobody awaits it where nothing is held back; its failure is then no unhandled rejection.
    this.#sender.promise.catch(() => {});
    const resolver = options.isLocal
      ? heldBack(ports.resolver, this.#sender.promise)
      : ports.resolver;
    this.#verify = new VerifyPass(STRICT, { ...ports, resolver });
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
    const verification = await this.#verify.end();
    if (this.#options.isLocal && await sender === "") {
      const notes: Note[] = [["reason", "a bounce of our own"]];
      return { newFields: "", remainder, action: "passed on", notes };
    }
    const { authservId, letters } = this.#options;
    const { domainKeys, dkim } = verification;
    const { raw } = formatAuthenticationResults(
      authservId,
      methodResults(verification),
    );
    const decision = decide(letters, {
      domainkeys: domainKeys.letter,
      dkim: dkim.letter,
      isAuthorSigned: verification.isAuthorSigned,
    });
    const notes = notesOf(verification, this.#cleaner.dropped);
    const { bareCrs } = verification;
    const common = { remainder, notes, ...(bareCrs > 0 ? { bareCrs } : {}) };
    if (decision.action === "accept") {
      return { ...common, newFields: `${raw}\n`, action: "verified" };
    }
    const { action, scheme } = decision;
    const reason = scheme === "dkim" ? dkim : domainKeys;
    const refusal = { action, text: formatErrorText(decision, reason) };
    return {
      ...common,
      newFields: "",
      action: action === "reject" ? "rejected" : "deferred",
      refusal,
    };
  }

  #takeGoesOn(): Uint8Array {
    const runs = this.#goesOn;
    this.#goesOn = [];
    return runs.length === 1 ? runs[0]! : joinOctets(runs);
  }
}

/**
 * Asks nothing before the sender is known, and nothing at all for a bounce: qmail-send stands still
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

/** A verdict of either scheme. */
type AnyVerdict =
  & Verdict
  & Pick<DomainKeysVerdict, "fromDomain" | "senderDomain">;

/** What is told of a message: that of DomainKeys, and that of each DKIM signature, or of none. */
function verdictsOf(
  { domainKeys, dkim, signatures }: Verification,
): [Scheme, AnyVerdict][] {
  const all = signatures.length > 0 ? signatures : [dkim];
  return [
    ["domainkeys", domainKeys],
    ...all.map((verdict): [Scheme, AnyVerdict] => ["dkim", verdict]),
  ];
}

/** What Authentication-Results says of a verified message. */
export function methodResults(verification: Verification): MethodResult[] {
  return verdictsOf(verification).map(([method, verdict]) => ({
    method,
    ...properties(verdict),
  }));
}

/** Of DomainKeys the address that it looks at, of what has none the signature. */
function properties(
  { result, reason, ...rest }: AnyVerdict,
): Omit<MethodResult, "method"> {
  const { fromDomain, senderDomain } = rest;
  if (fromDomain !== undefined || senderDomain !== undefined) {
    return {
      result,
      reason,
      ...(senderDomain === undefined ? {} : { senderDomain }),
      ...(fromDomain === undefined ? {} : { fromDomain }),
    };
  }
  const { domain, selector, algorithm, signature } = rest;
  return {
    result,
    reason,
    ...(domain === undefined ? {} : { domain }),
    ...(selector === undefined ? {} : { selector }),
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(signature === undefined ? {} : { signature }),
  };
}

function notesOf(verification: Verification, forged: number): Note[] {
  const counts: Note[] = [
    ["forged", forged],
    ["unexamined", verification.unexamined],
    ["lone_cr", verification.bareCrs],
  ];
  return [
    ...verdictsOf(verification).flatMap(([scheme, verdict]) =>
      notesOfVerdict(scheme, verdict)
    ),
    ...counts.filter(([, count]) => count !== 0),
  ];
}

function notesOfVerdict(
  scheme: Scheme,
  { result, reason, letter, domain, selector, algorithm, detail }: Verdict,
): Note[] {
  const notes: [string, string | undefined][] = [
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
