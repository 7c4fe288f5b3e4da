// ARC on a message that came over the network: its chain, and the set that we put on top of it
// (RFC 8617). Loaded when a site asks for it.

import { ArcSealer } from "../arc/sealer.ts";
import type { ArcKey, ArcSealOptions, SealPorts } from "../arc/set_maker.ts";
import { ArcVerifier } from "../arc/verifier.ts";
import type { BodyHashes } from "../dkim/body_hashes.ts";
import type { Header, VerifyOptions } from "../ports/verifying.ts";
import type { Resolver } from "../ports/resolver.ts";
import { type ArcVerdict, arcVerdict } from "./arc_verdict.ts";
import type { Note } from "./pass.ts";

/** What a site wants of chains. */
export interface ChainSettings extends Pick<VerifyOptions, "minRsaBits"> {
  /** The key of our own sets and what they sign, or why none is made; not there if none is wanted. */
  sealing?: { found: ArcKey; options: ArcSealOptions } | { reason: string };
}

/** The set that was made: fields with their line ends. */
export interface NewSet {
  fields: string;
  notes: Note[];
}

const TOO_LONG = "the header is over 1 MiB";

/** The chain of one message. */
export class ChainMethod {
  #settings: ChainSettings;
  #ports: SealPorts;
  #verifier: ArcVerifier | undefined;
  #sealer: ArcSealer | undefined;
  #verdict: Promise<ArcVerdict> | undefined;

  constructor(settings: ChainSettings, ports: SealPorts) {
    this.#settings = settings;
    this.#ports = ports;
  }

  /**
   * Takes the end of the header: the questions for keys leave now.
   *
   * @param header `undefined` for one that is too long.
   * @param resolver Does not reject, and asks for no name twice.
   * @param bodyHashes To which the body is pushed from now on.
   */
  begin(
    header: Header | undefined,
    resolver: Resolver,
    bodyHashes: BodyHashes,
  ): void {
    if (header === undefined) return;
    const { sealing, minRsaBits } = this.#settings;
    const ports = { ...this.#ports, resolver };
    this.#verifier = new ArcVerifier(header, { minRsaBits }, ports, bodyHashes);
    if (sealing === undefined || "reason" in sealing) return;
    const { found, options } = sealing;
    this.#sealer = new ArcSealer(
      header.fields,
      found,
      options,
      this.#ports,
      bodyHashes,
    );
  }

  /** Holds the chain against the message, when the body has ended. */
  verdict(): Promise<ArcVerdict> {
    return this.#verdict ??= this.#validate();
  }

  /**
   * Makes the next set, where one is wanted.
   *
   * @param results The value of our own Authentication-Results field.
   */
  async seal(results: string): Promise<NewSet> {
    const { sealing } = this.#settings;
    if (sealing === undefined) return { fields: "", notes: [] };
    if ("reason" in sealing) return unsealed(sealing.reason);
    if (this.#verifier === undefined || this.#sealer === undefined) {
      return unsealed(TOO_LONG);
    }
    const { chain } = this.#verifier;
    const made = await this.#sealer.end(chain, await this.verdict(), results);
    if ("reason" in made) return unsealed(made.reason);
    return {
      fields: made.fields.map(({ raw }) => `${raw}\n`).join(""),
      notes: [["sealed", `i=${made.instance} cv=${made.chainState}`]],
    };
  }

  async #validate(): Promise<ArcVerdict> {
    return arcVerdict(
      await this.#verifier?.end() ??
        { status: "badStructure", reason: TOO_LONG, instance: 0, sets: [] },
    );
  }
}

function unsealed(reason: string): NewSet {
  return { fields: "", notes: [["sealed", `no: ${reason}`]] };
}
