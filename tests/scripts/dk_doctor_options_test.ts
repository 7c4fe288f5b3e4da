// dk-doctor, the variables and the control files.

import { assertEquals, assertMatch } from "@std/assert";
import type { Status } from "../../scripts/dk_doctor/finding.ts";
import { Installation, pick, pickOne } from "../support/doctor.ts";

const WHERE_IT_IS_SET = "where it is set: tcp.smtp, envdir or run";

const BAD_VARIABLES: Record<string, [value: string, detail: RegExp]> = {
  DEATH: ["soon", /"soon" for DEATH: give a number of seconds$/],
  ERROR_FD: ["1", /"1" for ERROR_FD: give a descriptor out of 2 to 9$/],
  DKSIGNWITH: ["spf", /"spf" for DKSIGNWITH/],
  DKIMALIGN: ["to", /"to" for DKIMALIGN: give from or sender$/],
  DKIMSIGNOPTIONS: ["-y", /^Option "-y" is unknown$/],
  DKIMSIGNHEADERS: ["From; To", /a list of fields: give field names$/],
  DKSIGNOPTIONS: ["-c relaxed", /"relaxed" for -c: give nofws or simple$/],
  DNSCACHEIP: ["localhost", /^Cannot parse DNSCACHEIP "localhost"/],
  DNSTIMEOUT: ["0", /^Cannot parse DNSTIMEOUT "0"/],
};
for (const [name, [value, detail]] of Object.entries(BAD_VARIABLES)) {
  Deno.test(`\`dk-doctor\` fails for a bad ${name}`, async () => {
    await using site = await Installation.open();
    const findings = await site.examine([], { [name]: value });
    const bad = findings.filter(({ check, status }) =>
      check !== "install" && status !== "ok"
    );
    assertEquals(
      bad.map(({ check, status }) => [check, status]),
      [["options", "fail"]],
    );
    assertMatch(bad[0]!.detail, detail);
    assertEquals(bad[0]!.advice, `unset ${name}, ${WHERE_IT_IS_SET}`);
  });
}

Deno.test("`dk-doctor` finds nothing wrong with good variables", async () => {
  await using site = await Installation.open();
  const findings = await site.examine([], {
    DEATH: "60",
    ERROR_FD: "6",
    DKSIGNWITH: "dkim",
    DKIMSIGNOPTIONS: "-c s -l",
    DKSIGNOPTIONS: "-c simple",
    DNSTIMEOUT: "5",
    DKBARECR: "reject",
    DKVERIFY: "DEGIJKfh,CGHIJMQRkl",
  });
  const options = pick(findings, "options");
  assertEquals(options.map(({ status }) => status), [
    "ok",
    "ok",
    "ok",
    "ok",
    "ok",
    "ok",
  ]);
});

const LETTERS: Record<string, [status: Status, detail: RegExp]> = {
  "": ["ok", /^each letter stands for a status$/],
  "BfJ,BkS": ["ok", /^each letter stands for a status$/],
  "B!": ["warn", /^domainkeys "!" does nothing$/],
  "B,x B": ["warn", /^dkim "x" does nothing; dkim " " does nothing$/],
  "A,a": ["fail", /^domainkeys "A" refuses good mail; dkim "a" refuses /],
  "C": ["fail", /^domainkeys "C" refuses good mail$/],
  "b,n": ["fail", /^dkim "n" refuses good mail$/],
  "D,E,F": ["fail", /^letters of DKIM stand after the first comma: a second/],
  "DEGIJKfhCGHIJMQRkl": [
    "fail",
    /^domainkeys "C" refuses good mail; domainkeys "M" is a letter of DKIM, and there is no comma; /,
  ],
  "F,K": ["warn", /^domainkeys "F" rejects mail for good when .*; dkim "K" /],
};
for (const [letters, [status, detail]] of Object.entries(LETTERS)) {
  Deno.test(`\`dk-doctor\` judges DKVERIFY="${letters}": ${status}`, async () => {
    await using site = await Installation.open();
    const findings = await site.examine([], { DKVERIFY: letters });
    const finding = pickOne(findings, "options", "DKVERIFY");
    assertEquals(finding.status, status);
    assertMatch(finding.detail, detail);
    const advice = status === "ok" ? null : `DKVERIFY=, ${WHERE_IT_IS_SET}`;
    assertEquals(finding.advice, advice);
  });
}

