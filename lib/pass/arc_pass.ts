// The pass for ARC alone (RFC 8617): reads a message once, validates its chain, and makes the next set if
// one is asked for. Knows its ports alone.

import { ArcSealer, type ArcSealing } from "../arc/sealer.ts";
import type { ArcKey, ArcSealOptions } from "../arc/set_maker.ts";
import { ArcVerifier } from "../arc/verifier.ts";
import { BodyHashes } from "../dkim/body_hashes.ts";
import { findMalformed, parseHeader } from "../message/header.ts";
import { LineEnds } from "../message/line_ends.ts";
import { Split } from "../message/split.ts";
import type { VerifyOptions, VerifyPorts } from "../ports/verifying.ts";
import { askingOnce } from "./asking_once.ts";
import { type ArcVerdict, arcVerdict } from "./arc_verdict.ts";

/** The key and the content of a new set. */
export interface ArcSetting {
  found: ArcKey;
  options: ArcSealOptions;
  /** The value of our own Authentication-Results field, once the verdict is known. */
  formatResults(verdict: ArcVerdict): string;
}

/** The result for a message. */
export interface ArcOutcome {
  verdict: ArcVerdict;
  /** Present if a set was asked for. */
  sealing?: ArcSealing;
}

const TOO_LONG = "the header is over 1 MiB";

/** Validates the chain of one message, and adds a set to it if asked. */
export class ArcPass {
  #options: Pick<VerifyOptions, "minRsaBits">;
  #ports: VerifyPorts;
  #setting: ArcSetting | undefined;
  #bodyHashes: BodyHashes;
  #verifier: ArcVerifier | undefined;
  #sealer: ArcSealer | undefined;
  #split = new Split(
    (header) => this.#begin(header),
    (run) => this.#bodyHashes.push(run),
  );
  #lineEnds = new LineEnds((run) => this.#split.push(run));

  constructor(
    options: Pick<VerifyOptions, "minRsaBits">,
    ports: VerifyPorts,
    setting?: ArcSetting,
  ) {
    this.#options = options;
    this.#ports = { ...ports, resolver: askingOnce(ports.resolver) };
    this.#setting = setting;
    this.#bodyHashes = new BodyHashes(ports.crypto);
  }

  /** Takes the next octets of the message; the chunk is only read during the call. */
  push(chunk: Uint8Array): void {
    this.#lineEnds.push(chunk);
  }

  /** Takes the end of the message, and waits for DNS. */
  async end(): Promise<ArcOutcome> {
    this.#lineEnds.end();
    this.#split.end();
    this.#bodyHashes.end();
    const verifier = this.#verifier;
    const verdict = arcVerdict(
      await verifier?.end() ??
        { status: "badStructure", reason: TOO_LONG, instance: 0, sets: [] },
    );
    if (this.#setting === undefined) return { verdict };
    if (verifier === undefined || this.#sealer === undefined) {
      return { verdict, sealing: { reason: TOO_LONG } };
    }
    const results = this.#setting.formatResults(verdict);
    const sealing = await this.#sealer.end(verifier.chain, verdict, results);
    return { verdict, sealing };
  }

  #begin(header: string | undefined): void {
    if (header === undefined) return;
    const fields = parseHeader(header);
    this.#verifier = new ArcVerifier(
      { fields, malformed: findMalformed(fields) },
      this.#options,
      this.#ports,
      this.#bodyHashes,
    );
    if (this.#setting === undefined) return;
    const { found, options } = this.#setting;
    this.#sealer = new ArcSealer(
      fields,
      found,
      options,
      this.#ports,
      this.#bodyHashes,
    );
  }
}
