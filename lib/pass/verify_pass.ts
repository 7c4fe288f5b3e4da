// The verifying pass: reads a message once, and says of each signature what became of it. DNS is
// asked when the header has ended, all at once, while the body is hashed as it comes. Knows its
// ports alone, and no policy on what becomes of the message.

import { type Scheme, SCHEMES } from "../ports/signing.ts";
import type { Header, VerifyOptions, VerifyPorts } from "../ports/verifying.ts";
import { DKIM_SIGNATURE } from "../dkim/signature.ts";
import type { DkimStatus } from "../dkim/status.ts";
import { isWithin } from "../message/domain_name.ts";
import { findMalformed, isNamed, parseHeader } from "../message/header.ts";
import { LineEnds } from "../message/line_ends.ts";
import { Split } from "../message/split.ts";
import { type Author, authorToVerify } from "../message/author.ts";
import { BodyHashes } from "../dkim/body_hashes.ts";
import { DkimVerifier, type DkimWitness } from "../dkim/verifier.ts";
import {
  DomainKeysVerifier,
  type DomainKeysWitness,
} from "../domainkeys/verifier.ts";
import { askingOnce } from "./asking_once.ts";
import {
  type DkimVerdict,
  dkimVerdict,
  type DomainKeysVerdict,
  domainKeysVerdict,
} from "./verdict.ts";

/** As strict as RFC 8301, and no unsigned octet at the end of a body. */
export const STRICT: VerifyOptions = {
  allowRsaSha1: false,
  minRsaBits: 1024,
  allowAppendedBody: false,
};

/** What of a message to verify, and how strict to be. */
export interface VerifyPassOptions extends VerifyOptions {
  /** Which signatures; those of each scheme, if not said. The others are not looked for. */
  schemes?: readonly Scheme[];
}

/** Sees what is verified, for a program that explains the result. */
export interface Witness {
  /** Called when the header has ended; `undefined` stands for one that is too long. */
  header?(header: Header | undefined, bodyHashes: BodyHashes): void;
  /** Called for each DKIM signature from the top down. */
  dkim?: DkimWitness;
  domainKeys?: DomainKeysWitness;
}

/** The result of verifying a message. */
export interface Verification {
  /** The verdict on the topmost DomainKey-Signature. */
  domainKeys: DomainKeysVerdict;
  /** The one that counts for the message: a good one, or the first failure that matters. */
  dkim: DkimVerdict;
  /** One for each signature examined, from the top down. */
  signatures: DkimVerdict[];
  /** The number of signatures that were not examined, since there are too many. */
  unexamined: number;
  /** The number of bare CRs, a cause of bad body hashes. */
  bareCrs: number;
  /** A good DKIM signature is aligned with From: its domain vouches for the author. */
  isAuthorSigned: boolean;
}

/** Further signatures are not examined: each one costs time and a question to DNS. */
const MAX_SIGNATURES = 10;

/** Verifies one message. */
export class VerifyPass {
  #options: VerifyPassOptions;
  #schemes: readonly Scheme[];
  #ports: VerifyPorts;
  #witness: Witness | undefined;
  #bodyHashes: BodyHashes;
  #dkim: DkimVerifier[] = [];
  #domainKeys: DomainKeysVerifier | undefined;
  #from: Author = "none";
  #isWhole = false;
  #unexamined = 0;
  #split = new Split(
    (header) => this.#begin(header),
    (run) => this.#pushBody(run),
  );
  #lineEnds = new LineEnds((run) => this.#split.push(run));

  constructor(
    options: VerifyPassOptions,
    ports: VerifyPorts,
    witness?: Witness,
  ) {
    this.#options = options;
    this.#schemes = options.schemes ?? SCHEMES;
    this.#witness = witness;
    this.#ports = { ...ports, resolver: askingOnce(ports.resolver) };
    this.#bodyHashes = new BodyHashes(ports.crypto);
  }

  /** Takes the next octets of the message; the chunk is only read during the call. */
  push(chunk: Uint8Array): void {
    this.#lineEnds.push(chunk);
  }

  /** Takes the end of the message, and waits for DNS. */
  async end(): Promise<Verification> {
    this.#lineEnds.end();
    this.#split.end();
    this.#bodyHashes.end();
    const findings = await Promise.all(
      this.#dkim.map((verifier) => verifier.end()),
    );
    const signatures = findings.map(dkimVerdict);
    const tooLong = {
      result: "permerror",
      detail: "the header is over 1 MiB",
    } as const;
    const domainKeys = await this.#domainKeys?.end() ??
      { status: "noSignature" };
    return {
      domainKeys: domainKeysVerdict(
        this.#isWhole ? domainKeys : { status: "syntax", ...tooLong },
      ),
      dkim: this.#isWhole
        ? this.#choose(signatures)
        : dkimVerdict({ status: "badSyntax", ...tooLong }),
      signatures,
      unexamined: this.#unexamined,
      bareCrs: this.#lineEnds.bareCrs,
      isAuthorSigned: signatures.some((verdict) =>
        verdict.result === "pass" && this.#isAligned(verdict)
      ),
    };
  }

  #begin(header: string | undefined): void {
    const witness = this.#witness;
    if (header === undefined) {
      return witness?.header?.(undefined, this.#bodyHashes);
    }
    const fields = parseHeader(header);
    const author = authorToVerify(fields, "From");
    const whole = { fields, malformed: findMalformed(fields), author };
    witness?.header?.(whole, this.#bodyHashes);
    this.#isWhole = true;
    this.#from = author;
    if (this.#schemes.includes("dkim")) this.#beginDkim(whole);
    if (!this.#schemes.includes("domainkeys")) return;
    this.#domainKeys = new DomainKeysVerifier(
      whole,
      this.#options,
      this.#ports,
      witness?.domainKeys?.bind(witness),
    );
  }

  #beginDkim(whole: Header): void {
    const { fields } = whole;
    const places = [...fields.keys()].filter((at) =>
      isNamed(fields[at]!, DKIM_SIGNATURE)
    );
    this.#unexamined = Math.max(0, places.length - MAX_SIGNATURES);
    this.#dkim = places.slice(0, MAX_SIGNATURES).map((at) =>
      new DkimVerifier(
        whole,
        at,
        this.#options,
        this.#ports,
        this.#bodyHashes,
        this.#witness?.dkim?.bind(this.#witness),
      )
    );
  }

  #pushBody(run: Uint8Array): void {
    this.#bodyHashes.push(run);
    this.#domainKeys?.push(run);
  }

  #choose(signatures: DkimVerdict[]): DkimVerdict {
    const status: DkimStatus = this.#unexamined > 0
      ? "noValidSignature"
      : "noSignature";
    const good = signatures.find(({ result }) => result === "pass");
    if (good !== undefined || status === "noValidSignature") {
      return good ?? dkimVerdict({ status });
    }
    return signatures.find((verdict) => this.#isAligned(verdict)) ??
      signatures[0] ??
      dkimVerdict({ status });
  }

  /** Relaxed alignment: one of the two domains is within the other (RFC 7489 section 3.1.1, without its list). */
  #isAligned({ domain }: DkimVerdict): boolean {
    if (domain === undefined || typeof this.#from === "string") return false;
    return isWithin(this.#from.domain, domain) ||
      isWithin(domain, this.#from.domain);
  }
}
