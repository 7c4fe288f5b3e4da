// Sealing on arrival (RFC 8617 sections 5.1 and 5.1.2): which set comes on top of a chain, and whether
// any does. Knows no DNS: the chain has been validated.

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

/** More fields than this are not signed: no validator works through such a list. */
const MAX_FIELDS = MAX_SIGNED_FIELDS - 100;

/** A set that was made. */
export interface ArcNewSet {
  /** `i=` */
  instance: number;
  /** `cv=` */
  chainState: ChainState;
  /** ARC-Seal, ARC-Message-Signature, ARC-Authentication-Results, as they go on top. */
  fields: HeaderField[];
}

/** The set that was made, or why none was. */
export type ArcSealing = ArcNewSet | { reason: string };

/** What the next set says, and the sets that its seal covers. */
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
   * Makes the set; to be called when the body has ended.
   *
   * @param chain What the header has of ARC.
   * @param finding What became of it.
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

/** @returns Why there is to be no set. */
function planSet(
  { sets, highest }: Chain,
  { status, reason }: ArcFinding,
): Plan | string {
  // Who comes next may have an answer; after cv=fail nobody wants to know more.
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
