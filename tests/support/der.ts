// DER made by hand (X.690), well or badly.

/** An INTEGER. */
export function integer(value: bigint): number[] {
  const hex = value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  const padded = parseInt(even.slice(0, 2), 16) < 0x80 ? even : `00${even}`;
  return element(0x02, [...Uint8Array.fromHex(padded)]);
}

/** One element. */
export function element(tag: number, content: number[]): number[] {
  const { length } = content;
  if (length < 0x80) return [tag, length, ...content];
  if (length < 0x100) return [tag, 0x81, length, ...content];
  return [tag, 0x82, length >> 8, length & 0xff, ...content];
}
