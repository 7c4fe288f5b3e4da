// Holds the queues of hubs against what clients were told of their mails. Knows no hub and no client.

import { verify } from "../../lib/api/verify.ts";
import { toBytes } from "../support/mail.ts";
import { verifyDkim, verifyDomainKeys } from "../support/verifiers.ts";
import { Zone } from "../support/zone.ts";
import type { Attempt } from "./attempt.ts";
import type { QueuedMail } from "./hub.ts";
import { RECIPIENT } from "./mail_host.ts";

/** Senders, by what is wrong with their mails. */
export interface Audit {
  /** Accepted by a hub, and not in its queue. */
  missing: string[];
  /** In the queue of a hub more often than it was accepted or unclear. */
  repeated: string[];
  /** In the queue of a hub that nobody has sent it to. */
  unknown: string[];
  /** Without two good signatures, or not what was sent. */
  damaged: string[];
  /** No fault by itself: there more than once, since a client was not told that it had been queued. */
  twice: string[];
}

/**
 * @param isWhole Whether a message, from From on, is what the sender has sent.
 * @param records The key records, by name.
 */
export async function auditHubs(
  attempts: Attempt[],
  queued: QueuedMail[],
  isWhole: (sender: string, message: string) => boolean,
  records: ReadonlyMap<string, string>,
): Promise<Audit> {
  const copies = Map.groupBy(queued, keyOf);
  const tried = Map.groupBy(
    attempts,
    ({ sender, server }) => `${sender} ${server}`,
  );
  const there = (key: string) => copies.get(key)?.length ?? 0;
  const ended = (key: string, outcome: Attempt["outcome"]) =>
    tried.get(key)?.filter((each) => each.outcome === outcome).length ?? 0;
  const damaged = await Promise.all(queued.map(async (mail) => {
    const sender = senderOf(mail);
    const damage = await examine(mail, isWhole, records);
    return damage === "" ? [] : [`${sender}: ${damage}`];
  }));
  return {
    missing: [...tried.keys()].filter((key) =>
      there(key) < ended(key, "accepted")
    ),
    repeated: [...copies.keys()].filter((key) =>
      there(key) > ended(key, "accepted") + ended(key, "unclear")
    ),
    unknown: [...copies.keys()].filter((key) => !tried.has(key)),
    damaged: damaged.flat(),
    twice: [...Map.groupBy(queued, senderOf)]
      .filter(([, mails]) => mails.length > 1)
      .map(([sender]) => sender),
  };
}

function keyOf(mail: QueuedMail): string {
  return `${senderOf(mail)} ${mail.server}`;
}

function senderOf({ envelope }: QueuedMail): string {
  return /^F([^\0]*)\0/.exec(envelope)?.[1] ?? "";
}

const KEY = "default._domainkey.example.com";

/** What is wrong, in words. */
async function examine(
  { message, envelope }: QueuedMail,
  isWhole: (sender: string, message: string) => boolean,
  records: ReadonlyMap<string, string>,
): Promise<string> {
  const sender = senderOf({ message, envelope, server: "" });
  const octets = toBytes(message);
  const { dkim, domainKeys } = await verify(octets, {
    resolver: new Zone(Object.fromEntries(records)),
  });
  const facts = {
    "the envelope": envelope === `F${sender}\0T${RECIPIENT}\0\0`,
    "the message": isWhole(sender, message.slice(message.search(/^From: /m))),
    "DKIM": dkim.result === "pass",
    "DomainKeys": domainKeys.result === "pass",
    "DKIM to another verifier":
      `${verifyDkim(octets, records)}` === `${KEY} pass`,
    "DomainKeys to another verifier":
      verifyDomainKeys(octets, records) === "pass",
  };
  return Object.entries(facts).filter(([, isTrue]) => !isTrue)
    .map(([name]) => name).join(", ");
}
