// `verifyArc()` and `sealArc()` over the rows of ../shared/corpora/arc and
// ../shared/corpora/auth-more/arc.

import { assertEquals } from "@std/assert";
import { sealArc } from "../../lib/api/seal_arc.ts";
import { verifyArc } from "../../lib/api/verify_arc.ts";
import { fieldValue, parseHeader } from "../../lib/message/header.ts";
import { joinOctets, toOctets } from "../../lib/message/octets.ts";
import { parseTagList, type Tag, unfold } from "../../lib/message/tag_list.ts";
import {
  MISSING_ARC_CORPORA,
  readArcRows,
  readArcSealRows,
} from "../support/arc_corpus.ts";

/** Rows that contradict the RFC, what is to be said of them, and the sentence. */
const CONTRADICTIONS: Record<string, [result: string, sentence: string]> = {
  // Signed as relaxed/relaxed, with no c= to say so.
  "ams_fields_c_na": [
    "fail",
    'RFC 8617 section 4.1.2: "The AMS header field has the same syntax and semantics as the DKIM-Signature field", whose c= is simple/simple where it is missing (RFC 6376 section 3.5)',
  ],
};

const ROWS = readArcRows();
for (const { name, message, result: expected, ...settings } of ROWS) {
  const [result, sentence] = CONTRADICTIONS[name] ?? [expected];
  Deno.test(
    `\`verifyArc()\` finds ${result} of ${name}${
      sentence === undefined ? "" : `, not ${expected}: ${sentence}`
    }`,
    async () => {
      const verdict = await verifyArc(message, settings);
      assertEquals(verdict.result, result, verdict.reason);
    },
  );
}

const SEAL_ROWS = readArcSealRows();
for (const { name, message, resolver, settings, expected } of SEAL_ROWS) {
  Deno.test(`\`sealArc()\` makes the set that ${name} has`, async () => {
    const [, results = ""] = /^i=\d+;([^]*)$/.exec(expected.results) ?? [];
    const { fields } = await sealArc(message, {
      ...settings,
      resolver,
      results: results.trim().replace(/\n(?=\S)/g, "\n\t"),
      oversignedFields: "",
    });
    const [seal, messageSignature, aar] = parseHeader(fields).map(fieldValue);
    assertEquals(tagsOf(seal!), tagsOf(expected.seal));
    assertEquals(tagsOf(messageSignature!), tagsOf(expected.messageSignature));
    assertEquals(words(aar!), words(expected.results));
    const sealed = joinOctets([toOctets(fields), message]);
    const verdict = await verifyArc(sealed, { resolver, now: settings.now });
    const hasFailed = tagsOf(seal!)["cv"] === "fail";
    assertEquals(verdict.result, hasFailed ? "fail" : "pass", verdict.reason);
  });
}

Deno.test({
  name: `the corpora of ARC are whole${
    MISSING_ARC_CORPORA.length
      ? ` (no ../shared/corpora/${MISSING_ARC_CORPORA[0]})`
      : ""
  }`,
  ignore: MISSING_ARC_CORPORA.length > 0,
  fn: () => assertEquals([ROWS.length, SEAL_ROWS.length], [101, 6]),
});

/** All but the signature, which covers the order of tags, and `hm=`, which nobody else has. */
function tagsOf(value: string): Record<string, string> {
  const tags = parseTagList(value) ?? new Map<string, Tag>();
  return Object.fromEntries(
    Array.from(
      tags,
      ([name, { value }]) => [name, unfold(value).toLowerCase()] as const,
    ).filter(([name]) => name !== "b" && name !== "hm"),
  );
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
