// Reads a constant database as cdbmake writes it (cdb(5)), record by record. Has no look-up, and knows
// no meaning of a record.

import { toText } from "../../lib/message/octets.ts";

const TABLES = 256;
const POINTER_BYTES = 8;
const RECORD_HEAD_BYTES = 8;
const HEAD_BYTES = TABLES * POINTER_BYTES;

/** A key and its data, as octet strings. */
export type CdbRecord = [key: string, data: string];

/**
 * Lists all records.
 *
 * @throws {SyntaxError} For a database that is cut short or malformed.
 */
export function listCdb(bytes: Uint8Array): CdbRecord[] {
  const end = endOfRecords(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const records: CdbRecord[] = [];
  let at = HEAD_BYTES;
  while (at < end) {
    if (at + RECORD_HEAD_BYTES > end) throw damaged();
    const keyStart = at + RECORD_HEAD_BYTES;
    const dataStart = keyStart + view.getUint32(at, true);
    at = dataStart + view.getUint32(keyStart - 4, true);
    if (at > end) throw damaged();
    records.push([
      toText(bytes.subarray(keyStart, dataStart)),
      toText(bytes.subarray(dataStart, at)),
    ]);
  }
  return records;
}

/** Finds the end of the records, where the first hash table begins. Each table must lie in the file. */
function endOfRecords(bytes: Uint8Array): number {
  if (bytes.length < HEAD_BYTES) throw damaged();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let end = bytes.length;
  for (let table = 0; table < TABLES; table++) {
    const position = view.getUint32(table * POINTER_BYTES, true);
    const slots = view.getUint32(table * POINTER_BYTES + 4, true);
    const isInside = position >= HEAD_BYTES &&
      position + slots * POINTER_BYTES <= bytes.length;
    if (!isInside) throw damaged();
    end = Math.min(end, position);
  }
  return end;
}

function damaged(): SyntaxError {
  return new SyntaxError("it is no whole cdb");
}
