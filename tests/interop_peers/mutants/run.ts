// The fuzz itself: mutants by the hundred, what becomes of each here and at the peers, and of those
// that pass here what readers show.

import { toOctets } from "../../../lib/message/octets.ts";
import { verify } from "../../../lib/api/verify.ts";
import { Random } from "../../support/random.ts";
import { Zone } from "../../support/zone.ts";
import { RECORDS } from "../keys.ts";
import type { Way } from "../peer.ts";
import { type Base, signBases } from "./bases.ts";
import { type Explanation, explanationsFor } from "./deviations.ts";
import { findReason, type Reason } from "./disputes.ts";
import { type Mutant, mutate } from "./mutations.ts";
import { openReaders, type Readers } from "./readers.ts";
import { openVerifiers, type Verifiers } from "./verifiers.ts";
import { differencesOf, type View } from "./views.ts";

/** A mutant that passes here and is shown otherwise than it was signed. */
export interface Deviation {
  mutant: Mutant;
  reader: string;
  differences: string[];
  explanations: Explanation[];
}

/** A mutant on which a peer decides otherwise. */
export interface Dispute {
  mutant: Mutant;
  peer: string;
  ours: string[];
  theirs: string[];
  reason: Reason | undefined;
}

/** All that came out. */
export interface Outcome {
  bases: number;
  mutants: number;
  /** Of them passed here. */
  passed: number;
  /** Bases that do not pass. */
  faults: string[];
  deviations: Deviation[];
  disputes: Dispute[];
  /** How many mutants each peer has decided on, as we do or not. */
  decided: Map<string, number>;
}

const BATCH = 400;
const VERIFYING_AT = 1_767_269_000;

/** What verify() says: `pass`, or what became of each signature. */
async function decideHere(text: string, way: Way): Promise<string[]> {
  const { dkim, domainKeys, signatures } = await verify(toOctets(text), {
    resolver: new Zone(RECORDS),
    now: VERIFYING_AT,
  });
  const verdict = way.scheme === "dkim" ? dkim : domainKeys;
  const all = way.scheme === "dkim" && dkim.result !== "pass" ? signatures : [];
  return (all.length > 0 ? all : [verdict]).map(({ result, reason, detail }) =>
    result === "pass"
      ? result
      : `${result} (${reason})${detail === undefined ? "" : ` ${detail}`}`
  );
}

function passes(said: string[]): boolean {
  return said.includes("pass");
}

/** Who is asked, and what readers show of what was signed. */
interface Asked {
  signed: Map<Base, Record<string, View>>;
  readers: Readers;
  verifiers: Verifiers;
}

/** Makes as many mutants as are wanted, and holds each against all who are there. */
export async function runFuzz(seed: number, count: number): Promise<Outcome> {
  const random = new Random(seed);
  const bases = await signBases();
  await using readers = openReaders();
  await using verifiers = openVerifiers();
  const outcome: Outcome = {
    bases: bases.length,
    mutants: 0,
    passed: 0,
    faults: [],
    deviations: [],
    disputes: [],
    decided: new Map(),
  };
  const views = await readers.show(bases.map(({ text }) => text));
  const signed = new Map(bases.map((base, n) => [base, views[n]!]));
  for (const { name, text, way } of bases) {
    const said = await decideHere(text, way);
    if (!passes(said)) outcome.faults.push(`"${name}": ${said.join()}`);
  }
  while (outcome.mutants < count) {
    const size = Math.min(BATCH, count - outcome.mutants);
    const mutants = Array.from({ length: size }, () => mutate(random, bases));
    await runBatch(mutants, { signed, readers, verifiers }, outcome);
  }
  return outcome;
}

async function runBatch(
  mutants: Mutant[],
  { signed, readers, verifiers }: Asked,
  outcome: Outcome,
): Promise<void> {
  const asked = verifiers.decide(mutants);
  const said = await Promise.all(
    mutants.map(({ text, base }) => decideHere(text, base.way)),
  );
  const ours = new Map(mutants.map((mutant, n) => [mutant, said[n]!]));
  const passed = mutants.filter((mutant) => passes(ours.get(mutant)!));
  const deviations = await findDeviations(passed, signed, readers);
  outcome.mutants += mutants.length;
  outcome.passed += passed.length;
  outcome.deviations.push(...deviations);
  outcome.disputes.push(...findDisputes(await asked, ours, outcome.decided));
}

async function findDeviations(
  passed: Mutant[],
  signed: Map<Base, Record<string, View>>,
  readers: Readers,
): Promise<Deviation[]> {
  const views = await readers.show(passed.map(({ text }) => text));
  const differ = (mutant: Mutant, reader: string, view: View) =>
    differencesOf(signed.get(mutant.base)![reader]!, view, mutant.base.way);
  const found = passed.flatMap((mutant, n) =>
    Object.entries(views[n]!).map(([reader, view]) => ({
      mutant,
      reader,
      differences: differ(mutant, reader, view),
    }))
  ).filter(({ differences }) => differences.length > 0);

  const trials = found.map(({ mutant, reader }) => trialsOf(mutant, reader));
  const texts = trials.flat().map(({ text }) => text);
  const shown = (await readers.show(texts)).values();
  return found.map((deviation, n) => {
    const { mutant, reader } = deviation;
    const explanations = trials[n]!.filter(() => {
      const view = shown.next().value![reader]!;
      return differ(mutant, reader, view).length === 0;
    })[0]?.explanations ?? [];
    return { ...deviation, explanations };
  });
}

/** The message without what one explanation is for, and without all of them. */
function trialsOf(
  { text, base }: Mutant,
  reader: string,
): { text: string; explanations: Explanation[] }[] {
  const candidates = explanationsFor(reader, base);
  const single = candidates.map((one) => ({
    text: one.undo(text, base),
    explanations: [one],
  })).filter((trial) => trial.text !== text);
  const all = candidates.reduce((rest, one) => one.undo(rest, base), text);
  return [
    ...single,
    { text: all, explanations: single.flatMap((one) => one.explanations) },
  ];
}

function findDisputes(
  decisions: Awaited<ReturnType<Verifiers["decide"]>>,
  ours: Map<Mutant, string[]>,
  decided: Map<string, number>,
): Dispute[] {
  return decisions.flatMap(({ mutant, peer, theirs }) => {
    decided.set(peer, (decided.get(peer) ?? 0) + 1);
    const own = ours.get(mutant)!;
    if (passes(own) === passes(theirs)) return [];
    const { text, base: { way: { scheme } } } = mutant;
    const reason = findReason({ peer, scheme, ours: own, theirs, text });
    return [{ mutant, peer, ours: own, theirs, reason }];
  });
}
