// SPF, DMARC and ARC for a message whose client is named on the command line, as the inbound pass checks
// them. Keeps what a person wants to see of the chain. Knows no file.

import { type ArcSet, readChain } from "../../lib/arc/chain.ts";
import type { BodyHashes } from "../../lib/dkim/body_hashes.ts";
import {
  ChainMethod,
  type ChainSettings,
} from "../../lib/pass/chain_method.ts";
import {
  type ClientMethods,
  type ClientOutcome,
  openMethods,
} from "../../lib/pass/client_methods.ts";
import type { Verification } from "../../lib/pass/verify_pass.ts";
import type { Lookup, Resolver } from "../../lib/ports/resolver.ts";
import type { Header } from "../../lib/ports/verifying.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";

/** The client of a message, as the command line has it. Texts are octet strings. */
export interface Client {
  ip: string;
  /** Empty for the null sender. */
  sender: string;
  helo: string | undefined;
}

/** What a site adds; see `ARCTRUST`, `SPFRULES` and `SPFEXP`. */
export interface SiteRules {
  arcTrust: string | undefined;
  spfRules: string | undefined;
  spfExplanation: string | undefined;
}

/** The verdicts for a client, and the chain that was read. */
export interface ClientReport extends
  Required<
    Pick<ClientOutcome, "spf" | "dmarc" | "arc" | "results">
  > {
  sets: ArcSet[];
  seal: NonNullable<ClientOutcome["seal"]>;
}

/** Checks one message of a client. */
export class ClientCheck {
  /** For the signatures too: it asks for no name twice. */
  readonly resolver: Resolver;
  readonly #methods: ClientMethods;
  readonly #sender: string;
  #sets: ArcSet[] = [];

  /** @throws {SyntaxError} For a rule that cannot be used. */
  constructor(
    { ip, sender, helo }: Client,
    rules: SiteRules,
    { authservId, ...settings }: ChainSettings & { authservId: string },
    ports: { resolver: Lookup; now: number },
  ) {
    const { now } = ports;
    const methods = openMethods(
      {
        ...rules,
        ip,
        helo,
        receiver: authservId,
        dmarcVerify: "",
        // A failure is explained where it is refused and told.
        spfVerify: "B",
        isTold: true,
      },
      ports,
      new ChainMethod(settings, { crypto: systemCrypto, now }),
    );
    if (methods === undefined) throw new SyntaxError(`Bad address "${ip}"`);
    this.#methods = methods;
    this.#sender = sender;
    this.resolver = methods.resolver;
  }

  begin(header: Header | undefined, bodyHashes: BodyHashes): void {
    this.#methods.begin(header, bodyHashes);
    this.#sets = readChain(header?.fields ?? []).sets;
  }

  async end(verification: Promise<Verification>): Promise<ClientReport> {
    const sender = Promise.resolve(this.#sender);
    const { spf, dmarc, arc, results, seal } = await this.#methods.end(
      sender,
      verification,
    );
    // It was asked for each of them.
    return {
      spf: spf!,
      dmarc: dmarc!,
      arc: arc!,
      results,
      sets: this.#sets,
      seal: seal!,
    };
  }
}
