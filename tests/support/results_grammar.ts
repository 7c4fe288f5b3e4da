// Authentication-Results read by the grammar of RFC 8601 section 2.2, rule by rule, and what has to
// be read back of what was written.

import { assert } from "@std/assert";
import type { HeaderField } from "../../lib/message/header.ts";
import type { MethodResult } from "../../lib/authres/authentication_results.ts";

export interface Statement {
  method: string;
  result: string;
  comment: string | undefined;
  properties: Record<string, string>;
}

export interface Parsed {
  authservId: string;
  statements: Statement[];
}

export function withoutSignatures(parsed: Parsed): Parsed {
  for (const { properties } of parsed.statements) delete properties["header.b"];
  return parsed;
}

/** What has to be read back: what is printable ASCII and not too long; of a host something must show. */
export function expectedOf(host: string, results: MethodResult[]): Parsed {
  const fits = (text = "") => /^[ -~]{1,253}$/.test(text) ? text : undefined;
  return {
    authservId: fits(/[^ .\\]/.test(host) ? host : "") ?? "invalid",
    statements: results.map((result) => ({
      method: result.method,
      result: result.result,
      comment: fits(result.reason),
      properties: Object.fromEntries(
        result.properties.flatMap(([name, value]) =>
          typeof value === "string" && fits(value) !== undefined
            ? [[name, value]]
            : []
        ),
      ),
    })),
  };
}

/**
 * Reads a field by the grammar of RFC 8601 section 2.2, rule by rule, and throws where it does not
 * fit: authserv-id, then no-result or resinfos, of which each has one comment at most here.
 */
export function parseResults({ raw }: HeaderField): Parsed {
  const name = "Authentication-Results:";
  assert(raw.startsWith(name), raw);
  let rest = raw.slice(name.length);
  let comment: string | undefined;

  const take = (pattern: RegExp): string => {
    const match = pattern.exec(rest);
    if (match === null || match.index !== 0) {
      throw new Error(`No ${pattern} at ${JSON.stringify(rest)}`);
    }
    rest = rest.slice(match[0].length);
    return match[0];
  };
  // CFWS = FWS and comments of ctext and quoted-pairs (RFC 5322 section 3.2.2); none are nested here.
  const cfws = (): void => {
    take(/^(?:\n(?=[ \t]))?[ \t]*|/);
    if (rest.startsWith("(")) {
      comment = take(/^\((?:[!-'*-[\]-~ ]|\\[ -~])*\)/)
        .slice(1, -1).replace(/\\(.)/g, "$1");
      cfws();
    }
  };
  // value = token / quoted-string (RFC 2045 section 5.1, RFC 5322 section 3.2.4)
  const value = (): string =>
    rest.startsWith('"')
      ? take(/^"(?:[ !#-[\]-~]|\\[ -~])*"/).slice(1, -1)
        .replace(/\\(.)/g, "$1")
      : take(/^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+/);
  // Keyword = Ldh-str (RFC 5321 section 4.1.2)
  const keyword = (): string => take(/^[0-9A-Za-z-]*[0-9A-Za-z]/);

  cfws();
  const authservId = value();
  cfws();
  if (/^;\s*none$/.test(rest)) return { authservId, statements: [] };
  const statements: Statement[] = [];
  while (rest !== "") {
    take(/^;/);
    cfws();
    const method = keyword();
    take(/^=/);
    const result = keyword();
    comment = undefined;
    cfws();
    const properties: Record<string, string> = {};
    while (rest !== "" && !rest.startsWith(";")) {
      const ptype = keyword();
      take(/^\./);
      const property = keyword();
      take(/^=/);
      properties[`${ptype}.${property}`] = value();
      cfws();
    }
    statements.push({ method, result, comment, properties });
  }
  return { authservId, statements };
}
