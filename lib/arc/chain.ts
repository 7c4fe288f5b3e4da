// Reads the sets of a message, and checks that they are a chain (RFC 8617 section 5.2, steps 1 to 3): one
// of each field for each instance, none missing, each with the right `cv=`. Knows no key.

import {
  fieldsNamed,
  fieldValue,
  type HeaderField,
} from "../message/header.ts";
import { parseTagList } from "../message/tag_list.ts";
import { MAX_SETS, parseInstance } from "./instance.ts";
import { ARC_MESSAGE_SIGNATURE } from "./message_signature.ts";
import {
  ARC_AUTHENTICATION_RESULTS,
  parseArcResults,
} from "./results_field.ts";
import {
  ARC_SEAL,
  type ArcSeal,
  canonicalSet,
  parseArcSeal,
  parseChainState,
  type SealedFields,
} from "./seal.ts";
import type { ArcStatus } from "./status.ts";

/** One set of a chain. */
export interface ArcSet {
  fields: SealedFields & { seal: HeaderField };
  seal: ArcSeal;
  /** The canonical set that later seals cover. */
  canonical: string;
}

/** The fault of a chain. */
export interface ArcFault {
  /** The status. */
  status: ArcStatus;
  /** The comment for Authentication-Results, like `i=2: no ARC-Seal`. */
  reason: string;
  /** The field that does not verify, if that is the fault. */
  field?: { instance: number; name: "ARC-Seal" | "ARC-Message-Signature" };
}

/** The ARC fields of a header. */
export interface Chain {
  /** The sets in their order; none if there is a fault. */
  sets: ArcSet[];
  /** The greatest instance of any field, 0 without one. */
  highest: number;
  fault?: ArcFault;
}

const NAMES = [
  ARC_AUTHENTICATION_RESULTS,
  ARC_MESSAGE_SIGNATURE,
  ARC_SEAL,
] as const;

interface Member {
  name: typeof NAMES[number];
  field: HeaderField;
  instance: number | undefined;
}

/** Reads the sets of a header. */
export function readChain(fields: HeaderField[]): Chain {
  const found = NAMES.map((name) => fieldsNamed(fields, name));
  if (found.some(({ length }) => length > MAX_SETS)) {
    return broken(MAX_SETS + 1, "tooManySets", `over ${MAX_SETS} sets`);
  }
  const members = NAMES.flatMap((name, n) =>
    found[n]!.map((field): Member => ({
      name,
      field,
      instance: instanceOf(name, field),
    }))
  );
  const highest = Math.max(0, ...members.map(({ instance = 0 }) => instance));
  if (members.length === 0) return { sets: [], highest };
  if (highest > MAX_SETS) {
    return broken(highest, "tooManySets", `i=${highest}`);
  }
  if (members.some((member) => saysFailed(member, highest))) {
    return broken(highest, "failedBefore", `i=${highest}: cv=fail`);
  }
  const strange = members.find(({ instance }) => instance === undefined);
  if (strange !== undefined) {
    return broken(highest, "badStructure", `no usable i= in ${strange.name}`);
  }
  const sets: ArcSet[] = [];
  for (let instance = 1; instance <= highest; instance++) {
    const set = readSet(members, instance);
    if (typeof set === "string") {
      return broken(highest, "badStructure", `i=${instance}: ${set}`);
    }
    sets.push(set);
  }
  return { sets, highest };
}

function broken(highest: number, status: ArcStatus, reason: string): Chain {
  return { sets: [], highest, fault: { status, reason } };
}

function instanceOf(
  name: Member["name"],
  field: HeaderField,
): number | undefined {
  return name === ARC_AUTHENTICATION_RESULTS
    ? parseArcResults(field)?.instance
    : parseInstance(tagOf(field, "i"));
}

/** Tells whether the newest seal says `cv=fail`, whatever else is in it. */
function saysFailed(
  { name, field, instance }: Member,
  highest: number,
): boolean {
  return name === ARC_SEAL && instance === highest &&
    parseChainState(tagOf(field, "cv")) === "fail";
}

function tagOf(field: HeaderField, name: string): string | undefined {
  return parseTagList(fieldValue(field))?.get(name)?.value;
}

/** @returns The set, or its fault. */
function readSet(members: Member[], instance: number): ArcSet | string {
  const own = members.filter((member) => member.instance === instance);
  const odd = NAMES.map((name) => ({
    name,
    count: own.filter((member) => member.name === name).length,
  })).find(({ count }) => count !== 1);
  if (odd !== undefined) {
    return `${odd.count === 0 ? "no" : "more than one"} ${odd.name}`;
  }
  // There is one field of each name, sorted by name.
  const [results, messageSignature, sealField] = own.map(({ field }) =>
    field
  ) as [HeaderField, HeaderField, HeaderField];
  const seal = parseArcSeal(sealField);
  if (seal === undefined) return `bad syntax in ${ARC_SEAL}`;
  if (seal.algorithm === "rsa-sha1") return `rsa-sha1 in ${ARC_SEAL}`;
  const expected = instance === 1 ? "none" : "pass";
  if (seal.chainState !== expected) return `cv=${seal.chainState}`;
  const fields = { results, messageSignature, seal: sealField };
  return { fields, seal, canonical: canonicalSet(fields, sealField) };
}
