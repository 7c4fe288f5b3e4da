// Whose an Authentication-Results field claims to be (RFC 8601 section 2.2), the way anybody might
// read it: raw or decoded, whatever stands before and in its names that nobody sees. In doubt it
// claims to be ours. Takes octet strings; knows neither results nor where a field stands.

import { toALabel } from "../message/a_label.ts";
import { decodeEncodedWords, UNREADABLE } from "../message/encoded_words.ts";
import { toText } from "../message/octets.ts";
import { LF, SP, TAB } from "../message/stage.ts";

/** What a field says of its authserv-id: "open" when it ends, or is cut, before that is decided. */
export type Claim = "ours" | "other" | "open";

const [DOT, OPEN, CLOSE, QUOTE, BACKSLASH, SEMICOLON] = codesOf('.()"\\;');
/** RFC 2045 section 5.1. */
const TSPECIALS = codesOf('()<>@,;:\\"/[]?=');
const [UNREADABLE_CODE] = codesOf(UNREADABLE);

/** The field's name once more. */
const INNER_NAME = /^[^!-~]*authentication-results[^\t\n -~]*:/i;

/** More labels than this are not converted: what follows them is in doubt. */
const MAX_LABELS = 32;
/** A label of 63 octets has no more UTF-16 units than this. */
const LABEL_UNITS = 126;

/** A name in the form in which claims are compared: lower case, without what readers may not see. */
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

/** Compares the name at the beginning of a text with ours; before it some readers skip the field's name. */
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
    // Dots at the end of a name say nothing.
    else if (!goesOn || code !== DOT || matched < ours.length) return "other";
  }
  return matched === ours.length ? "ours" : "open";
}

/** A name may end here: for some reader, who sees something else in the char than others do. */
function endsName(code: number, isQuoted: boolean): boolean {
  if (code === QUOTE) return true;
  if (isQuoted) return code !== SP && !isVisible(code);
  return !isVisible(code) || TSPECIALS.includes(code);
}

function isVisible(code: number): boolean {
  return code > SP && code < 0x7f;
}

/** Any other control character is one that somebody drops. */
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
