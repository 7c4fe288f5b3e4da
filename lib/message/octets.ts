// Octet strings: a header as text in which each char is one octet (0 to 255), so that
// string operations are exact on any bytes. Knows no character set.

/** Octets as an octet string. */
export function toText(octets: Uint8Array): string {
  let text = "";
  for (let at = 0; at < octets.length; at += 8192) {
    text += String.fromCharCode(...octets.subarray(at, at + 8192));
  }
  return text;
}

/** An octet string as octets; of a char above 255 the low eight bits. */
export function toOctets(text: string): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) octets[at] = text.charCodeAt(at);
  return octets;
}

/** Tells whether two octet sequences are the same; for what is no secret. */
export function equalOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, at) => octet === b[at]);
}
