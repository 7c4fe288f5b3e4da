// readSignRules(): control/dkimkeys before DKSIGN and control/dksign, and what a line changes.

import { assert, assertEquals, assertThrows } from "@std/assert";
import type { SignOptions } from "../../lib/policy/options.ts";
import type { SignRules } from "../../lib/policy/sign_rule.ts";
import { StepFailed } from "../../lib/qmail/exit_code.ts";
import { Environment } from "../../lib/system/configuration/environment.ts";
import { readSignRules } from "../../lib/system/configuration/sign_rules.ts";
import { KeyTable } from "../../lib/keys/key_table.ts";
import {
  KeyTableFiles,
  openTable,
} from "../../lib/system/keys/key_table_files.ts";
import { Site } from "../support/site.ts";

interface Setting {
  table?: string;
  env?: Record<string, string>;
  dksign?: string;
  elsewhere?: string;
}

/** The rules of a site whose control folder holds these files. */
async function rulesOf(
  { table, env = {}, dksign, elsewhere }: Setting,
): Promise<{ rules: SignRules | undefined; control: string }> {
  await using site = await Site.open();
  const control = `${site.folder}/control`;
  if (table !== undefined) await site.write("control/dkimkeys", table);
  if (dksign !== undefined) await site.write("control/dksign", dksign);
  const variables: Record<string, string> = { CONTROLDIR: control, ...env };
  const environment = new Environment({ get: (name) => variables[name] });
  return { rules: readSignRules(environment, undefined, elsewhere), control };
}

/** The pattern of a domain, or why there is none. */
async function keyOf(setting: Setting, domain = "example.com") {
  const { rules } = await rulesOf(setting);
  const rule = rules?.(domain);
  return rule && ("reason" in rule ? rule.reason : rule.pattern);
}

function optionsOf(rules: SignRules | undefined, domain: string): SignOptions {
  const rule = rules!(domain);
  if ("reason" in rule) throw new Error(rule.reason);
  return rule;
}

const TABLE = "example.com:/table/s\nquiet.example:-\n";

Deno.test("`readSignRules()` asks the table, then DKSIGN, then control/dksign", async () => {
  const all = {
    env: { DKSIGN: "/env/s" },
    dksign: "/dksign/s\n",
    elsewhere: "/elsewhere/s",
  };
  assertEquals(await keyOf({ ...all, table: TABLE }), "/table/s");
  assertEquals(await keyOf({ ...all, table: TABLE }, "a.example"), "/env/s");
  assertEquals(
    await keyOf({ ...all, env: {}, table: TABLE }, "a.example"),
    "/dksign/s",
  );
  assertEquals(
    await keyOf({ table: TABLE, elsewhere: "/elsewhere/s" }, "a.example"),
    "/elsewhere/s",
  );
  assertEquals(
    await keyOf({ table: TABLE }, "a.example"),
    "no line in control/dkimkeys",
  );
  assertEquals(await keyOf(all), "/env/s");
  assertEquals(await keyOf({}), undefined);
});

Deno.test("`readSignRules()` reads no table under NODKIMKEYS, set or empty", async () => {
  for (const NODKIMKEYS of ["", "1"]) {
    const env = { NODKIMKEYS, DKSIGN: "/env/s" };
    assertEquals(await keyOf({ table: TABLE, env }), "/env/s");
    assertEquals(await keyOf({ table: "not a line\n", env }), "/env/s");
    assertEquals(await keyOf({ table: TABLE, env: { NODKIMKEYS } }), undefined);
  }
});

Deno.test("`readSignRules()` signs nothing where the key is -", async () => {
  const { rules } = await rulesOf({ table: TABLE, env: { DKSIGN: "/env/s" } });
  assertEquals(rules!("quiet.example"), {
    reason: "control/dkimkeys says so",
    isFinal: true,
    align: "from",
  });
});

Deno.test("`readSignRules()` takes a relative path from the control folder", async () => {
  const table =
    "a.example:keys/%/s:DKIMSIGNEXTRA=keys/%/e\nb.example:/k/s:DKIMSIGNEXTRA=/k/e\nc.example:s\n";
  const { rules, control } = await rulesOf({
    table,
    env: { DKIMSIGNEXTRA: "/env/e" },
  });
  const places = (domain: string) => {
    const rule = optionsOf(rules, domain);
    return [rule.pattern, rule.extraPattern];
  };
  assertEquals(places("a.example"), [
    `${control}/keys/%/s`,
    `${control}/keys/%/e`,
  ]);
  assertEquals(places("b.example"), ["/k/s", "/k/e"]);
  assertEquals(places("c.example"), [`${control}/s`, "/env/e"]);
});

