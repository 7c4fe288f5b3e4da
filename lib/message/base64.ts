// Base64 as tags hold it (RFC 6376 section 2.10): white space anywhere, padding optional.
// The runtime does the work; what is no base64 is a value here, not an exception.

/** @returns The octets, or `undefined` for what is empty or no base64. */
export function decodeBase64(
  text: string,
): Uint8Array<ArrayBuffer> | undefined {
  try {
    const octets = Uint8Array.fromBase64(text);
    return octets.length === 0 ? undefined : octets;
  } catch {
    // A sender's text: where it stops to be base64 adds nothing to the verdict.
    return undefined;
  }
}
