// Keeps parsed private keys from one message to the next. Each time the file is looked at, and read if it
// may have changed, so that a replaced key signs the next mail.

import { parsePrivateKey, type PrivateKey } from "../../keys/private_key.ts";
import {
  checkRegularFile,
  readRegularFile,
} from "../configuration/regular_file.ts";
import { stampOf } from "./file_stamp.ts";

/** With more keys the oldest one is dropped, and parsed again when it is needed. */
const MAX_KEYS = 10_000;

/** A key, and the mode of its file. */
export interface ReadKey {
  key: PrivateKey;
  mode: number;
}

/** Reads keys, and keeps none. */
export const keyReader = {
  read(path: string): ReadKey {
    const { text, mode } = readRegularFile(path);
    return { key: parsePrivateKey(text), mode };
  },
};

/** Parsed keys by path. */
export class KeyCache {
  #keys = new Map<
    string,
    { text: string; key: PrivateKey; stamp: string | undefined }
  >();

  /**
   * Reads what stands in a file now.
   *
   * @returns The same key as long as the text is the same.
   * @throws {Deno.errors.NotFound} If there is no such file.
   * @throws {SyntaxError} For what is no key that can sign.
   * @throws {Error} For any other trouble, and for what is no regular file.
   */
  read(path: string): ReadKey {
    const info = checkRegularFile(path);
    const mode = info.mode ?? 0;
    const stamp = stampOf(info);
    const known = this.#keys.get(path);
    if (known !== undefined && stamp !== undefined && known.stamp === stamp) {
      return { key: known.key, mode };
    }
    const text = Deno.readTextFileSync(path);
    const key = known?.text === text ? known.key : parsePrivateKey(text);
    this.#keys.delete(path);
    this.#keys.set(path, { text, key, stamp });
    if (this.#keys.size > MAX_KEYS) {
      this.#keys.delete(this.#keys.keys().next().value!);
    }
    return { key, mode };
  }
}
