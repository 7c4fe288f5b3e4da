// Writes texts for a person on fd 1 and fd 2. A filter must not use it: its fd 1 is the envelope.

/** Writes on fd 1. */
export function say(text: string): void {
  write(Deno.stdout, text);
}

/** Writes on fd 2. */
export function sayError(text: string): void {
  write(Deno.stderr, text);
}

function write(to: { writeSync(octets: Uint8Array): number }, text: string) {
  for (let rest = new TextEncoder().encode(text); rest.length > 0;) {
    rest = rest.subarray(to.writeSync(rest));
  }
}
