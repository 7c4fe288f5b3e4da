// Small messages after public bug reports of other tools: what is to be said of each signature, and
// of the DomainKeys one. tests/cases has the message, its zone and what is expected.

import { assert, assertEquals } from "@std/assert";
import { STRICT, VerifyPass } from "../../lib/pass/verify_pass.ts";
import { systemCrypto } from "../../lib/system/digest.ts";
import { Zone } from "../../scripts/dktest/zone.ts";

interface Case {
  about: string;
  zone: Record<string, unknown>;
  flags: string[];
  /** A filter is run; without it, the message is verified. */
  program?: string;
  expect: { dkim: string[]; domainkeys?: string; letter?: string };
}

const FOLDER = new URL("../cases/", import.meta.url);

/** Verified at this time, where a case has none: when the messages were signed. */
const NOW_SECONDS = 1795687200;

/** What spec.md section 5 decides otherwise, where the case says that it is questionable. */
const DECIDED: Record<string, [dkim: string[], rule: string]> = {
  "rec-der-trailing": [["pass"], "octets after a key's DER"],
};

const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name)
  .filter((name) => name.endsWith(".json"))
  .map((name) => name.replace(/\.json$/, "")).sort();

for (const name of names) {
  const row: Case = JSON.parse(
    Deno.readTextFileSync(new URL(`${name}.json`, FOLDER)),
  );
  const { about, zone, flags, program, expect } = row;
  if (program !== undefined || flags.includes("sign")) continue;
  if (flags.includes("filter")) continue;
  const [dkim, rule] = DECIDED[name] ?? [expect.dkim, undefined];
  const why = rule === undefined ? "" : `, by its own rule: ${rule}`;
  Deno.test(`\`VerifyPass\` says ${dkim} of ${name}, ${about}${why}`, async () => {
    const pass = new VerifyPass({
      ...STRICT,
      honourLength: flags.includes("--honour-length"),
    }, {
      resolver: new Zone(JSON.stringify(zone), []),
      crypto: systemCrypto,
      now: flags.includes("--now") ? Number(flags.at(-1)) : NOW_SECONDS,
    });
    pass.push(await Deno.readFile(new URL(`${name}.eml`, FOLDER)));
    const said = await pass.end();
    // A message without a signature has one result all the same; some cases ask for DomainKeys alone.
    const results = (said.signatures.length > 0 ? said.signatures : [said.dkim])
      .map(({ result }) => result);
    if (dkim.length > 0) assertEquals(results.length, dkim.length);
    for (const [n, allowed] of dkim.entries()) {
      const { result, detail } = said.signatures[n] ?? said.dkim;
      assert(
        allowed.split("|").includes(result),
        `${result}: ${detail}, not ${allowed}`,
      );
    }
    if (expect.letter !== undefined) {
      assertEquals(said.dkim.letter, expect.letter);
    }
    if (expect.domainkeys !== undefined) {
      assert(
        expect.domainkeys.split("|").includes(said.domainKeys.result),
        `${said.domainKeys.result}: ${said.domainKeys.detail}`,
      );
    }
  });
}

Deno.test("each case has a message, and each message a case", () => {
  const messages = [...Deno.readDirSync(FOLDER)].map(({ name }) => name)
    .filter((name) => name.endsWith(".eml"))
    .map((name) => name.replace(/\.eml$/, "")).sort();
  assertEquals(messages, names);
});
