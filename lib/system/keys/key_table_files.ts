// Key tables in files, for a process that has many messages: a table that has not changed is not read
// again. Knows no line of them.

import { KeyTable } from "../../keys/key_table.ts";
import { joinOctets } from "../../message/octets.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { checkRegularFile } from "../configuration/regular_file.ts";
import { messageOf } from "../process/error_message.ts";
import { stampOf } from "./file_stamp.ts";

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
    const stamp = stampOf(Deno.statSync(path));
    const known = this.#tables.get(path);
    if (known !== undefined && known.stamp === stamp) return known.table;
    const table = new KeyTable([...openParts(path)]);
    this.#tables.delete(path);
    if (stamp !== undefined) {
      if (this.#tables.size >= MAX_TABLES) this.#tables.clear();
      this.#tables.set(path, { stamp, table });
    }
    return table;
  }
}

/** Some thousand lines: smaller parts cost as much as one text, half as much again as these. */
const PART_BYTES = 1 << 18;
const LF = 0x0a;

/**
 * Opens a table for one message. Its file is read as far as a domain needs it, and stays open until then
 * or until the process becomes the next program.
 *
 * @throws {Deno.errors.NotFound} If there is none.
 * @throws {Error} For any other trouble, and for what is no regular file.
 */
export function openTable(path: string): KeyTable {
  return new KeyTable(openParts(path));
}

/** Opens at once, reads when the first part is asked for. */
function openParts(path: string): Generator<string> {
  const { size } = checkRegularFile(path);
  return readParts(Deno.openSync(path), size);
}

function* readParts(opened: Deno.FsFile, size: number): Generator<string> {
  using file = opened;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let buffer = new Uint8Array(Math.min(size, PART_BYTES) + 2);
  // Before the first line as before every other one.
  buffer[0] = LF;
  for (let length = 1;;) {
    const count = readSome(file, buffer.subarray(length));
    if (count === null) {
      yield decoder.decode(buffer.subarray(0, length));
      return;
    }
    length += count;
    const last = buffer.subarray(0, length).lastIndexOf(LF);
    if (last > 0) {
      yield decoder.decode(buffer.subarray(0, last));
      buffer.copyWithin(0, last, length);
      length -= last;
    } else if (length === buffer.length) {
      buffer = joinOctets([buffer, new Uint8Array(length)]);
    }
  }
}

/** @throws {StepFailed} 55 for a read error. */
function readSome(file: Deno.FsFile, buffer: Uint8Array): number | null {
  try {
    return file.readSync(buffer);
  } catch (error) {
    throw new StepFailed(
      EXIT.configuration,
      `Cannot read control/dkimkeys: ${messageOf(error)}`,
    );
  }
}
