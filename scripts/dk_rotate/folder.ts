// A folder of keys as its files say: which links and keys sign, which selectors are to follow, and
// which have retired. State is nowhere else, so that a run can be killed at any moment.

import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { linkedKeyPath } from "../../lib/keys/key_path.ts";
import {
  parsePrivateKey,
  type PrivateKey,
} from "../../lib/keys/private_key.ts";
import { messageOf } from "../command/failure.ts";

/** Ends the name of a link to the selector that is to follow. */
const NEXT = ".next";
/** Ends the name of a file that says since when a selector is out of use. */
const RETIRED = ".retired";
/** Ends the name of a key whose own name has become a link. */
const OLD = ".old";
/** Begins and ends the name of a file that is not whole yet. */
const UNFINISHED = /^\.[\w.-]+\.dk-rotate$/;
/** What a folder has where nothing is a link yet. */
const DEFAULT = "default";

/** What signs in a folder, by one name. */
export interface Chain {
  name: string;
  selector: string;
  next?: string;
}

/** What the files of a folder say. */
export class KeyFolder {
  readonly path: string;
  readonly names: string[];

  /** Reads it as it is now. */
  constructor(path: string) {
    this.path = path;
    this.names = readdirSync(path).sort();
  }

  /**
   * Lists what signs: each link to a selector; without any, the key `default`.
   *
   * @throws {Error} If nothing does.
   */
  chains(): Chain[] {
    const names = this.names.filter((name) =>
      !name.endsWith(NEXT) && this.#linked(name) !== undefined
    );
    if (names.length === 0) {
      if (!this.names.includes(DEFAULT)) {
        throw new Error(
          `Cannot find a key in "${this.path}": make one with dknewkey, and a link to it`,
        );
      }
      names.push(DEFAULT);
    }
    return names.map((name) => {
      const next = this.#linked(name + NEXT);
      const selector = this.#linked(name) ?? name;
      return { name, selector, ...(next === undefined ? {} : { next }) };
    });
  }

  /** Lists what has retired, and since when, in milliseconds since 1970. */
  retired(): { selector: string; sinceMs: number }[] {
    return this.names.filter((name) => name.endsWith(RETIRED)).map((name) => {
      const text = readFileSync(this.#at(name), "utf8").trim();
      const sinceMs = Date.parse(text);
      if (Number.isNaN(sinceMs)) {
        throw new Error(
          `Cannot read "${this.#at(name)}": it holds "${text}", and no time`,
        );
      }
      return { selector: name.slice(0, -RETIRED.length), sinceMs };
    });
  }

  /** The path of a selector's private key. */
  pathOf(selector: string): string {
    return this.#at(
      this.#linked(selector) === undefined ? selector : selector + OLD,
    );
  }

  /** Reads a private key; `undefined` if there is none. */
  read(selector: string): { key: PrivateKey; madeMs: number } | undefined {
    const path = this.pathOf(selector);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    try {
      const key = parsePrivateKey(readFileSync(path, "utf8"));
      return { key, madeMs: stat.mtimeMs };
    } catch (error) {
      throw new Error(`Cannot use "${path}": ${messageOf(error)}`);
    }
  }

  /** Chooses the selector that is to follow. */
  name(name: string, selector: string): void {
    symlinkSync(selector, this.#at(name + NEXT));
    this.#sync();
  }

  /** Puts a key there, whole, for whom the present one is. */
  make(selector: string, pem: string, present: string, nowMs: number): void {
    const { uid, gid, mode } = statSync(this.pathOf(present));
    const path = this.#at(`.${selector}.dk-rotate`);
    this.#write(path, pem, (fd) => {
      fchownSync(fd, uid, gid);
      fchmodSync(fd, mode & 0o777);
    });
    utimesSync(path, nowMs / 1000, nowMs / 1000);
    // Unlike a rename, a link takes no other file's place.
    linkSync(path, this.#at(selector));
    unlinkSync(path);
    this.#sync();
  }

  /** Has the next selector sign from now on. */
  switch(name: string, retiring: string, nowMs: number): void {
    const marker = this.#at(`.${retiring}.dk-rotate`);
    this.#write(marker, `${new Date(nowMs).toISOString()}\n`);
    renameSync(marker, this.#at(retiring + RETIRED));
    if (retiring === name && !this.#isKept(name)) {
      linkSync(this.#at(name), this.#at(name + OLD));
    }
    this.#sync();
    renameSync(this.#at(name + NEXT), this.#at(name));
    this.#sync();
  }

  /** Removes a private key. */
  remove(selector: string): void {
    unlinkSync(this.pathOf(selector));
    this.#sync();
  }

  /** Removes what is known of a selector. */
  forget(selector: string): void {
    unlinkSync(this.#at(selector + RETIRED));
    this.#sync();
  }

  /** Removes what somebody who was killed has left. */
  clean(): void {
    for (const name of this.names.filter((name) => UNFINISHED.test(name))) {
      unlinkSync(this.#at(name));
    }
  }

  /** The name in a link to a selector. */
  #linked(name: string): string | undefined {
    const path = this.#at(name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink() !== true) return undefined;
    const target = readlinkSync(path);
    return linkedKeyPath(path, target) === undefined ? undefined : target;
  }

  #isKept(name: string): boolean {
    const kept = statSync(this.#at(name + OLD), { throwIfNoEntry: false });
    return kept !== undefined && kept.ino === statSync(this.#at(name)).ino;
  }

  #at(name: string): string {
    return `${this.path}/${name}`;
  }

  #write(path: string, text: string, give?: (fd: number) => void): void {
    const fd = openSync(path, "wx", 0o600);
    try {
      give?.(fd);
      writeFileSync(fd, text);
      fsyncSync(fd);
    } catch (error) {
      unlinkSync(path);
      throw error;
    } finally {
      closeSync(fd);
    }
  }

  /** What is in the folder is there after a power failure too. */
  #sync(): void {
    const fd = openSync(this.path, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}
