// The small messages of tests/cases that are to be signed, each after a public report: whose key
// signs it, or that none does.

import { assert } from "@std/assert";
import { toText } from "../../lib/message/octets.ts";
import {
  MemoryKeys,
  RSA_1024,
  sign,
  signaturesIn,
} from "../support/signing.ts";

const FOLDER = new URL("../cases/", import.meta.url).pathname;

/** Who has a key where a case says nothing else. */
const DOMAINS = ["example.com", "example.net", "xn--bcher-kva.example.org"];

interface Case {
  name: string;
  program?: string;
  /** Folders, or key files in them. */
  keys?: string[];
  flags: string[];
  /** With `|` between what may be: d= of DKIM, a slash and d= of DomainKeys, or one for both. */
  expect: { d?: string };
}

for (const name of namesOfCases()) {
  const { keys = DOMAINS, expect } = readCase(name);
  Deno.test(`\`SignPass\` signs ${name} as the case has it`, async () => {
    const message = toText(await Deno.readFile(`${FOLDER}${name}.eml`));
    const { newFields } = await sign(message, {
      keys: new MemoryKeys(
        Object.fromEntries(keys.map((key) => [pathOf(key), RSA_1024])),
      ),
    });
    const signatures = signaturesIn(newFields);
    const domainOf = (field: string) =>
      signatures.find((signature) => signature.field === field)?.d ??
        "unsigned";
    const made = `${domainOf("DKIM-Signature")}/${
      domainOf("DomainKey-Signature")
    }`;
    const allowed = expect.d!.split("|").map((d) =>
      d.includes("/") ? d : `${d}/${d}`
    );
    assert(allowed.includes(made), `${made} is none of ${allowed}`);
  });
}

function namesOfCases(): string[] {
  return Array.from(Deno.readDirSync(FOLDER), ({ name }) => name)
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length))
    .filter((name) => {
      const { flags, program } = readCase(name);
      return flags.includes("sign") || program === "dk_sign";
    })
    .sort();
}

function readCase(name: string): Case {
  return JSON.parse(Deno.readTextFileSync(`${FOLDER}${name}.json`));
}

function pathOf(key: string): string {
  return `/k/${key.replace(/\/default$/, "")}/default`;
}
