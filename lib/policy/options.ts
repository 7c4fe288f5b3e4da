// What a site may say of its signatures: the getopt letters of qmail-dkim and dktest, and the
// lists of DKSIGNWITH and its kin. Takes texts, knows no environment.

import type { DkimSignOptions } from "../dkim/sign_options.ts";
import type { DomainKeysSignOptions } from "../domainkeys/sign_options.ts";
import { type Scheme, SCHEMES } from "../ports/signing.ts";
import { toALabels } from "../message/domain_name.ts";
import { encodeUtf8 } from "../message/octets.ts";
import { encodeQuotedPrintable } from "../message/tag_list.ts";
import { isPattern } from "../keys/key_path.ts";
import {
  canonicalizationNamed,
  type DkimCanonicalization,
  DOMAINKEYS_CANONICALIZATIONS,
} from "../message/canonicalization.ts";

/** What a site wants signed, and with which keys. */
export interface SignOptions {
  /** Where the key is; `%` stands for the domain. */
  pattern: string;
  /** Where the key of one more DKIM-Signature is. */
  extraPattern?: string;
  schemes: readonly Scheme[];
  /** Whose domain DKIM signs for, if both have a key. */
  align: "from" | "sender";
  dkim: DkimSignOptions;
  domainKeys: DomainKeysSignOptions;
  /**
   * Says whose Authentication-Results fields are ours: with one, a message from outside is left
   * unsigned. Without this it is signed.
   */
  authservId?: () => string;
}

// Lists, not texts: reading them would cost each mail of a site that has no list of its own.
const SIGNED_FIELDS: readonly string[] = [
  "From",
  "Sender",
  "Reply-To",
  "Subject",
  "Date",
  "Message-ID",
  "To",
  "Cc",
  "MIME-Version",
  "Content-Type",
  "Content-Transfer-Encoding",
  "Content-ID",
  "Content-Description",
  "Resent-*",
  "In-Reply-To",
  "References",
  "List-*",
];
const OVERSIGNED_FIELDS: readonly string[] = [
  "From",
  "Reply-To",
  "Subject",
  "To",
  "Cc",
  "Date",
  "MIME-Version",
  "Content-Type",
  "Content-Transfer-Encoding",
];

const CANONICALIZATIONS: Record<string, DkimCanonicalization[]> = {
  r: ["relaxed", "relaxed"],
  s: ["simple", "simple"],
  t: ["relaxed", "simple"],
  u: ["simple", "relaxed"],
};

/**
 * Reads DKIMSIGNOPTIONS, DKIMSIGNHEADERS and DKIMOVERSIGN.
 *
 * @throws {SyntaxError} For an unknown letter or a value that does not fit its letter.
 */
export function parseDkimOptions(
  letters = "",
  signedFields?: string,
  oversignedFields?: string,
): DkimSignOptions {
  const given = parseLetters(letters, "lqth", "cixz");
  const letter = given.get("c") ?? "r";
  const [headerCanonicalization, bodyCanonicalization] =
    Object.hasOwn(CANONICALIZATIONS, letter)
      ? CANONICALIZATIONS[letter]!
      : badValue("-c", letter, "r, s, t or u");
  const seconds = given.get("x");
  if (seconds !== undefined && !/^[1-9][0-9]{0,9}$/.test(seconds)) {
    badValue("-x", seconds, "a number of seconds");
  }
  const hash = given.get("z") ?? "2";
  if (hash !== "2") {
    badValue("-z", hash, "2 for rsa-sha256: RFC 8301 forbids rsa-sha1");
  }
  const address = given.get("i");
  const identity = address === undefined ? undefined : formatIdentity(address);
  return {
    headerCanonicalization: headerCanonicalization!,
    bodyCanonicalization: bodyCanonicalization!,
    bodyLength: given.has("l"),
    query: given.has("q"),
    timestamp: !given.has("t"),
    copiedFields: given.has("h"),
    signedFields: signedFields === undefined
      ? SIGNED_FIELDS
      : withFrom(parseFieldNames(signedFields, true)),
    oversignedFields: oversignedFields === undefined
      ? OVERSIGNED_FIELDS
      : parseFieldNames(oversignedFields, false),
    ...(identity === undefined ? {} : { identity }),
    ...(seconds === undefined ? {} : { expireSeconds: Number(seconds) }),
  };
}

/**
 * Reads DKSIGNOPTIONS.
 *
 * @throws {SyntaxError} For an unknown letter or canonicalization.
 */
