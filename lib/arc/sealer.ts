// Sealing on arrival (RFC 8617 sections 5.1 and 5.1.2): decides whether a chain gets a new set, and makes
// it. The chain is validated before. Knows no DNS.

import type { BodyHashes } from "../dkim/body_hashes.ts";
import { MAX_SIGNED_FIELDS } from "../dkim/signature_tags.ts";
import type { HeaderField } from "../message/header.ts";
import type { Chain } from "./chain.ts";
import type { ArcFinding } from "./finding.ts";
import { MAX_SETS } from "./instance.ts";
import { formatArcResults } from "./results_field.ts";
import type { ChainState } from "./seal.ts";
import {
  type ArcKey,
  type ArcSealOptions,
  ArcSetMaker,
  type SealPorts,
} from "./set_maker.ts";

/** A header with more fields is not signed: no validator reads such a list. */
const MAX_FIELDS = MAX_SIGNED_FIELDS - 100;

/** A set that was made. */
export interface ArcNewSet {
  /** `i=` */
  instance: number;
  /** `cv=` */
  chainState: ChainState;
  /** ARC-Seal, ARC-Message-Signature, ARC-Authentication-Results, in this order from the top. */
  fields: HeaderField[];
}

/** The new set, or the reason why there is none. */
export type ArcSealing = ArcNewSet | { reason: string };

/** The instance and `cv=` of the next set, and the sets that its seal covers. */
interface Plan {
  instance: number;
  chainState: ChainState;
  before: string[];
}

/** Makes the next set of one message. */
export class ArcSealer {
  #fields: HeaderField[];
  #maker: ArcSetMaker;

  /** @param fields The header as it came. */
  constructor(
    fields: HeaderField[],
    found: ArcKey,
    options: ArcSealOptions,
    ports: SealPorts,
    bodyHashes: BodyHashes,
  ) {
    this.#fields = fields;
    this.#maker = new ArcSetMaker(found, options, ports, bodyHashes);
  }

  /**
   * Makes the set. To be called after the end of the body.
   *
   * @param chain The ARC fields of the header.
   * @param finding The result of validating them.
   * @param results The value of our own Authentication-Results field.
   */
  async end(
    chain: Chain,
    finding: ArcFinding,
    results: string,
  ): Promise<ArcSealing> {
    if (this.#fields.length > MAX_FIELDS) {
      return { reason: "too many header fields" };
    }
    const plan = planSet(chain, finding);
    if (typeof plan === "string") return { reason: plan };
    const { instance, chainState, before } = plan;
    const own = {
      results: formatArcResults({ instance, results }),
      messageSignature: await this.#maker.signMessage(this.#fields, instance),
    };
    const seal = await this.#maker.seal(instance, chainState, before, own);
    return {
      instance,
      chainState,
      fields: [seal, own.messageSignature, own.results],
    };
  }
}

/** @returns The reason why there must be no set. */
function planSet(
  { sets, highest }: Chain,
  { status, reason }: ArcFinding,
): Plan | string {
  // The next sealer may get an answer of DNS. A cv=fail of ours would be final.
  if (["failedBefore", "tooManySets", "dnsTemporary"].includes(status)) {
    return reason;
  }
  const instance = highest + 1;
  if (instance > MAX_SETS) return `over ${MAX_SETS} sets`;
  switch (status) {
    case "ok": {
      const before = sets.map(({ canonical }) => canonical);
      return { instance, chainState: "pass", before };
    }
    case "noChain":
      return { instance, chainState: "none", before: [] };
    default:
      return { instance, chainState: "fail", before: [] };
  }
}
