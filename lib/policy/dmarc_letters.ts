// DMARCVERIFY: the letters of the DMARC statuses. They are a file of their own, which a program loads
// only if a site asks for DMARC. Knows no exit code and no message.

import type { DmarcStatus } from "../dmarc/status.ts";

/** The letter of each status, in upper case. */
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

/** One of {@linkcode DMARC_LETTERS}. */
export type DmarcLetter = (typeof DMARC_LETTERS)[DmarcStatus];
