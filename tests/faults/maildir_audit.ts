// Holds a Maildir against what was sent: what was accepted is there once, whole, and verifies;
// nothing else is there.

import { splitResults } from "../support/split_results.ts";
import { verifyDkim, verifyDomainKeys } from "../support/verifiers.ts";
import { toText } from "../support/mail.ts";
import {
  digestOf,
  type Letter,
  OUR_DOMAIN,
  serialOf,
  THEIR_DOMAIN,
  THEIR_SELECTOR,
} from "./letter.ts";

/** Serial numbers, or names of files, by what is wrong with them. */
export interface Audit {
  /** How many files there are. */
  found: number;
  /** Accepted, and not there. */
  missing: number[];
  /** There more than once. */
  repeated: number[];
  /** Refused, and there nevertheless. */
  refusedYetFound: number[];
  /** Nobody has sent such a message. */
  unknown: string[];
  /** Not what was sent, with nothing but our fields on top, or not good. */
  damaged: string[];
  /** The selectors that signed. */
  selectors: string[];
}

/** Top to bottom: the queue, the filter, the front end, and the message. */
const QUEUE_TRACE =
  /^Return-Path: <[^\n]*>\nDelivered-To: [^\n]*\nReceived: \(qmail \d+ [^\n]*\n/;
const FRONT_TRACE = /Received: from [^\n]*\n(?:[ \t][^\n]*\n)*$/;

/** @param records The key records that have been valid, by name. */
export async function auditMaildir(
  maildir: string,
  letters: Map<number, Letter>,
  records: ReadonlyMap<string, string>,
): Promise<Audit> {
  const times = new Map<number, number>();
  const damaged: string[] = [];
  const unknown: string[] = [];
  const selectors = new Set<string>();
  const entries = await Array.fromAsync(Deno.readDir(`${maildir}/new`));
  for (const { name } of entries) {
    const file = await Deno.readFile(`${maildir}/new/${name}`);
    const letter = letters.get(serialOf(file) ?? 0);
    if (letter === undefined) {
      unknown.push(name);
      continue;
    }
    times.set(letter.serial, 1 + (times.get(letter.serial) ?? 0));
    const { damage, selector } = examine(file, letter, records);
    if (damage !== undefined) damaged.push(`${letter.serial}: ${damage}`);
    selectors.add(selector);
  }
  const all = [...letters.values()];
  const isAccepted = ({ answer }: Letter) => answer?.code === 250;
  const serialsOf = (found: Letter[]) => found.map(({ serial }) => serial);
  return {
    found: entries.length,
    missing: serialsOf(
      all.filter((letter) => isAccepted(letter) && !times.has(letter.serial)),
    ),
    repeated: [...times].filter(([, count]) => count > 1).map(([s]) => s),
    refusedYetFound: serialsOf(
      all.filter((letter) => !isAccepted(letter) && times.has(letter.serial)),
    ),
    unknown,
    damaged,
    selectors: [...selectors].sort(),
  };
}

function examine(
  file: Uint8Array,
  { length, digest, direction }: Letter,
  records: ReadonlyMap<string, string>,
): { damage?: string; selector: string } {
  const top = toText(file.subarray(0, Math.max(0, file.length - length)));
  const [trace = ""] = QUEUE_TRACE.exec(top) ?? [];
  const queued = file.subarray(trace.length);
  const ours = top.slice(trace.length).replace(FRONT_TRACE, "");
  const [selector = "", result] = verifyDkim(queued, records)[0]?.split(" ") ??
    [];
  const domain = direction === "out" ? OUR_DOMAIN : THEIR_DOMAIN;
  const facts = {
    "the body or the header of the sender":
      digestOf(file.subarray(-length)) === digest,
    "the trace of the queue": trace !== "",
    "the fields on top": direction === "out" ? isSigned(ours) : isGood(ours),
    "the signing domain": selector.endsWith(`._domainkey.${domain}`),
    "DKIM": result === "pass",
    "DomainKeys": verifyDomainKeys(queued, records) === "pass",
  };
  const bad = Object.entries(facts).filter(([, isTrue]) => !isTrue);
  return {
    selector,
    ...(bad.length === 0 ? {} : { damage: bad.map(([of]) => of).join(", ") }),
  };
}

/** Nothing but the two signatures. */
function isSigned(fields: string): boolean {
  const folded = String.raw`(?:.*\n(?:\t.*\n)*)`;
  return new RegExp(
    `^DKIM-Signature: ${folded}DomainKey-Signature: ${folded}$`,
  ).test(fields);
}

/** Nothing but our verdict, and it is good. */
function isGood(fields: string): boolean {
  const [host, ...results] = splitResults(fields);
  const s = `header.s=${THEIR_SELECTOR} `;
  return host === "mx.example.net" && results.length === 2 &&
    results[0]!.startsWith("domainkeys=pass (ok) ") &&
    results[1]!.startsWith("dkim=pass (ok) ") && results[1]!.includes(s);
}