const PATTERNS: Record<string, [status: Status, detail: RegExp]> = {
  "/etc/domainkeys/%/default": ["ok", /^a key for each domain$/],
  "/etc/domainkeys/default": ["ok", /^one key for every domain$/],
  "/etc/domainkeys/%.d/default": [
    "warn",
    /^the % is not a folder's whole name/,
  ],
  "etc/%/default": [
    "warn",
    /^counts from the folder that a program is started/,
  ],
  "/etc/domainkeys/%/": ["fail", /give a path that ends in the selector$/],
  "/etc/domainkeys/%/my key": ["fail", /give a path that ends in the selector/],
};
for (const [pattern, [status, detail]] of Object.entries(PATTERNS)) {
  Deno.test(`\`dk-doctor\` judges the pattern ${pattern} in control/dksign: ${status}`, async () => {
    await using site = await Installation.open();
    delete site.env.DKSIGN;
    await site.write("control/dksign", `${pattern}  \nsecond line\n`);
    const findings = await site.examine();
    const finding = pickOne(findings, "control", "control/dksign");
    assertEquals(finding.status, status);
    assertMatch(finding.detail, detail);
  });
}

Deno.test("`dk-doctor` takes the default pattern where nothing names one", async () => {
  await using site = await Installation.open();
  delete site.env.DKSIGN;
  const findings = await site.examine();
  assertEquals(
    pickOne(findings, "control", "%").subject,
    "the default /etc/domainkeys/%/default",
  );
});

Deno.test("`dk-doctor` says what control/authservid or control/me will say", async () => {
  await using site = await Installation.open();
  const me = pickOne(await site.examine(), "control", "authservid");
  assertEquals(me.status, "ok");
  assertMatch(me.detail, / say mail\.example\.com, from control\/me$/);
  await site.write("control/authservid", "mx.example.net\n");
  const given = pickOne(await site.examine(), "control", "authservid");
  assertMatch(given.detail, / say mx\.example\.net, from it$/);
  await site.write("control/authservid", "our host\n");
  const bad = pickOne(await site.examine(), "control", "authservid");
  assertEquals(bad.status, "warn");
  assertMatch(bad.detail, / say our host, from it: no domain name$/);
  await site.write("control/authservid", "mx.b\u00fccher.example\n");
  const unwritable = pickOne(await site.examine(), "control", "authservid");
  assertEquals(unwritable.status, "fail");
  assertMatch(unwritable.detail, /^Cannot write /);
});

Deno.test("`dk-doctor` fails for a control file that cannot be read", async () => {
  await using site = await Installation.open();
  await Deno.mkdir(`${site.folder}/control/authservid`);
  const finding = pickOne(await site.examine(), "control", "authservid");
  assertEquals(finding.status, "fail");
  assertMatch(finding.detail, /^Cannot read ".*\/control\/authservid": /);
});

Deno.test("`dk-doctor` fails for a control/dksign that cannot be read", async () => {
  await using site = await Installation.open();
  delete site.env.DKSIGN;
  await Deno.mkdir(`${site.folder}/control/dksign`);
  const findings = await site.examine();
  const finding = pickOne(findings, "key");
  assertEquals(finding.status, "fail");
  assertMatch(finding.detail, /^Cannot read ".*\/control\/dksign": /);
  assertEquals(pickOne(findings, "tmpdir").status, "ok");
});

Deno.test("`dk-doctor` warns of control files that have no folder, and fails when it is a file", async () => {
  await using site = await Installation.open();
  const missing = { CONTROLDIR: `${site.folder}/nowhere` };
  const [folder] = pick(await site.examine([], missing), "control");
  assertEquals(folder?.status, "warn");
  const file = { CONTROLDIR: `${site.folder}/control/me` };
  const [first] = pick(await site.examine([], file), "control");
  assertEquals([first?.status, first?.detail], ["fail", "is no folder"]);
});
