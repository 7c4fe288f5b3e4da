// Reads the authserv-id of an Authentication-Results field (RFC 8601 section 2.2) as any reader might:
// raw or decoded, with or without the octets that nobody sees. In doubt the field claims to be ours.
// Takes octet strings. Knows neither results nor the place of a field.

import { toALabel } from "../message/a_label.ts";
import { decodeEncodedWords, UNREADABLE } from "../message/encoded_words.ts";
import { toText } from "../message/octets.ts";
import { LF, SP, TAB } from "../message/stage.ts";

/** Whose the field claims to be: "open" if it ends, or is cut, before that is decided. */
export type Claim = "ours" | "other" | "open";

const [DOT, OPEN, CLOSE, QUOTE, BACKSLASH, SEMICOLON] = codesOf('.()"\\;');
/** RFC 2045 section 5.1. */
const TSPECIALS = codesOf('()<>@,;:\\"/[]?=');
const [UNREADABLE_CODE] = codesOf(UNREADABLE);

/** The field's name once more. */
const INNER_NAME = /^[^!-~]*authentication-results[^\t\n -~]*:/i;

/** Further labels are not converted: a name that goes on after them is in doubt. */
const MAX_LABELS = 32;
/** A label of 63 octets has no more UTF-16 units than this. */
const LABEL_UNITS = 126;

/** Reduces a name for the comparison: lower case, without octets that a reader may not see. */
export function reduceId(name: string): string {
  return name.replace(/[^!-~]|\\/g, "").replace(/\.+$/, "").toLowerCase();
}

/**
 * Tells whose a field claims to be.
 *
 * @param value What follows the colon, or the beginning of it.
 * @param ours Our name, reduced.
 */
export function judgeValue(value: string, ours: string): Claim {
  const raw = readId(value, ours);
  if (raw === "ours" || !/=\?|[\x80-\xff]/.test(value)) return raw;
  const text = decodeEncodedWords(value).normalize("NFKC")
    .replaceAll("\u3002", ".");
  const readings = [raw, readId(text, ours)];
  if (ours.includes("xn--")) readings.push(readId(toALabels(text), ours));
  return strongest(readings);
}

/** Compares the name at the start of a text with ours. Some readers skip a second field name before it. */
function readId(text: string, ours: string): Claim {
  let claim = compareId(text, ours);
  for (let value = text; claim !== "ours" && INNER_NAME.test(value);) {
    value = value.replace(INNER_NAME, "");
    claim = strongest([claim, compareId(value, ours)]);
  }
  return claim;
}

function strongest(claims: Claim[]): Claim {
  return (["ours", "open"] as const).find((claim) => claims.includes(claim)) ??
    "other";
}

function compareId(text: string, ours: string): Claim {
  let matched = 0;
  let depth = 0;
  let isQuoted = false;
  let isGap = false;
  for (let at = 0; at < text.length; at++) {
    let code = text.charCodeAt(at);
    if (code === UNREADABLE_CODE) return "ours";
    if (depth > 0) {
      if (code === OPEN) depth++;
      else if (code === CLOSE) depth--;
      else if (code === BACKSLASH) at++;
      continue;
    }
    if (matched === ours.length && endsName(code, isQuoted)) return "ours";
    if (isQuoted && code === BACKSLASH) code = text.charCodeAt(++at);
    else if (code === QUOTE) {
      isQuoted = !isQuoted;
      continue;
    } else if (!isQuoted && code === SEMICOLON) return "other";
    else if (!isQuoted && (code === OPEN || isBlank(code))) {
      // White space and comments may stand around the dots of a host name (RFC 5322 section 4.4).
      isGap = matched > 0;
      if (code === OPEN) depth = 1;
      continue;
    }
    if (!isVisible(code) || code === BACKSLASH) continue;
    const goesOn = !isGap || code === DOT ||
      ours.charCodeAt(matched - 1) === DOT;
    isGap = false;
    if (goesOn && lowerCase(code) === ours.charCodeAt(matched)) matched++;
    // Dots at the end of a name do not matter.
    else if (!goesOn || code !== DOT || matched < ours.length) return "other";
  }
  return matched === ours.length ? "ours" : "open";
}

/** Tells whether a name may end at a char for some reader. */
function endsName(code: number, isQuoted: boolean): boolean {
  if (code === QUOTE) return true;
  if (isQuoted) return code !== SP && !isVisible(code);
  return !isVisible(code) || TSPECIALS.includes(code);
}

function isVisible(code: number): boolean {
  return code > SP && code < 0x7f;
}

/** Some reader drops any other control character. */
function isBlank(code: number): boolean {
  return code === SP || code === TAB || code === LF;
}

function lowerCase(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
}

/** U-labels (RFC 8616 section 3) as their A-labels. */
function toALabels(text: string): string {
  let left = MAX_LABELS;
  return text.replace(/(?![\t\n])[\p{Cc}\p{Cf}]+/gu, "").replace(
    /[\w\x80-\u{10ffff}-]+/gu,
    (label) => {
      const isALabel = /^[\0-\x7f]*$/.test(label);
      if (isALabel || label.length > LABEL_UNITS) return label;
      if (left-- <= 0) return UNREADABLE;
      return toALabel(toText(new TextEncoder().encode(label))) ?? label;
    },
  );
}

function codesOf(chars: string): number[] {
  return Array.from(chars, (char) => char.charCodeAt(0));
}
