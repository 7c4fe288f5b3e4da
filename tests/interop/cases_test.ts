// Small messages after public bug reports of other tools: what is to be said of each signature, and
// of the DomainKeys one. tests/cases has the message, its zone and what is expected.

import { assert, assertEquals } from "@std/assert";
import { STRICT, VerifyPass } from "../../lib/pass/verify_pass.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { Zone } from "../../scripts/dktest/zone.ts";
import { dktest } from "../support/dktest.ts";

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

/** A case that is verified, in a zone. */
interface VerifiedCase {
  name: string;
  row: Case;
}

const VERIFIED = names
  .map((name): VerifiedCase => ({ name, row: readCase(name) }))
  .filter(({ row: { program, flags } }) =>
    program === undefined && !flags.includes("sign") &&
    !flags.includes("filter")
  );

for (const { name, row } of VERIFIED) {
  const { about, flags, zone } = row;
  const [results, rule] = DECIDED[name] ?? [row.expect.dkim, undefined];
  const why = rule === undefined ? "" : `, by its own rule: ${rule}`;
  Deno.test(`\`VerifyPass\` says ${results} of ${name}, ${about}${why}`, async () => {
    const pass = new VerifyPass({
      ...STRICT,
      allowAppendedBody: flags.includes("--honour-length"),
    }, {
      resolver: new Zone(JSON.stringify(zone), []),
      crypto: systemCrypto,
      now: flags.includes("--now") ? Number(flags.at(-1)) : NOW_SECONDS,
    });
    pass.push(await Deno.readFile(new URL(`${name}.eml`, FOLDER)));
    const { dkim, domainKeys, signatures } = await pass.end();
    assertExpected(name, row, {
      letter: dkim.letter,
      // A message without a signature has one result all the same.
      dkim: (signatures.length > 0 ? signatures : [dkim])
        .map(({ result }) => result),
      domainkeys: domainKeys.result,
    });
  });
}

/** The zones with the most cases, one for each set of flags. */
const BY_PROCESS = Map.groupBy(VERIFIED, ({ row }) => row.flags.join(" "))
  .values().map((cases) =>
    Map.groupBy(cases, ({ row }) => JSON.stringify(row.zone)).values()
      .reduce((most, some) => some.length > most.length ? some : most)
  ).toArray();

for (const cases of BY_PROCESS) {
  const words = ["dktest", "-v", ...cases[0]!.row.flags].join(" ");
  Deno.test(`\`${words}\` says what is expected of ${cases.length} cases`, async () => {
    await verifyByProcess(cases);
  });
}

/** One process for all cases of one zone. */
async function verifyByProcess(cases: VerifiedCase[]): Promise<void> {
  const { zone, flags } = cases[0]!.row;
  const path = await Deno.makeTempFile({ prefix: "dk_zone_" });
  await Deno.writeTextFile(path, JSON.stringify(zone));
  const now = flags.includes("--now") ? [] : ["--now", `${NOW_SECONDS}`];
  const files = cases.map(({ name }) => `${name}.eml`);
  const { stdout, stderr } = await dktest(
    ["-v", "--json", "--zone", path, ...flags, ...now, ...files],
    { cwd: FOLDER },
  );
  await Deno.remove(path);
  assertEquals(stderr, "");
  const lines = stdout.trimEnd().split("\n");
  assertEquals(lines.length, cases.length);
  for (const [n, line] of lines.entries()) {
    const { dkim, domainkeys } = JSON.parse(line);
    const { name, row } = cases[n]!;
    const results = dkim.signatures.map(({ result }: { result: string }) =>
      result
    );
    assertExpected(name, row, {
      letter: dkim.letter,
      dkim: results.length > 0 ? results : ["none"],
      domainkeys: domainkeys.result,
    });
  }
}

/** What was said of a case. */
interface Said {
  letter: string;
  dkim: string[];
  domainkeys: string;
}

function assertExpected(name: string, { expect }: Case, said: Said): void {
  const [dkim] = DECIDED[name] ?? [expect.dkim];
  const note = `${name}: ${JSON.stringify(said)}`;
  // Some cases ask for DomainKeys alone.
  if (dkim.length > 0) assertEquals(said.dkim.length, dkim.length, note);
  for (const [n, allowed] of dkim.entries()) {
    assert(allowed.split("|").includes(said.dkim[n]!), note);
  }
  const { letter = said.letter, domainkeys = said.domainkeys } = expect;
  assertEquals(said.letter, letter, note);
  assert(domainkeys.split("|").includes(said.domainkeys), note);
}

function readCase(name: string): Case {
  return JSON.parse(Deno.readTextFileSync(new URL(`${name}.json`, FOLDER)));
}

Deno.test("each case has a message, and each message a case", () => {
  const messages = [...Deno.readDirSync(FOLDER)].map(({ name }) => name)
    .filter((name) => name.endsWith(".eml"))
    .map((name) => name.replace(/\.eml$/, "")).sort();
  assertEquals(messages, names);
});
