// Base64 as tags hold it (RFC 6376 section 2.10): white space anywhere, padding optional.
// The runtime decodes; here a text that is no base64 becomes a value instead of an exception.

/** @returns The octets, or `undefined` for what is empty or no base64. */
export function decodeBase64(
  text: string,
): Uint8Array<ArrayBuffer> | undefined {
  try {
    const octets = Uint8Array.fromBase64(text);
    return octets.length === 0 ? undefined : octets;
  } catch {
    // Where in a sender's text the fault is adds nothing to the verdict.
    return undefined;
  }
}
