// Runs all of tests/e2e that is about a mail through a program, over programs that run in one way, and
// holds the failures against the table of what differs there.

import { assert, assertEquals } from "@std/assert";
import { ROOT } from "../support/installer.ts";
import { DIFFERENCES, OTHER_FILES, type Way } from "../support/ways.ts";

/** How a test went. */
interface Test {
  name: string;
  /** What it says when it fails. */
  failure: string | undefined;
}

/** There are more than that: fewer have not been run. */
const LEAST_TESTS = 800;

/** Tests the programs in a folder. */
export async function testPrograms(
  folder: string,
  way: Way,
): Promise<void> {
  const tests = await runTests(folder);
  const rows = DIFFERENCES.filter((row) => row.way === way);
  const rowOf = ({ name }: Test) => rows.find((row) => row.tests.test(name));
  const failed = tests.filter(({ failure }) => failure !== undefined);
  const undecided = failed.filter((test) =>
    rowOf(test)?.instead.test(test.failure!) !== true
  );
  const equal = tests.filter((test) =>
    test.failure === undefined && rowOf(test) !== undefined
  );
  assertEquals(
    undecided.map(({ name, failure }) => `${name}: ${failure}`),
    [],
    `fail ${way}, and not as the table says`,
  );
  assertEquals(
    equal.map(({ name }) => name),
    [],
    `hold ${way}, and are in the table`,
  );
  assertEquals(
    rows.filter((row) => !failed.some((test) => rowOf(test) === row)),
    [],
    "rows without a test",
  );
  assert(tests.length > LEAST_TESTS, `only ${tests.length} tests`);
  console.log(`${tests.length} tests ${way}, ${failed.length} differ`);
}

async function runTests(folder: string): Promise<Test[]> {
  const names = await Array.fromAsync(
    Deno.readDir(`${ROOT}tests/e2e`),
    ({ name }) => name.replace(/_test\.ts$/, ""),
  );
  const others = OTHER_FILES.flatMap(([, files]) => files);
  assertEquals(others.filter((name) => !names.includes(name)), []);
  const report = await Deno.makeTempFile();
  try {
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["test", "-A", "--quiet", "--parallel", `--junit-path=${report}`],
        ...names.filter((name) => !others.includes(name))
          .map((name) => `tests/e2e/${name}_test.ts`),
      ],
      cwd: ROOT,
      env: { DK_PROGRAMS: folder, NO_COLOR: "1" },
      stdout: "null",
    }).output();
    const tests = parseReport(await Deno.readTextFile(report));
    assert(tests.length > 0, new TextDecoder().decode(stderr));
    return tests;
  } finally {
    await Deno.remove(report);
  }
}

/** Reads JUnit's XML: all tests but the ignored ones. An error outside of a test is one of a test. */
function parseReport(xml: string): Test[] {
  const cases = xml.matchAll(
    /<testcase name="([^"]*)"[^>]*>([^]*?)<\/testcase>/g,
  );
  return [...cases].flatMap(([, name, result]) => {
    if (result!.includes("<skipped")) return [];
    const [, failure] = /<(?:failure|error)[^>]*>([^]*?)<\/(?:failure|error)>/
      .exec(result!) ?? [];
    return [{
      name: unescape(name!),
      failure: failure === undefined ? undefined : unescape(failure),
    }];
  });
}

const ENTITIES = { quot: '"', apos: "'", lt: "<", gt: ">", amp: "&" };

function unescape(text: string): string {
  return text.replace(
    /&(quot|apos|lt|gt|amp);/g,
    (_, name: keyof typeof ENTITIES) => ENTITIES[name],
  );
}
