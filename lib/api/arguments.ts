// Checks the arguments of the library's calls: a message in one of its forms, whole numbers. Refuses
// anything else before a signature says what nobody meant.

/** A whole message: octets, a text that is taken as UTF-8, or a stream of octets. */
export type Message = Uint8Array | string | ReadableStream<Uint8Array>;

const SLICE_BYTES = 4 << 20;

/**
 * Pushes a message in slices, and lets the event loop run between them.
 *
 * @throws {TypeError} For what is no message.
 */
export async function pushMessage(
  pass: { push(chunk: Uint8Array): void },
  message: Message,
): Promise<void> {
  for await (const octets of chunksOf(message)) {
    for (let at = 0; at < octets.length; at += SLICE_BYTES) {
      pass.push(octets.subarray(at, at + SLICE_BYTES));
      if (octets.length > SLICE_BYTES) {
        await new Promise((resolve) => setTimeout(resolve));
      }
    }
  }
}

async function* chunksOf(message: Message): AsyncGenerator<Uint8Array> {
  if (typeof message === "string") {
    yield new TextEncoder().encode(message);
  } else if (message instanceof ReadableStream) {
    for await (const chunk of message) yield requireOctets(chunk, "a chunk");
  } else {
    yield requireOctets(message, "a message");
  }
}

function requireOctets(value: unknown, what: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const type = Object.prototype.toString.call(value).slice(8, -1);
  throw new TypeError(
    `Cannot read ${what} of type ${type}: give a Uint8Array, a string or a ReadableStream of Uint8Array`,
  );
}

/**
 * A number of seconds or bits.
 *
 * @throws {TypeError} For what is no whole number, or a negative one.
 */
export function requireWhole(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new TypeError(`Cannot use ${value} for "${name}": give a whole number`);
}
