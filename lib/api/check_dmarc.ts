// DMARC as one call, for a program that has a header and the results of SPF and DKIM. Knows no file and
// no environment variable.

import type { AuthenticatedDomain } from "../dmarc/alignment.ts";
import { evaluateDmarc } from "../dmarc/evaluate.ts";
import { authorToVerify } from "../message/author.ts";
import { parseHeader } from "../message/header.ts";
import { encodeUtf8 } from "../message/octets.ts";
import { type DmarcVerdict, dmarcVerdict } from "../pass/dmarc_verdict.ts";
import type { Lookup } from "../ports/resolver.ts";
import { DnsClient } from "../system/dns/client.ts";
import { readDnsConfig } from "../system/dns/config.ts";

/** The results of SPF and DKIM, and the resolver for the rest. */
export interface DmarcSettings {
  /** The result of SPF for the domain of MAIL FROM, for the null sender that of HELO. */
  spf?: AuthenticatedDomain;
  /** The result of DKIM for each signature, as `signatures` of a {@linkcode Verification}. */
  dkim?: readonly AuthenticatedDomain[];
  /** The sealer whose ARC chain excuses a failure: a trusted one that saw DMARC pass. */
  excuse?: string;
  /** Looks records up; a client of the servers of /etc/resolv.conf, if not said. */
  resolver?: Lookup;
}

/**
 * Evaluates DMARC (RFC 9989): whether an aligned domain vouches for a message, and else which policy
 * the author's domain asks for.
 *
 * @param header The header of the message, taken as UTF-8; lines end in LF or CRLF, and what
 * follows an empty line is not looked at.
 * @param settings The results of SPF and DKIM.
 * @returns A verdict, with every question to DNS: at most 24. No header, no DNS answer and no resolver
 * makes it reject. A missing answer is never a failure.
 * @throws {TypeError} For a header that is no text.
 *
 * @example A signature of another organization vouches for nothing
 * ```ts
 * import { checkDmarc, type Lookup } from "@qmail/dk";
 * import { assertEquals } from "@std/assert";
 *
 * const verdict = await checkDmarc("From: alice@example.com\n", {
 *   dkim: [{ domain: "list.example.org", result: "pass" }],
 *   resolver: {
 *     lookup: (name) =>
 *       Promise.resolve(
 *         name === "_dmarc.example.com"
 *           ? { outcome: "records", records: ["v=DMARC1; p=reject; t=y"] }
 *           : { outcome: "nxdomain" },
 *       ),
 *   } as Lookup,
 * });
 * assertEquals(verdict.result, "fail");
 * assertEquals(verdict.comment, "p=reject, t=y");
 * assertEquals(verdict.policy, "quarantine");
 * ```
 */
export async function checkDmarc(
  header: string,
  settings: DmarcSettings = {},
): Promise<DmarcVerdict> {
  if (typeof header !== "string") {
    throw new TypeError("Cannot read a header that is no text: give a string");
  }
  const { spf, dkim, excuse, resolver = new DnsClient(readDnsConfig()) } =
    settings;
  const fields = parseHeader(headerOf(encodeUtf8(header)));
  const author = authorToVerify(fields, "From");
  return dmarcVerdict(
    await evaluateDmarc({ author, spf, dkim, excuse }, { resolver }),
  );
}

/** The header, with LF line ends. */
function headerOf(text: string): string {
  const lines = text.replaceAll("\r\n", "\n");
  if (lines.startsWith("\n")) return "";
  const end = lines.indexOf("\n\n");
  return end === -1 ? lines : lines.slice(0, end + 1);
}
