// DMARCVERIFY: the letters of what can become of a message under DMARC. A file of its own, since
// whoever does not ask for DMARC does not load it. Knows no exit code and no message.

import type { DmarcStatus } from "../dmarc/status.ts";

/** Each status, by its letter in upper case. */
export const DMARC_LETTERS = {
  ok: "A",
  reject: "B",
  quarantine: "C",
  monitor: "D",
  noRecord: "E",
  dnsTemporary: "F",
  noAuthor: "G",
  excused: "H",
} as const satisfies Record<DmarcStatus, string>;

/** A letter of {@linkcode DMARC_LETTERS}. */
export type DmarcLetter = (typeof DMARC_LETTERS)[DmarcStatus];
