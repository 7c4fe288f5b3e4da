// The Authentication-Results fields of tests/cases, after public bug reports of other tools: which of
// them are gone after `dk-verify`, which stay, and where it exits with 55.

import { assert, assertEquals } from "@std/assert";
import { assertNotQueued, Incoming, resultsOf } from "../support/incoming.ts";
import { toText } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";

interface Case {
  about: string;
  program?: string;
  control?: Record<string, string>;
  flags: string[];
  expect: { exit?: number; field?: "kept" | "removed"; removed?: boolean };
}

const FOLDER = new URL("../cases/", import.meta.url);
const AUTHSERVID = "authservid=";

const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name)
  .filter((name) => /^ar-.*\.json$/.test(name))
  .map((name) => name.replace(/\.json$/, "")).sort();

for (const name of names) {
  const row: Case = JSON.parse(
    Deno.readTextFileSync(new URL(`${name}.json`, FOLDER)),
  );
  const { exit, field, removed } = row.expect;
  const isRemoved = removed ?? field === "removed";
  const fate = exit !== undefined
    ? `exits ${exit} for`
    : isRemoved
    ? "takes out"
    : "keeps";
  endToEnd(`\`dk-verify\` ${fate} the field of ${name}`, async () => {
    await using host = await Incoming.open();
    for (const [file, line] of controlFiles(row)) {
      await host.write(`control/${file}`, `${line}\n`);
    }
    const message = await Deno.readFile(new URL(`${name}.eml`, FOLDER));
    const result = await host.run("dk-verify", { message });
    if (exit !== undefined) return assertNotQueued(result, exit);
    if (!isRemoved) {
      assertEquals(resultsOf(message, result).length, 3);
      return;
    }
    const [header, body] = partsOf(toText(result.queued!.message));
    assertEquals(header.match(/Authentication-Results/g)?.length, 1);
    assert(header.startsWith("Authentication-Results: mx."), header);
    assertEquals(body, partsOf(toText(message))[1]);
  });
}

function controlFiles({ control = {}, flags }: Case): [string, string][] {
  const ids = flags.filter((flag) => flag.startsWith(AUTHSERVID))
    .map((flag) => flag.slice(AUTHSERVID.length));
  return [
    ...Object.entries(control),
    ...ids.map((id): [string, string] => ["authservid", id]),
  ];
}

function partsOf(message: string): [header: string, body: string] {
  const end = message.indexOf("\n\n");
  return [message.slice(0, end), message.slice(end)];
}
