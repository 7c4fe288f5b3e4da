// The envelope of qmail-queue(8): F sender NUL, T recipient NUL for each recipient, NUL. Checks it as
// qmail-queue does, and keeps it byte for byte. Knows no message.

import { joinOctets, toText } from "../message/octets.ts";
import { EXIT, StepFailed } from "./exit_code.ts";

/** qmail-queue refuses an address of this many bytes. */
const ADDRESS_LIMIT_BYTES = 1003;

const SENDER = "F".charCodeAt(0);
const RECIPIENT = "T".charCodeAt(0);

/**
 * Reads an envelope up to its last NUL.
 *
 * @param input The content of fd 1.
 * @returns The bytes as they came.
 * @throws {StepFailed} 54 when it ends early, 91 when it is malformed, 11 for a long address.
 */
export async function readEnvelope(
  input: AsyncIterable<Uint8Array>,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const check = new EnvelopeCheck();
  for await (const chunk of input) {
    chunks.push(chunk.slice());
    if (check.isEnded(chunk)) return joinOctets(chunks);
  }
  throw new StepFailed(EXIT.read, "The envelope ends early");
}

/** Gives the sender of a checked envelope, as an octet string; empty for a bounce. */
export function senderOf(envelope: Uint8Array): string {
  return toText(envelope.subarray(1, envelope.indexOf(0)));
}

/** Follows an envelope byte by byte. */
class EnvelopeCheck {
  #expected = SENDER;
  /** The length so far of the address that is being read; -1 before its letter. */
  #length = -1;

  isEnded(chunk: Uint8Array): boolean {
    for (const byte of chunk) {
      if (this.#length === -1) {
        if (byte === 0 && this.#expected === RECIPIENT) return true;
        if (byte !== this.#expected) {
          throw new StepFailed(
            EXIT.envelope,
            `The envelope has a byte ${byte} in place of a letter`,
          );
        }
        this.#expected = RECIPIENT;
        this.#length = 0;
      } else if (byte === 0) {
        this.#length = -1;
      } else if (++this.#length >= ADDRESS_LIMIT_BYTES) {
        throw new StepFailed(
          EXIT.addressTooLong,
          `An address has ${ADDRESS_LIMIT_BYTES} bytes or more`,
        );
      }
    }
    return false;
  }
}
