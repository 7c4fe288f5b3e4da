// The tests of the filters once more, over launchers that a resident process serves. tests/support/ways.ts
// has what differs.

import { assert } from "@std/assert";
import { bundle } from "../../scripts/build/bundle.ts";
import { endToEnd } from "../support/requirements.ts";
import { Resident } from "../support/resident.ts";
import { testPrograms } from "./ways.ts";

/** Most of what the tests send: fewer have gone another way. */
const LEAST_MAILS = 500;

endToEnd("Resident programs pass the tests of the filters", async () => {
  await using resident = await Resident.open();
  for (
    const name of ["dk-sign", "dk-verify", "qmail-dk", "dk-remote"] as const
  ) {
    const path = `${resident.folder}/${name}.js`;
    const source = `filters/${name.replace("-", "_")}.ts`;
    await Deno.writeTextFile(path, await bundle(source, "module"));
    await resident.launcherOf(name, { command: resident.runs(path) });
  }
  await testPrograms(resident.folder, "resident");
  await resident.emptied();
  const counts = await resident.counts();
  const answered = Object.entries(counts)
    .filter(([name]) => /^dk_mails_total\{.*answer="(?!again)/.test(name))
    .reduce((sum, [, count]) => sum + count, 0);
  assert(answered > LEAST_MAILS, `only ${answered} went by the process`);
});
