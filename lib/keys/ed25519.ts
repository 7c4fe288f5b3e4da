// Ed25519 public keys (RFC 8032 section 5.1) of small order, with which anybody could sign: eight
// points, in every encoding that a verifier may accept for one of them. Knows no signature.

/** The field's prime, 2^255 - 19. */
const PRIME = 2n ** 255n - 19n;

/** The y of the points of order 8; the other one is its negative. */
const ORDER_8 =
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;

/** The y of each of the eight points; the sign of x does not matter. */
const SMALL_ORDER = [0n, 1n, PRIME - 1n, ORDER_8, PRIME - ORDER_8];

/** @param raw 32 octets, little-endian; the last bit is the sign of x. */
export function isOfSmallOrder(raw: Uint8Array): boolean {
  const y = BigInt(`0x${raw.slice().reverse().toHex()}`) & (2n ** 255n - 1n);
  return SMALL_ORDER.includes(y % PRIME);
}
