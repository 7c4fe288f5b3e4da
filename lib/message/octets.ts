// Octet strings, which the DOM calls binary strings: text in which each char is one octet (0 to
// 255), so that string operations are exact on any bytes. Knows no character set but UTF-8.

/** Writes octets as an octet string. */
export function toText(octets: Uint8Array): string {
  let text = "";
  for (let at = 0; at < octets.length; at += 8192) {
    // The call takes anything like an array; its type does not say so.
    const codes = octets.subarray(at, at + 8192) as unknown as number[];
    text += String.fromCharCode.apply(null, codes);
  }
  return text;
}

/** Reads an octet string back into octets. Of a char above 255 the low eight bits count. */
export function toOctets(text: string): Uint8Array<ArrayBuffer> {
  // Most texts are ASCII, which is its own UTF-8. Every other char is longer in UTF-8.
  const encoded = new TextEncoder().encode(text);
  if (encoded.length === text.length) return encoded;
  const octets = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) octets[at] = text.charCodeAt(at);
  return octets;
}

/** Writes a text of the runtime, like a variable or an argument, as an octet string of its UTF-8. */
export function encodeUtf8(text: string): string {
  return toText(new TextEncoder().encode(text));
}

/** Tells whether two octet sequences are the same. Not for secrets: the time tells where they differ. */
export function equalOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, at) => octet === b[at]);
}

/** Joins several sequences into one. */
export function joinOctets(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
