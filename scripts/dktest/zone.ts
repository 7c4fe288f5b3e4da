// Key records from a file or from the command line, in the place of DNS. A name without an entry is
// NXDOMAIN. Knows no network.

import { toText } from "../../lib/message/octets.ts";
import type { Resolver, TxtAnswer } from "../../lib/ports/resolver.ts";
import { formatQuery, lowerCaseName } from "../../lib/dns/message.ts";

const FAILURES = new Map<unknown, TxtAnswer>([
  ["timeout", { outcome: "temporary", detail: "timeout" }],
  ["servfail", { outcome: "temporary", detail: "servfail" }],
  ["refused", { outcome: "temporary", detail: "refused" }],
  ["nxdomain", { outcome: "nxdomain" }],
  ["nodata", { outcome: "nodata" }],
]);

/** A resolver that answers from a table. */
export class Zone implements Resolver {
  #answers = new Map<string, TxtAnswer>();

  /**
   * @param json `{"NAME": ["TXT", ...] | {"error": "timeout"}}`.
   * @param keys Each `NAME=TXT`. They replace the entry of that name.
   * @throws {SyntaxError} For a table of another shape.
   */
  constructor(json: string, keys: string[]) {
    for (const [name, entry] of Object.entries(JSON.parse(json) ?? {})) {
      this.#answers.set(keyOf(name), parseEntry(name, entry));
    }
    const records = Map.groupBy(
      keys.map((key) => key.split(/=(.*)/s)),
      ([name = ""]) => keyOf(name),
    );
    for (const [name, texts] of records) {
      this.#answers.set(name, found(texts.map(([, text = ""]) => text)));
    }
  }

  txt(name: string): Promise<TxtAnswer> {
    return Promise.resolve(
      this.#answers.get(keyOf(name)) ??
        { outcome: formatQuery(0, name) ? "nxdomain" : "too long" },
    );
  }
}

function parseEntry(name: string, entry: unknown): TxtAnswer {
  if (isTexts(entry)) return found(entry);
  const answer = entry instanceof Object && "error" in entry
    ? FAILURES.get(entry.error)
    : undefined;
  if (answer !== undefined) return answer;
  throw new SyntaxError(
    `Cannot use the zone's entry for "${name}": expected a list of texts, or an error out of ${
      [...FAILURES.keys()].join(", ")
    }`,
  );
}

function isTexts(entry: unknown): entry is string[] {
  return Array.isArray(entry) &&
    entry.every((text) => typeof text === "string");
}

/** Encodes a record: octets of UTF-8. */
function found(texts: string[]): TxtAnswer {
  const encoder = new TextEncoder();
  const records = texts.map((text) => toText(encoder.encode(text)));
  return { outcome: "records", records };
}

function keyOf(name: string): string {
  return lowerCaseName(name).replace(/\.$/, "");
}
