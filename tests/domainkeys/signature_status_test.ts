// Statuses of a DomainKey-Signature that are rare: a query method that there is not, and a list of
// fields that is too long to be worked through.

import { assertEquals } from "@std/assert";
import {
  DOMAINKEY_SIGNATURE,
  parseDomainKeysSignature,
} from "../../lib/domainkeys/signature.ts";

/** What is read: a status, or the length of `h=`. */
function read(tags: string): string | number | undefined {
  const raw = `${DOMAINKEY_SIGNATURE}: d=example.com; s=default; ${tags}`;
  const read = parseDomainKeysSignature({ name: DOMAINKEY_SIGNATURE, raw });
  return typeof read === "string" ? read : read.signedFields?.length;
}

const names = (count: number) => Array(count).fill("From").join(":");

const ROWS = [
  { name: "q=dns", tags: "c=nofws; b=AA==; q=dns", expected: undefined },
  { name: "q= of another method", tags: "c=nofws; b=AA==; q=http" },
  { name: "an empty q=", tags: "c=nofws; b=AA==; q=" },
  { name: "q= of a method and its type", tags: "c=nofws; b=AA==; q=dns/txt" },
  {
    name: "a bad c= before a bad q=",
    tags: "c=relaxed; b=AA==; q=http",
    expected: "syntax",
  },
  { name: "no b= before a bad q=", tags: "q=http", expected: "noSignature" },
  {
    name: "1000 names in h=",
    tags: `c=nofws; b=AA==; h=${names(1000)}`,
    expected: 1000,
  },
  {
    name: "1001 names in h=",
    tags: `c=nofws; b=AA==; h=${names(1001)}`,
    expected: "noResources",
  },
  {
    name: "1001 empty names in h=",
    tags: `c=nofws; b=AA==; h=From${":".repeat(1000)}`,
    expected: "noResources",
  },
  {
    name: "a bad q= before a long h=",
    tags: `c=nofws; b=AA==; q=http; h=${names(1001)}`,
  },
];

for (const { name, tags, ...row } of ROWS) {
  const expected = "expected" in row ? row.expected : "arguments";
  Deno.test(`\`parseDomainKeysSignature()\` says ${expected ?? "all"} for ${name}`, () =>
    assertEquals(read(tags), expected));
}