export function parseDomainKeysOptions(letters = ""): DomainKeysSignOptions {
  const given = parseLetters(letters, "hr", "c");
  const name = given.get("c") ?? "nofws";
  const canonicalization = canonicalizationNamed(
    DOMAINKEYS_CANONICALIZATIONS,
    name,
  );
  if (canonicalization === undefined) {
    return badValue("-c", name, "nofws or simple");
  }
  return { canonicalization, uniqueFields: given.has("r") };
}

/**
 * Reads DKSIGNWITH.
 *
 * @throws {SyntaxError} For a word that is no scheme, or no word at all.
 */
export function parseSchemes(list?: string): readonly Scheme[] {
  if (list === undefined) return SCHEMES;
  const words = splitList(list);
  const unknown = words.find((word) =>
    !SCHEMES.includes(word.toLowerCase() as Scheme)
  );
  if (unknown !== undefined || words.length === 0) {
    badValue("DKSIGNWITH", list, "a list out of dkim and domainkeys");
  }
  return SCHEMES.filter((scheme) =>
    words.some((word) => word.toLowerCase() === scheme)
  );
}

/**
 * Reads DKIMALIGN.
 *
 * @throws {SyntaxError} For another word.
 */
export function parseAlign(word = "from"): "from" | "sender" {
  return word === "from" || word === "sender"
    ? word
    : badValue("DKIMALIGN", word, "from or sender");
}

/**
 * Reads a pattern of key files.
 *
 * @throws {SyntaxError} If it does not end in what can be a selector.
 */
export function parsePattern(name: string, pattern: string): string {
  return isPattern(pattern)
    ? pattern
    : badValue(name, pattern, "a path that ends in the selector");
}

/**
 * Reads a number of seconds.
 *
 * @throws {SyntaxError} For what is none, or zero.
 */
export function parseSeconds(name: string, value: string): number {
  return /^[1-9][0-9]{0,9}$/.test(value)
    ? Number(value)
    : badValue(name, value, "a number of seconds");
}

/**
 * Reads ERROR_FD.
 *
 * @throws {SyntaxError} For what is no descriptor.
 */
export function parseErrorFd(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  return /^[2-9]$/.test(value)
    ? Number(value)
    : badValue("ERROR_FD", value, "a descriptor out of 2 to 9");
}

/** Reads letters as getopt does: `-lq -c r` is `-l -q -cr`. */
function parseLetters(
  text: string,
  flags: string,
  withValue: string,
): Map<string, string> {
  const given = new Map<string, string>();
  if (text === "") return given;
  const words = text.split(/\s+/).filter((word) => word !== "");
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (!/^-./.test(word)) {
      badValue("an option", word, "letters after a hyphen");
    }
    for (let at = 1; at < word.length; at++) {
      const letter = word[at]!;
      if (withValue.includes(letter)) {
        const value = word.slice(at + 1) || words.shift();
        if (value === undefined) {
          throw new SyntaxError(`Option "-${letter}" needs a value`);
        }
        given.set(letter, value);
        break;
      }
      if (!flags.includes(letter)) {
        throw new SyntaxError(`Option "-${letter}" is unknown`);
      }
      given.set(letter, "");
    }
  }
  return given;
}

/** An address as `i=` has it (RFC 6376 section 3.5, RFC 8616 section 5). */
function formatIdentity(address: string): string {
  const octets = encodeUtf8(address);
  const at = octets.lastIndexOf("@");
  const domain = toALabels(octets.slice(at + 1));
  return at === -1 || domain === undefined
    ? badValue("-i", address, "an address, or @ and a domain")
    : `${encodeQuotedPrintable(octets.slice(0, at))}@${domain}`;
}

function parseFieldNames(list: string, withEndings: boolean): string[] {
  const names = list.split(/[\s:,]+/).filter((name) => name !== "");
  const pattern = withEndings ? /^[A-Za-z0-9_-]+\*?$/ : /^[A-Za-z0-9_-]+$/;
  const bad = names.find((name) => !pattern.test(name));
  return bad === undefined
    ? names
    : badValue("a list of fields", bad, "field names");
}

/** From has to be signed, whatever a site's list holds (RFC 6376 section 5.4). */
function withFrom(names: string[]): string[] {
  return names.some((name) => name.toLowerCase() === "from")
    ? names
    : ["From", ...names];
}

function splitList(text: string): string[] {
  return text.split(/[\s,:]+/).filter((word) => word !== "");
}

function badValue(
  name: string,
  value: string | undefined,
  expected: string,
): never {
  throw new SyntaxError(`Cannot use "${value}" for ${name}: give ${expected}`);
}
