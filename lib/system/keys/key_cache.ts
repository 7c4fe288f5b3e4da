// Keeps parsed private keys from one message to the next. The file itself is read each time, so that a
// replaced key signs the next mail.

import { parsePrivateKey, type PrivateKey } from "../../keys/private_key.ts";

/** With more keys the oldest one is dropped, and parsed again when it is needed. */
const MAX_KEYS = 10_000;

/** Parsed keys by path. */
export class KeyCache {
  #keys = new Map<string, { text: string; key: PrivateKey }>();

  /**
   * Parses what stands in a file now.
   *
   * @returns The same object as long as the text is the same.
   * @throws {SyntaxError} For what is no key that can sign.
   */
  parse(path: string, text: string): PrivateKey {
    const known = this.#keys.get(path);
    if (known?.text === text) return known.key;
    const key = parsePrivateKey(text);
    this.#keys.delete(path);
    this.#keys.set(path, { text, key });
    if (this.#keys.size > MAX_KEYS) {
      this.#keys.delete(this.#keys.keys().next().value!);
    }
    return key;
  }
}
