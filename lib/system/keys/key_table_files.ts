// Key tables in files, for a process that has many messages: a table that has not changed is not read
// again. Knows no line of them.

import { KeyTable } from "../../keys/key_table.ts";
import { readRegularFile } from "../configuration/regular_file.ts";
import { nowMs } from "../process/clock.ts";

/** A table that has changed since then may change again, and have the same time. */
const SETTLED_MS = 2000;

/** More tables than a resident process serves. */
const MAX_TABLES = 100;

/** Tables by path. */
export class KeyTableFiles {
  #tables = new Map<string, { stamp: string; table: KeyTable }>();

  /**
   * Opens a table as it stands now.
   *
   * @throws {Deno.errors.NotFound} If there is none.
   * @throws {Error} For any other trouble, and for what is no regular file.
   */
  open(path: string): KeyTable {
    const { dev, ino, size, mtime, ctime } = Deno.statSync(path);
    const changedMs = Math.max(mtime?.getTime() ?? 0, ctime?.getTime() ?? 0);
    const stamp = [dev, ino, size, changedMs].join();
    const known = this.#tables.get(path);
    if (known?.stamp === stamp) return known.table;
    const table = new KeyTable(readRegularFile(path).text);
    this.#tables.delete(path);
    if (nowMs() - changedMs > SETTLED_MS) {
      if (this.#tables.size >= MAX_TABLES) this.#tables.clear();
      this.#tables.set(path, { stamp, table });
    }
    return table;
  }
}
