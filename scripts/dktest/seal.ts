// Seals a message from a file: verifies it, and makes the next ARC set, which says so (RFC 8617 section
// 5.1). Knows no DNS server.

import {
  formatAuthenticationResults,
  type MethodResult,
} from "../../lib/authres/authentication_results.ts";
import type { BodyHashes } from "../../lib/dkim/body_hashes.ts";
import { sealerOf } from "../../lib/keys/key_path.ts";
import { AskingOnce } from "../../lib/pass/asking_once.ts";
import {
  ChainMethod,
  type ChainSettings,
  type NewSet,
} from "../../lib/pass/chain_method.ts";
import { methodResults } from "../../lib/pass/inbound_pass.ts";
import {
  STRICT,
  type Verification,
  VerifyPass,
} from "../../lib/pass/verify_pass.ts";
import { parseDkimOptions } from "../../lib/policy/options.ts";
import type { Lookup, Resolver } from "../../lib/ports/resolver.ts";
import type { Header } from "../../lib/ports/verifying.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { KeyFiles } from "../../lib/system/keys/key_files.ts";
import { ClientCheck, type SiteRules } from "./client.ts";
import type { SealCommand } from "./options.ts";

/** The checks beside the signatures. */
interface Checks {
  resolver: Resolver;
  begin(header: Header | undefined, bodyHashes: BodyHashes): void;
  end(verification: Promise<Verification>): Promise<{
    results: MethodResult[];
    seal(results: string): Promise<NewSet>;
  }>;
}

/** Verifies one message, and makes its next set. */
export class SealingPass {
  readonly #authservId: string;
  readonly #checks: Checks;
  readonly #verify: VerifyPass;

  /** @throws {StepFailed} For a key that cannot be read or used. */
  constructor(
    command: SealCommand,
    rules: SiteRules,
    resolver: Resolver & Lookup,
  ) {
    const { authservId, client, now } = command;
    const { minRsaBits } = STRICT;
    const settings = { minRsaBits, sealing: findSealing(command) };
    this.#authservId = authservId;
    this.#checks = client === undefined
      ? checkChain(settings, resolver, now)
      : new ClientCheck(client, rules, { ...settings, authservId }, {
        resolver,
        now,
      });
    this.#verify = new VerifyPass(
      STRICT,
      { crypto: systemCrypto, resolver: this.#checks.resolver, now },
      {
        header: (header, bodyHashes) => this.#checks.begin(header, bodyHashes),
      },
    );
  }

  push(chunk: Uint8Array): void {
    this.#verify.push(chunk);
  }

  /** The fields, empty if there is no set; the notes say why. */
  async end(): Promise<NewSet> {
    const verifying = this.#verify.end();
    const { results, seal } = await this.#checks.end(verifying);
    const { raw } = formatAuthenticationResults(this.#authservId, [
      ...methodResults(await verifying),
      ...results,
    ]);
    return await seal(raw.slice(raw.indexOf(":") + 1).trimStart());
  }
}

/** Without a client there are the signatures and the chain. */
function checkChain(
  settings: ChainSettings,
  resolver: Lookup,
  now: number,
): Checks {
  const chain = new ChainMethod(settings, { crypto: systemCrypto, now });
  const asking = new AskingOnce(resolver);
  return {
    resolver: asking,
    begin: (header, bodyHashes) => chain.begin(header, asking, bodyHashes),
    async end() {
      const { result, reason } = await chain.verdict();
      return {
        results: [{ method: "arc", result, reason, properties: [] }],
        seal: (results) => chain.seal(results),
      };
    },
  };
}

/** Finds the key as ARCSEAL does. */
function findSealing(
  { pattern, domain, selector, authservId }: SealCommand,
): ChainSettings["sealing"] & object {
  const found = new KeyFiles().find(pattern, domain ?? authservId);
  if (found === undefined) {
    return { reason: `no key for ${domain ?? authservId}` };
  }
  const { key } = found;
  if (key.type !== "rsa") {
    throw new Error(`Cannot seal with "${pattern}": give an RSA key`);
  }
  return {
    found: {
      key,
      domain: domain ?? sealerOf(pattern, found.domain),
      selector: selector ?? found.selector,
    },
    options: parseDkimOptions(),
  };
}
