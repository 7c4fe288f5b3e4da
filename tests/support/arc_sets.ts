// Sets made by hand, and a pass over them: node:crypto and the reference's canonicalizations, nothing
// of what is to be proved. Any tag of either field may be put, changed or left out.

import { toOctets } from "../../lib/message/octets.ts";
import { ArcPass } from "../../lib/pass/arc_pass.ts";
import type { ArcVerdict } from "../../lib/pass/arc_verdict.ts";
import type { Resolver } from "../../lib/ports/resolver.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { feed } from "./laws.ts";
import { fieldsOf, partsOf, relaxedField } from "./reference.ts";
import { NOW } from "./signing.ts";
import {
  formatSigned,
  makeZone,
  MESSAGE,
  PEM,
  signOctets,
  type Tags,
  write,
} from "./verifying.ts";

export const [AAR, AMS, AS] = [
  "ARC-Authentication-Results",
  "ARC-Message-Signature",
  "ARC-Seal",
] as const;

/** How a set is made, where it is not as usual. */
export interface HandMade {
  /** What follows the instance in the results. */
  results?: string;
  /** Tags of ARC-Message-Signature. */
  message?: Tags;
  /** Tags of ARC-Seal. */
  seal?: Tags;
  pem?: string;
  /** The seal covers its own set alone (RFC 8617 section 5.1.2). */
  alone?: boolean;
}

/** Puts the next set on top of a message (RFC 8617 section 5.1): ARC-Seal, AMS, AAR. */
export function sealByHand(message: string, made: HandMade = {}): string {
  const { results = "mx.example.com; spf=pass", pem = PEM } = made;
  const earlier = fieldsOf(partsOf(message).header).filter(({ name }) =>
    [AAR, AMS, AS].includes(name as typeof AS)
  );
  const instance = earlier.length / 3 + 1;
  const i = `${instance}`;
  const aar = `${AAR}: i=${i}; ${results}`;
  const ams = formatSigned(AMS, message, { i, ...made.message }, pem);
  const tags: Tags = {
    i,
    a: "rsa-sha256",
    cv: instance === 1 ? "none" : "pass",
    d: "example.com",
    s: "default",
    ...made.seal,
  };
  // RFC 8617 5.1.1: "in increasing instance order", and in each set AAR, AMS, AS. They stand on top of
  // each other here, the newest first, each set the other way round.
  const unsigned = write(AS, { ...tags, b: "" });
  const own = [aar, ams, unsigned].map((raw) =>
    relaxedField(fieldsOf(raw.split("\n"))[0]!)
  );
  const before = made.alone ? [] : earlier.toReversed().map(relaxedField);
  const octets = toOctets([...before, ...own].join("").slice(0, -2));
  const hash = tags["a"] === "rsa-sha1" ? "sha1" : "sha256";
  const b = made.seal?.["b"] ?? signOctets(hash, octets, pem);
  return `${write(AS, { ...tags, b })}\n${ams}\n${aar}\n${message}`;
}

/** A message with so many sets. */
export function sealTimes(count: number, message = MESSAGE): string {
  return Array.from({ length: count }).reduce(
    (sealed: string) => sealByHand(sealed),
    message,
  );
}

/** Validates, at {@linkcode NOW}, with the key of {@linkcode PEM}. */
export async function validate(
  message: string | Iterable<Uint8Array>,
  resolver: Resolver = makeZone(),
  now = NOW,
): Promise<ArcVerdict> {
  const pass = new ArcPass({ minRsaBits: 1024 }, {
    crypto: systemCrypto,
    resolver,
    now,
  });
  const chunks = typeof message === "string" ? [toOctets(message)] : message;
  const { verdict } = await feed(pass, chunks);
  return verdict;
}

/** A verdict in one line, as tables hold it: "fail: i=2: no ARC-Seal". */
export function briefly({ result, reason }: ArcVerdict): string {
  return `${result}: ${reason}`;
}
