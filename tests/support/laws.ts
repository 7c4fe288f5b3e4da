// The laws that hold for everything a message streams through, each as an assertion: the split
// points do not matter, nor does the spelling of line ends; format and parse are inverse; streaming
// equals a reference; state stays bounded. Knows none of the stages.

import { assertEquals } from "@std/assert";
import { toOctets, toText } from "../../lib/message/octets.ts";
import type { Sink, Stage } from "../../lib/message/stage.ts";
import { Random } from "./random.ts";

/** What makes one text out of an input, at once or later. */
type Run<Input> = (input: Input) => string | Promise<string>;

/** Every way to cut octets into one to three chunks, empty ones too, and into chunks of one octet. */
export function* everySplit(
  octets: Uint8Array,
  mostChunks: 2 | 3 = 3,
): Generator<Uint8Array[]> {
  const { length } = octets;
  for (let from = 0; from <= length; from++) {
    const last = mostChunks === 3 ? length : from;
    for (let to = from; to <= last; to++) {
      yield [
        octets.subarray(0, from),
        octets.subarray(from, to),
        octets.subarray(to),
      ];
    }
  }
  yield Array.from(octets, (octet) => Uint8Array.of(octet));
}

/** Law: every split point gives the same output. */
export async function assertSameForEverySplit(
  input: string,
  run: Run<Uint8Array[]>,
  mostChunks: 2 | 3 = 3,
): Promise<void> {
  const octets = toOctets(input);
  const whole = await run([octets]);
  for (const chunks of everySplit(octets, mostChunks)) {
    const output = await run(chunks);
    if (output === whole) continue;
    const lengths = chunks.map((chunk) => chunk.length).join("+");
    assertEquals(output, whole, `${JSON.stringify(input)} cut ${lengths}`);
  }
}

/** Law: LF, CRLF and a mixture of them spell the same message. */
export async function assertSameForEveryLineEnd(
  input: string,
  run: Run<string>,
): Promise<void> {
  const lines = input.replaceAll("\r\n", "\n").split("\n");
  const output = await run(lines.join("\n"));
  const mixed = lines.map((line, n) =>
    n % 2 === 0 && n < lines.length - 1 ? line + "\r" : line
  );
  for (const spelling of [lines.join("\r\n"), mixed.join("\n")]) {
    const note = JSON.stringify(spelling);
    assertEquals(await run(spelling), output, note);
  }
}

/** Law: what was written is read as what it was. */
export function assertInverse<Value>(
  make: (random: Random) => Value,
  format: (value: Value) => string,
  parse: (text: string) => unknown,
  { seed, rounds }: { seed: number; rounds: number },
): void {
  const random = new Random(seed);
  for (let round = 0; round < rounds; round++) {
    const value = make(random);
    const text = format(value);
    assertEquals(parse(text), value, `seed ${seed}, round ${round}: ${text}`);
  }
}

/** Law: streaming gives what the reference gives, for inputs made by chance and cut by chance. */
export async function assertEqualsReference(
  make: (random: Random) => string,
  streaming: Run<Uint8Array[]>,
  reference: (input: string) => string,
  { seed, rounds }: { seed: number; rounds: number },
): Promise<void> {
  const random = new Random(seed);
  for (let round = 0; round < rounds; round++) {
    const input = make(random);
    const octets = toOctets(input);
    const cut = random.below(octets.length + 1);
    const output = await streaming([
      octets.subarray(0, cut),
      octets.subarray(cut),
    ]);
    const expected = reference(input);
    if (output === expected) continue;
    const note = `seed ${seed}, round ${round}: ${JSON.stringify(input)}`;
    assertEquals(output, expected, `${note} cut at ${cut}`);
  }
}

/** Pushes chunks whose buffer is used again at once, as those that read a descriptor do. */
export function feed<End>(
  stage: { push(run: Uint8Array): void; end(): End },
  chunks: Iterable<Uint8Array>,
): End {
  for (const chunk of chunks) {
    const buffer = chunk.slice();
    stage.push(buffer);
    buffer.fill(0xa5);
  }
  return stage.end();
}

/** All that a stage emits, taken over during the call. */
export function collect(
  makeStage: (sink: Sink) => Stage,
  chunks: Iterable<Uint8Array>,
): string {
  let output = "";
  feed(makeStage((run) => output += toText(run)), chunks);
  return output;
}

const CHUNK_BYTES = 64 << 10;
const FLOOD_BYTES = 16 << 20;

/** What came out of a stage, and what it keeps. */
export interface Flow {
  octets: number;
  runs: number;
  /** The largest buffer that a run was part of. */
  bufferBytes: number;
  /** By how much the memory in use has grown. */
  retainedBytes: number;
}

/**
 * Law: state stays bounded. Pushes 16 MiB of one text over and over, in chunks of 64 KiB.
 *
 * @returns What flowed up to the last push, and up to the end.
 */
export function flood(
  makeStage: (sink: Sink) => Stage,
  unit: string,
): { pushed: Flow; ended: Flow } {
  const flow: Flow = { octets: 0, runs: 0, bufferBytes: 0, retainedBytes: 0 };
  const stage = makeStage((run) => {
    flow.octets += run.length;
    flow.runs++;
    flow.bufferBytes = Math.max(flow.bufferBytes, run.buffer.byteLength);
  });
  const chunk = toOctets(unit.repeat(CHUNK_BYTES / unit.length));
  stage.push(chunk);
  const before = usedBytes();
  for (let bytes = CHUNK_BYTES; bytes < FLOOD_BYTES; bytes += CHUNK_BYTES) {
    stage.push(chunk);
  }
  flow.retainedBytes = usedBytes() - before;
  const pushed = { ...flow };
  stage.end();
  return { pushed, ended: flow };
}

function usedBytes(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}
