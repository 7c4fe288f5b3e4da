// Recognizes "Authentication-Results:" octet by octet, as generously as any reader: in any case, with
// invisible octets before and in it, and with any text after a blank or a NUL, which end a name for
// some.

import { SP } from "../message/stage.ts";

/** The field's name. */
export const AUTHENTICATION_RESULTS = "Authentication-Results";

/** A state: how many octets of the name were seen, or one of these. */
export const DEAD = -1;
export const NAME_END = AUTHENTICATION_RESULTS.length;
/** After the name and an octet that ends it. */
const BLANK = NAME_END + 1;
/** After the colon. */
export const VALUE = NAME_END + 2;

const LOWER_CASE = 0x20;
const COLON = 0x3a;
const NAME = Array.from(
  AUTHENTICATION_RESULTS,
  (char) => char.charCodeAt(0) | LOWER_CASE,
);

/** Gives the state after one more octet. Line ends are octets like any other. */
export function advance(place: number, octet: number): number {
  if (octet <= SP || octet >= 0x7f) return place === NAME_END ? BLANK : place;
  if (place < NAME_END) {
    return (octet | LOWER_CASE) === NAME[place] ? place + 1 : DEAD;
  }
  return octet === COLON ? VALUE : place === BLANK ? BLANK : DEAD;
}

/**
 * Gives the text after the colon.
 *
 * @param raw A field, or the beginning of one: an octet string.
 * @returns `undefined` if no reader sees that name.
 */
export function resultsOf(raw: string): string | undefined {
  let place = 0;
  for (let at = 0; at < raw.length && place !== DEAD; at++) {
    place = advance(place, raw.charCodeAt(at));
    if (place === VALUE) return raw.slice(at + 1);
  }
  return undefined;
}
