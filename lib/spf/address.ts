// IP addresses and networks (RFC 4291 section 2.2, RFC 7208 section 5.6): read, written, matched.
// Knows no DNS and no socket.

/** An address: 4 octets, or 8 groups of 16 bits. */
export interface IpAddress {
  family: 4 | 6;
  parts: number[];
}

/** The addresses that share their first bits. */
export interface IpNetwork extends IpAddress {
  bits: number;
}

/** The number of bits in an address. */
export const ADDRESS_BITS = { 4: 32, 6: 128 } as const;

/** A prefix length as RFC 7208 section 12 has it: without a leading zero. */
const BITS = /^(?:0|[1-9]\d{0,2})$/;

/** @returns `undefined` for what is no address. An IPv4-mapped one stays IPv6. */
export function parseAddress(text: string): IpAddress | undefined {
  // The longest spelling has 45 octets (RFC 4291 section 2.2).
  if (text.length > 45) return undefined;
  const parts = text.includes(":") ? parseGroups(text) : parseQuad(text);
  return parts && { family: text.includes(":") ? 6 : 4, parts };
}

/**
 * Reads the address of a client. Drops the zone of an IPv6 address, and turns an IPv4-mapped address
 * into IPv4 (RFC 7208 section 5).
 */
export function parseClientAddress(text: string): IpAddress | undefined {
  const zone = text.indexOf("%");
  const address = parseAddress(
    zone === -1 || !text.includes(":") ? text : text.slice(0, zone),
  );
  if (address === undefined || address.family === 4) return address;
  const { parts } = address;
  const isMapped = parts.slice(0, 5).every((part) => part === 0) &&
    parts[5] === 0xffff;
  if (!isMapped) return address;
  const octets = parts.slice(6).flatMap((part) => [part >> 8, part & 0xff]);
  return { family: 4, parts: octets };
}

/** Reads a prefix length; `undefined` if it is malformed or longer than an address. */
export function parseBits(text: string, family: 4 | 6): number | undefined {
  const isNumber = BITS.test(text) && Number(text) <= ADDRESS_BITS[family];
  return isNumber ? Number(text) : undefined;
}

/** Tells whether an address is in a network. An address of the other family never is. */
export function isInNetwork(address: IpAddress, network: IpNetwork): boolean {
  if (address.family !== network.family) return false;
  const width = address.family === 4 ? 8 : 16;
  return address.parts.every((part, at) => {
    const shared = Math.min(Math.max(network.bits - at * width, 0), width);
    return (part ^ network.parts[at]!) >> (width - shared) === 0;
  });
}

/** Writes an address for people, IPv6 in its canonical form (RFC 5952). */
export function formatAddress({ family, parts }: IpAddress): string {
  if (family === 4) return parts.join(".");
  const groups = parts.map((part) => part.toString(16)).join(":");
  const zeros = [...groups.matchAll(/\b0(?::0)+\b/g)]
    .toSorted(([a], [b]) => b.length - a.length)[0];
  if (zeros === undefined) return groups;
  const before = groups.slice(0, zeros.index).replace(/:$/, "");
  const after = groups.slice(zeros.index + zeros[0].length).replace(/^:/, "");
  return `${before}::${after}`;
}

/** Writes an address for the macro `i`: its octets, or the half octets of IPv6, with dots between (RFC 7208 section 7.3). */
export function formatDotted({ family, parts }: IpAddress): string {
  if (family === 4) return parts.join(".");
  const digits = parts.map((part) => part.toString(16).padStart(4, "0"));
  return [...digits.join("").toUpperCase()].join(".");
}

/** The domain name at which DNS has the names of an address. */
export function reverseName(address: IpAddress): string {
  const labels = formatDotted(address).toLowerCase().split(".").reverse();
  return `${labels.join(".")}.${reverseZone(address)}.arpa`;
}

/** The macro `v`. */
export function reverseZone({ family }: IpAddress): "in-addr" | "ip6" {
  return family === 4 ? "in-addr" : "ip6";
}

function parseQuad(text: string): number[] | undefined {
  const octets = text.split(".");
  const isQuad = octets.length === 4 &&
    octets.every((octet) => BITS.test(octet) && Number(octet) <= 255);
  return isQuad ? octets.map(Number) : undefined;
}

function parseGroups(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => half === "" ? [] : half.split(":"));
  const last = (tail ?? head)!;
  const quad = last.at(-1)?.includes(".") ? parseQuad(last.pop()!) : [];
  if (quad === undefined) return undefined;
  for (let at = 0; at < quad.length; at += 2) {
    last.push((quad[at]! << 8 | quad[at + 1]!).toString(16));
  }
  const count = head!.length + (tail?.length ?? 0);
  // `::` replaces at least one group.
  if (tail === undefined ? count !== 8 : count > 7) return undefined;
  const groups = [...head!, ...Array(8 - count).fill("0"), ...tail ?? []];
  return groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))
    ? groups.map((group) => parseInt(group, 16))
    : undefined;
}
