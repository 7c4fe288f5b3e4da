// Holds what the next program was given against what was sent: each mail that was accepted is there once,
// whole, and verifies; none that was refused is there.

import { addedFields } from "../support/mail.ts";
import type { Outbox, PlainMail } from "../support/plain_mail.ts";
import { verifyDkim } from "../support/verifiers.ts";

const RESIDENT = /^out\.\d+$/;

/**
 * Counts what is there of what was sent.
 *
 * @param verified Mails of which a verdict is expected, and no signatures.
 * @param records The keys of those that are signed.
 */
export async function auditOutbox(
  outbox: Outbox,
  verified: Set<PlainMail>,
  records: ReadonlyMap<string, string>,
) {
  const files = outbox.files();
  const counts = {
    accepted: 0,
    found: 0,
    missing: 0,
    twice: 0,
    "refused yet there": 0,
    "not good": 0,
    "by the process": 0,
    "one-shot": 0,
  };
  for (const mail of outbox.mails) {
    const names = files.get(mail.serial) ?? [];
    const isAccepted = mail.code === 0;
    if (isAccepted) counts.accepted++;
    if (isAccepted && names.length === 0) counts.missing++;
    if (names.length > 1) counts.twice++;
    if (!isAccepted && names.length > 0) counts["refused yet there"]++;
    for (const name of names) {
      counts.found++;
      const file = name.split(".").slice(2).join(".");
      counts[RESIDENT.test(file) ? "by the process" : "one-shot"]++;
      const message = await outbox.read(name);
      const isGood = verified.has(mail)
        ? isVerified(mail, message)
        : isSigned(mail, message, records);
      if (!isGood) counts["not good"]++;
    }
  }
  return counts;
}

/** The message is whole, below the fields of the program. */
function namesAdded({ message }: PlainMail, queued: Uint8Array): string {
  return addedFields(message, queued).map(({ name }) => name).join();
}

function isVerified(mail: PlainMail, queued: Uint8Array): boolean {
  return namesAdded(mail, queued) === "Authentication-Results";
}

function isSigned(
  mail: PlainMail,
  queued: Uint8Array,
  records: ReadonlyMap<string, string>,
): boolean {
  return namesAdded(mail, queued) === "DKIM-Signature,DomainKey-Signature" &&
    verifyDkim(queued, records).join() ===
      "default._domainkey.example.com pass";
}
