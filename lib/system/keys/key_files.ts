// Reads private keys from files. If a file is missing, the parent domain is next. Any other fault of a
// key defers the mail. A link to a name in its own folder gives the selector. Knows no signature.

import type { PrivateKey } from "../../keys/private_key.ts";
import type { FoundKey, KeyStore } from "../../ports/key_store.ts";
import {
  isPerDomain,
  keyPaths,
  linkedKeyPath,
  selectorOf,
} from "../../keys/key_path.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { messageOf } from "../process/error_message.ts";
import { type KeyCache, keyReader } from "./key_cache.ts";

const READABLE_BY_ALL = 0o004;

/** A key, and its selector where a link names it. */
interface KeyFile {
  key: PrivateKey;
  selector?: string;
}

/** Looks keys up in files. */
export class KeyFiles implements KeyStore {
  #exposed: string[] = [];
  #keys = new Map<string, KeyFile | undefined>();
  #reader: Pick<KeyCache, "read">;

  /** @param reader What keeps keys of messages before; without it, each file is parsed. */
  constructor(reader: Pick<KeyCache, "read"> = keyReader) {
    this.#reader = reader;
  }

  /**
   * @throws {StepFailed} 55 for a key that cannot be read or used, 32 when the only path of a
   * pattern without `%` is not there.
   */
  find(pattern: string, domain: string): FoundKey | undefined {
    for (
      const { path, domain: signingDomain, selector } of keyPaths(
        pattern,
        domain,
      )
    ) {
      const file = this.#read(path);
      if (file !== undefined) {
        return {
          key: file.key,
          domain: signingDomain,
          selector: file.selector ?? selector,
        };
      }
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

  #read(path: string): KeyFile | undefined {
    if (!this.#keys.has(path)) this.#keys.set(path, this.#parse(path));
    return this.#keys.get(path);
  }

  #parse(path: string): KeyFile | undefined {
    let linked: string | undefined;
    try {
      // Read once, and not followed: a link that is switched meanwhile would give another key.
      linked = readKeyLink(path);
      const { key, mode } = this.#reader.read(linked ?? path);
      if (mode & READABLE_BY_ALL) this.#exposed.push(linked ?? path);
      return linked === undefined
        ? { key }
        : { key, selector: selectorOf(linked) };
    } catch (error) {
      const isMissing = error instanceof Deno.errors.NotFound ||
        isNameTooLong(error);
      // A link is there: its domain is to be signed for.
      if (isMissing && linked === undefined) return undefined;
      throw new StepFailed(
        EXIT.configuration,
        `Cannot use the private key "${path}": ${messageOf(error)}`,
      );
    }
  }
}

/**
 * Reads a link that names a selector.
 *
 * @returns The path of the key; `undefined` for what is no such link.
 * @throws {Deno.errors.NotFound} If there is nothing at all.
 */
export function readKeyLink(path: string): string | undefined {
  if (!Deno.lstatSync(path).isSymlink) return undefined;
  return linkedKeyPath(path, Deno.readLinkSync(path));
}

/** Tells whether a domain is too long for a file name, so that no such file can exist. */
function isNameTooLong(error: unknown): boolean {
  return error instanceof Error && "code" in error &&
    error.code === "ENAMETOOLONG";
}
