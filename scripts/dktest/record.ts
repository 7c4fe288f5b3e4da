// Records what the verifying pass hashes for each signature: counts the octets, and writes them into
// files. Takes the very octets that are hashed, and canonicalizes nothing itself.

import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import type { DkimSignature } from "../../lib/dkim/signature.ts";
import type { DkimStatus } from "../../lib/dkim/status.ts";
import type { DomainKeysSignature } from "../../lib/domainkeys/signature.ts";
import type { Sink } from "../../lib/message/stage.ts";
import type { HashWitness } from "../../lib/dkim/verifier.ts";
import type { Witness } from "../../lib/pass/verify_pass.ts";

/** The octets of one hash, counted and perhaps written into a file. */
export class HashedPart {
  /** `undefined` if nothing was hashed. 0 means that an empty text was hashed. */
  octets: number | undefined;
  /** The file, if the octets are dumped. */
  readonly path: string | undefined;
  #fd: number | undefined;

  constructor(path: string | undefined) {
    this.path = path;
  }

  /** Makes the file, even if no octet follows. */
  begin(): void {
    this.octets = 0;
    // For the owner alone: it is mail.
    if (this.path !== undefined) this.#fd = openSync(this.path, "w", 0o600);
  }

  push(run: Uint8Array): void {
    if (this.octets === undefined) this.begin();
    this.octets! += run.length;
    if (this.#fd !== undefined) writeFileSync(this.#fd, run);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/** One DKIM signature, and the octets that were hashed for it. */
export interface DkimRecord {
  signature: DkimSignature | DkimStatus;
  header: HashedPart;
  body: HashedPart;
}

/** The DomainKeys signature, and the octets that were hashed for it, header and body together. */
export interface DomainKeysRecord {
  signature: DomainKeysSignature;
  signed: HashedPart;
}

/** Records what is hashed for one message. */
export class HashRecorder implements Witness, Disposable {
  /** From the top down. */
  readonly dkimRecords: DkimRecord[] = [];
  domainKeysRecord: DomainKeysRecord | undefined;
  #folder: string | undefined;

  /** @param dumpFolder The folder for the files, made if it is missing. Without it nothing is written. */
  constructor(dumpFolder: string | undefined) {
    this.#folder = dumpFolder;
    if (dumpFolder !== undefined) mkdirSync(dumpFolder, { recursive: true });
  }

  dkim(signature: DkimSignature | DkimStatus): HashWitness {
    const name = `dkim-${this.dkimRecords.length + 1}`;
    const header = this.#part(`${name}.header`);
    const body = this.#part(`${name}.body`);
    this.dkimRecords.push({ signature, header, body });
    return {
      header(run) {
        header.push(run);
        body.begin();
      },
      body: (run) => body.push(run),
    };
  }

  domainKeys(signature: DomainKeysSignature): Sink {
    const signed = this.#part("domainkeys.signed");
    this.domainKeysRecord = { signature, signed };
    return (run) => signed.push(run);
  }

  [Symbol.dispose](): void {
    for (const { header, body } of this.dkimRecords) {
      header.close();
      body.close();
    }
    this.domainKeysRecord?.signed.close();
  }

  #part(name: string): HashedPart {
    const folder = this.#folder;
    return new HashedPart(
      folder === undefined ? undefined : `${folder}/${name}`,
    );
  }
}
