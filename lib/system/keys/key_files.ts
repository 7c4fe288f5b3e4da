// Reads private keys from files. If a file is missing, the parent domain is next. Any other fault of a
// key defers the mail. Knows no signature.

import { parsePrivateKey, type PrivateKey } from "../../keys/private_key.ts";
import type { FoundKey, KeyStore } from "../../ports/key_store.ts";
import { isPerDomain, keyPaths } from "../../keys/key_path.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { messageOf } from "../process/error_message.ts";
import type { KeyCache } from "./key_cache.ts";
import { readRegularFile } from "../configuration/regular_file.ts";

const READABLE_BY_ALL = 0o004;

/** Looks keys up in files. */
export class KeyFiles implements KeyStore {
  #exposed: string[] = [];
  #keys = new Map<string, PrivateKey | undefined>();
  #parseText: (path: string, text: string) => PrivateKey;

  /** @param cache Keys of messages before; without it, each file is parsed. */
  constructor(cache?: Pick<KeyCache, "parse">) {
    this.#parseText = cache === undefined
      ? (_, text) => parsePrivateKey(text)
      : (path, text) => cache.parse(path, text);
  }

  /**
   * @throws {StepFailed} 55 for a key that can not be read or used, 32 when the only path of a
   * pattern without `%` is not there.
   */
  find(pattern: string, domain: string): FoundKey | undefined {
    for (
      const { path, domain: signingDomain, selector } of keyPaths(
        pattern,
        domain,
      )
    ) {
      const key = this.#read(path);
      if (key !== undefined) return { key, domain: signingDomain, selector };
      if (!isPerDomain(pattern)) {
        throw new StepFailed(EXIT.noSuchKey, `No private key "${path}"`);
      }
    }
    return undefined;
  }

  /** The keys that were found and that everybody can read. */
  exposed(): string[] {
    return this.#exposed;
  }

  #read(path: string): PrivateKey | undefined {
    if (!this.#keys.has(path)) this.#keys.set(path, this.#parse(path));
    return this.#keys.get(path);
  }

  #parse(path: string): PrivateKey | undefined {
    try {
      const { text, mode } = readRegularFile(path);
      const key = this.#parseText(path, text);
      if (mode & READABLE_BY_ALL) this.#exposed.push(path);
      return key;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || isNameTooLong(error)) {
        return undefined;
      }
      throw new StepFailed(
        EXIT.configuration,
        `Cannot use the private key "${path}": ${messageOf(error)}`,
      );
    }
  }
}

/** Tells whether a domain is too long for a file name, so that no such file can exist. */
function isNameTooLong(error: unknown): boolean {
  return error instanceof Error && "code" in error &&
    error.code === "ENAMETOOLONG";
}
