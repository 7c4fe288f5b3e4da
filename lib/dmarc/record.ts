// DMARC Policy Records (RFC 9989 sections 4.7 and 4.8): the tags of one TXT record. Takes octet
// strings. Skips malformed tags and reads the rest. Knows no DNS.

/** The policies for mail that fails, the mildest first. */
export const POLICIES = ["none", "quarantine", "reject"] as const;

/** One of {@linkcode POLICIES}. */
export type Policy = (typeof POLICIES)[number];

/** `strict`: the same domain; `relaxed`: the same organization. */
export type AlignmentMode = "strict" | "relaxed";

/** The tags of a record, with their defaults. */
export interface DmarcRecord {
  /** `p=`; `undefined` when nothing in the record can be used as a policy: DMARC does not apply. */
  policy: Policy | undefined;
  /** `sp=`, for subdomains. */
  subdomainPolicy: Policy | undefined;
  /** `np=`, for subdomains that do not exist. */
  nonexistentPolicy: Policy | undefined;
  /** `t=y`: the policy that is applied is one level milder. */
  isTesting: boolean;
  /** `psd=`: a public suffix, an organization, or not said. */
  psd: "y" | "n" | "u";
  /** `adkim=` */
  dkimAlignment: AlignmentMode;
  /** `aspf=` */
  spfAlignment: AlignmentMode;
}

/** The value is case-sensitive, the name is not (section 4.8). */
const VERSION = /^[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)/;

const NAME = /^[ \t]*(adkim|aspf|np|p|psd|rua|sp|t)[ \t]*$/i;
const WORD = /^[ \t]*([a-z]+)[ \t]*$/i;

/** A URI by its characters (RFC 3986). The size limit of RFC 7489 may follow. */
const URI =
  /^[ \t]*[a-z][a-z0-9+.-]*:[\w.~:/?#[\]@$&'()*+;=%-]+(?:![0-9]+[kmgt]?)?[ \t]*$/i;
const BAD_ESCAPE = /%(?![0-9a-f]{2})/i;

/**
 * Reads a TXT record.
 *
 * @param text An octet string, the strings of the record joined.
 * @returns `undefined` for what is no DMARC Policy Record.
 */
export function parseDmarcRecord(text: string): DmarcRecord | undefined {
  const version = VERSION.exec(text);
  if (version === null) return undefined;
  const tags = readTags(text, version[0].length);
  return {
    ...policiesOf(tags),
    isTesting: wordOf(tags, "t") === "y",
    psd: psdOf(wordOf(tags, "psd")),
    dkimAlignment: wordOf(tags, "adkim") === "s" ? "strict" : "relaxed",
    spfAlignment: wordOf(tags, "aspf") === "s" ? "strict" : "relaxed",
  };
}

/** Reads the known tags. Of a tag that occurs twice the first one counts. */
function readTags(text: string, start: number): Map<string, string> {
  const tags = new Map<string, string>();
  for (let at = start; at < text.length;) {
    const semicolon = text.indexOf(";", at);
    const end = semicolon === -1 ? text.length : semicolon;
    const tag = text.slice(at, end);
    const equals = tag.indexOf("=");
    const [, name] = NAME.exec(tag.slice(0, Math.max(equals, 0))) ?? [];
    const key = name?.toLowerCase();
    if (key !== undefined && !tags.has(key)) {
      tags.set(key, tag.slice(equals + 1));
    }
    at = end + 1;
  }
  return tags;
}

/** Reads the policies. A record with a faulty policy and a valid `rua=` means `p=none` (section 4.10.1). */
function policiesOf(
  tags: Map<string, string>,
): Pick<DmarcRecord, "policy" | "subdomainPolicy" | "nonexistentPolicy"> {
  const policy = policyOf(tags, "p");
  const subdomainPolicy = policyOf(tags, "sp");
  const nonexistentPolicy = policyOf(tags, "np");
  const isUsable = policy !== undefined &&
    (subdomainPolicy !== undefined || !tags.has("sp")) &&
    (nonexistentPolicy !== undefined || !tags.has("np"));
  if (isUsable) return { policy, subdomainPolicy, nonexistentPolicy };
  return {
    policy: hasReportUri(tags.get("rua")) ? "none" : undefined,
    subdomainPolicy: undefined,
    nonexistentPolicy: undefined,
  };
}

function policyOf(tags: Map<string, string>, name: string): Policy | undefined {
  const word = wordOf(tags, name);
  return POLICIES.find((policy) => policy === word);
}

function psdOf(word: string | undefined): DmarcRecord["psd"] {
  return word === "y" || word === "n" ? word : "u";
}

function wordOf(tags: Map<string, string>, name: string): string | undefined {
  const [, word] = WORD.exec(tags.get(name) ?? "") ?? [];
  return word?.toLowerCase();
}

function hasReportUri(list = ""): boolean {
  return list.split(",").some((uri) => URI.test(uri) && !BAD_ESCAPE.test(uri));
}
