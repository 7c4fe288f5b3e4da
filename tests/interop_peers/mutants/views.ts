// What a reader shows of a message, and whether it shows the same of another one, but for what a
// canonicalization lets change. Refuses to know how a reader reads.

import type { Way } from "../peer.ts";

/** Decoded, as a person sees it. */
export interface View {
  /** Every From, Subject and Date. */
  fields: Record<string, string[]>;
  /** Type and text of every leaf. */
  parts: [type: string, text: string][];
}

/** Drops what a signature does not see. */
type Normalize = (text: string) => string;

const unfolded: Normalize = (value) => value.replace(/\r?\n(?=[ \t])/g, "");

/** RFC 6376 sections 3.4.1 and 3.4.2, RFC 4870 section 3.4.2. */
export const FIELDS: Record<string, Normalize> = {
  simple: unfolded,
  relaxed: (value) =>
    unfolded(value).replace(/[ \t]+/g, " ").replace(/^ | $/g, ""),
  nofws: (value) => value.replace(/[ \t\r\n]+/g, ""),
};

/** RFC 6376 sections 3.4.3 and 3.4.4, RFC 4870 section 3.4.2: empty lines at the end count nowhere. */
export const BODIES: Record<string, Normalize> = {
  simple: (text) => text.replace(/(\r?\n)+$/, ""),
  relaxed: (text) =>
    text.replace(/[ \t]+/g, " ").replace(/ ?(\r?\n|$)/g, "$1")
      .replace(/(\r?\n)+$/, ""),
  nofws: (text) =>
    text.replaceAll("\r\n", "\n").replace(/[ \t\r]+/g, "").replace(/\n+$/, ""),
};

/** What differs between two views, as a line each; nothing if a person sees the same. */
export function differencesOf(
  signed: View,
  shown: View,
  { scheme, canonicalization }: Way,
): string[] {
  const [header, body = header] = canonicalization.split("/");
  if (header === undefined || body === undefined) throw new Error(scheme);
  const normalizeField = FIELDS[header]!;
  const normalizeBody = BODIES[body]!;
  const parts = (view: View) =>
    view.parts.map(([type, text]) =>
      `${type}: ${normalizeBody(text.replaceAll("\r\n", "\n"))}`
    );
  return [
    ...["from", "subject", "date"].flatMap((name) =>
      compare(
        name,
        (signed.fields[name] ?? []).map(normalizeField),
        (shown.fields[name] ?? []).map(normalizeField),
      )
    ),
    ...compare("body", parts(signed), parts(shown)),
  ];
}

function compare(what: string, signed: string[], shown: string[]): string[] {
  const [before, after] = [JSON.stringify(signed), JSON.stringify(shown)];
  return before === after ? [] : [`${what}: ${after} in place of ${before}`];
}