Deno.test("`readSignRules()` sets and unsets each variable for the domains of a line alone", async () => {
  const table =
    "a.example:/k/s:DKIMSIGNEXTRA=,DKSIGNWITH=dkim,DKIMALIGN=sender," +
    "DKIMSIGNOPTIONS=-c s,DKIMSIGNHEADERS=From:X-A,DKIMOVERSIGN=Subject," +
    "DKSIGNOPTIONS=-c simple,DKSIGNFORWARDS=1\n" +
    "b.example:/k/s:DKSIGNWITH=,DKIMSIGNOPTIONS=\n";
  const { rules } = await rulesOf({
    table,
    env: {
      DKSIGN: "/env/s",
      DKIMSIGNEXTRA: "/env/e",
      DKSIGNWITH: "domainkeys",
      DKIMSIGNOPTIONS: "-t",
    },
  });
  const a = optionsOf(rules, "a.example");
  assertEquals(a.extraPattern, undefined);
  assertEquals([a.schemes, a.align], [["dkim"], "sender"]);
  assertEquals(a.dkim.headerCanonicalization, "simple");
  assertEquals(a.dkim.timestamp, true);
  assertEquals(a.dkim.signedFields, ["From", "X-A"]);
  assertEquals(a.dkim.oversignedFields, ["Subject"]);
  assertEquals(a.domainKeys.canonicalization, "simple");
  assertEquals(a.authservId, undefined);
  const b = optionsOf(rules, "b.example");
  assertEquals(b.schemes, ["dkim", "domainkeys"]);
  assertEquals(b.dkim.timestamp, true);
  const other = optionsOf(rules, "example.org");
  assertEquals(other.schemes, ["domainkeys"]);
  assertEquals(other.dkim.timestamp, false);
  assertEquals(other.extraPattern, "/env/e");
});

Deno.test("`readSignRules()` fails with 55 and the line for a value that cannot be used", async () => {
  const { rules } = await rulesOf({
    table: "a.example:/k/s\nb.example:/k/s:DKIMSIGNOPTIONS=-y\nbad line\n",
  });
  rules!("a.example");
  for (
    const [domain, line] of [["b.example", "Line 2"], ["c.example", "line 3"]]
  ) {
    const error = assertThrows(() => rules!(domain!), StepFailed, line);
    assertEquals(error.code, 55);
  }
});

Deno.test("`readSignRules()` fails with 55 for a table that is no file", async () => {
  await using site = await Site.open();
  await Deno.mkdir(`${site.folder}/control/dkimkeys`);
  const environment = new Environment({ get: (name) => site.env[name] });
  const error = assertThrows(
    () => readSignRules(environment),
    StepFailed,
    "/control/dkimkeys",
  );
  assertEquals(error.code, 55);
});

Deno.test("`KeyTableFiles` reads a table again when it has changed, and not before", async () => {
  await using site = await Site.open();
  const path = await site.write("control/dkimkeys", "a.example:/k/s1\n");
  const long = new Date(Date.now() - 60_000);
  const files = new KeyTableFiles();
  // It has just been made: it may change again within the same tick of its clock.
  assert(files.open(path) !== files.open(path));
  await new Promise((resolve) => setTimeout(resolve, 2100));
  const table = files.open(path);
  assertEquals(files.open(path), table);
  assert(files.open(path) === table);
  await site.write("control/next", "a.example:/k/s2\n");
  await Deno.utime(`${site.folder}/control/next`, long, long);
  await Deno.rename(`${site.folder}/control/next`, path);
  assertEquals(files.open(path).find("a.example")?.pattern, "/k/s2");
  await Deno.remove(path);
  assertThrows(() => files.open(path), Deno.errors.NotFound);
});

const namesOf = (table: KeyTable) =>
  table.lines().map(({ domains }) => domains).join();

const LONG = `# ${"x".repeat(600_000)}\n`;
const MANY = Array.from({ length: 20_000 }, (_, n) => `c${n}.example:/k/s\n`)
  .join("");

const FILES: Record<string, [text: string, number: number]> = {
  "of one line without an end": ["a.example:/k/s", 1],
  "with CR LF": ["\r\na.example:/k/s\r\n", 2],
  "with a line longer than a part": [`${LONG}a.example:/k/s\n`, 2],
  "whose line ends after many parts": [`${MANY}a.example:/k/s`, 20_001],
  "in UTF-8, at any octet of which a part can end": [
    `# ${"\u00fc".repeat(140_000)}\nb\u00fccher.example:/k/b\n`.repeat(2) +
    "a.example:/k/s\n",
    5,
  ],
};

for (const [name, [text, number]] of Object.entries(FILES)) {
  Deno.test(`\`openTable()\` and \`KeyTableFiles\` read a table ${name}`, async () => {
    await using site = await Site.open();
    await site.write("control/dkimkeys", text);
    const path = `${site.folder}/control/dkimkeys`;
    for (const table of [openTable(path), new KeyTableFiles().open(path)]) {
      assertEquals(table.find("a.example")?.number(), number);
      assertEquals(table.find("nowhere.example"), undefined);
      assertEquals(namesOf(table), namesOf(new KeyTable(text)));
    }
  });
}

Deno.test("a table that cannot be read is 55: no regular file, or a read error", async () => {
  await using site = await Site.open();
  const control = `${site.folder}/control`;
  const environment = new Environment({
    get: (name) => name === "CONTROLDIR" ? control : undefined,
  });
  for (const target of ["/dev/null", "/proc/self/mem"]) {
    await Deno.symlink(target, `${control}/dkimkeys`);
    for (const tables of [undefined, new KeyTableFiles()]) {
      const error = assertThrows(
        () => readSignRules(environment, tables)?.("example.com"),
        StepFailed,
        "dkimkeys",
      );
      assertEquals(error.code, 55);
    }
    await Deno.remove(`${control}/dkimkeys`);
  }
});
