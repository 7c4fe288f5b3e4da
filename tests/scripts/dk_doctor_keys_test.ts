// dk-doctor and key files: those of the pattern's folders, what is in them, and who can read them.

import { assertEquals, assertMatch } from "@std/assert";
import type { Finding, Status } from "../../scripts/dk_doctor/finding.ts";
import {
  Installation,
  KEY,
  makeKey,
  pick,
  pickOne,
} from "../support/doctor.ts";

const SMALL = makeKey(1024);

Deno.test("`dk-doctor` finds nothing wrong with the keys of several domains", async () => {
  await using site = await Installation.open();
  await site.addKey("example.net", makeKey("ed25519"));
  await site.write("keys/notes", "a file beside the folders");
  await site.write("keys/old/other", "a folder that is no domain's");
  const keys = pick(await site.examine(), "key");
  assertEquals(keys.map(({ status }) => status), ["ok", "ok"]);
  assertMatch(keys[0]!.detail, /^RSA, 2048 bits, mode 0640, can be read by /);
  assertMatch(keys[1]!.detail, /^Ed25519, mode 0640, /);
});

Deno.test("`dk-doctor` looks at the record of the selector that a link names", async () => {
  await using site = await Installation.open();
  await site.addKey("example.com", KEY, "s202611");
  await Deno.remove(`${site.folder}/keys/example.com/default`);
  await Deno.symlink("s202611", `${site.folder}/keys/example.com/default`);
  const findings = await site.examine();
  assertEquals(pickOne(findings, "key").status, "ok");
  const record = pickOne(findings, "record");
  assertEquals([record.status, record.subject], [
    "ok",
    "s202611._domainkey.example.com",
  ]);
});

Deno.test("`dk-doctor` fails for a link that names a selector without a key", async () => {
  await using site = await Installation.open();
  const path = `${site.folder}/keys/example.com/default`;
  await Deno.remove(path);
  await Deno.symlink("s202611", path);
  const { status, subject, detail } = pickOne(await site.examine(), "key");
  assertEquals([status, subject, detail], [
    "fail",
    path,
    "names the selector s202611, which is not there: mail is not taken (55)",
  ]);
});

Deno.test("`dk-doctor` warns of a replacement that stands still", async () => {
  await using site = await Installation.open();
  const next = `${site.folder}/keys/example.com/default.next`;
  await Deno.symlink("s202611", next);
  assertEquals(pick(await site.examine(), "key").map(({ status }) => status), [
    "ok",
  ]);
  const touch = new Deno.Command("/usr/bin/touch", {
    args: ["-h", "-d", "8 days ago", next],
  });
  assertEquals((await touch.output()).code, 0);
  const finding = pickOne(await site.examine(), "key", "default.next");
  assertEquals([finding.status, finding.detail], [
    "warn",
    "the replacement by s202611 stands still since 8 days",
  ]);
});

Deno.test("`dk-doctor` looks at each key of control/dkimkeys, and names a line of no use", async () => {
  await using site = await Installation.open();
  await site.addKey("example.net", KEY, "s202611");
  const { folder } = site;
  await site.write(
    "control/dkimkeys",
    `example.net:${folder}/keys/example.net/s202611\nquiet.example:-\nexample.org:../keys/%/none\n`,
  );
  const keys = pick(await site.examine(), "key");
  assertEquals(
    keys.map(({ status, subject }) => `${status} ${subject.split("/keys/")[1]}`)
      .sort(),
    [
      "ok example.com/default",
      "ok example.net/s202611",
      "warn example.org/none",
    ],
  );
  assertEquals(
    pick(await site.examine(), "record").map(({ status }) => status),
    ["ok", "ok"],
  );
  await site.write(
    "control/dkimkeys",
    "example.net:/k/s:DKIMSIGNOPTIONS=-y\n",
  );
  const fault = pick(await site.examine(), "key").find(({ status }) =>
    status === "fail"
  );
  assertMatch(fault!.detail, /Line 1 of control\/dkimkeys: Option "-y"/);
});

interface KeyCase {
  /** Changes what is good, and returns the path at fault. */
  spoil(site: Installation, key: string): Promise<string>;
  status: Status;
  detail: RegExp;
  /** The path is `KEY` in it. */
  advice: string;
}

const CASES: Record<string, KeyCase> = {
  "a key that everybody can read": {
    async spoil(_site, key) {
      await Deno.chmod(key, 0o604);
      return key;
    },
    status: "warn",
    detail: /^everybody can read it$/,
    advice: "chmod o-r KEY",
  },
  "a key that its group can write to": {
    async spoil(_site, key) {
      await Deno.chmod(key, 0o660);
      return key;
    },
    status: "warn",
    detail: /^not its owner alone can write to it$/,
    advice: "chmod go-w KEY",
  },
  "a link to a selector that is not there": {
    async spoil(_site, key) {
      await Deno.remove(key);
      await Deno.symlink("s202611", key);
      return key;
    },
    status: "fail",
    detail:
      /^names the selector s202611, which is not there: mail is not taken \(55\)$/,
    advice: "ls -l DIR/",
  },
  "a key older than a year": {
    async spoil(_site, key) {
      const then = new Date(Date.now() - 400 * 86_400_000);
      await Deno.utime(key, then, then);
      return key;
    },
    status: "warn",
    detail: /^is 400 days old$/,
    advice: "BIN/dk-rotate DIR",
  },
  "an RSA key of 1024 bits": {
    spoil: (site) => site.addKey("example.com", SMALL),
    status: "warn",
    detail: /^RSA of 1024 bits is weak$/,
    advice:
      "mkdir -p DIR && BIN/dknewkey --domain example.com DIR/NEW  # publish the record, then sign with the selector NEW",
  },
  "an RSA key of 512 bits": {
    spoil: (site) => site.addKey("example.com", makeKey(512)),
    status: "fail",
    detail: /at least 1024 bits, this one has 512$/,
    advice:
      "mv KEY KEY.bad && mkdir -p DIR && BIN/dknewkey --domain example.com KEY  # then publish the record",
  },
  "a key that is cut short": {
    spoil: (site) =>
      site.write("keys/example.com/default", KEY.pem.slice(0, 500), 0o600),
    status: "fail",
    detail: /^Cannot parse the private key: /,
    advice:
      "mv KEY KEY.bad && mkdir -p DIR && BIN/dknewkey --domain example.com KEY  # then publish the record",
  },
  "a folder in place of a key": {
    async spoil(_site, key) {
      await Deno.remove(key);
      await Deno.mkdir(key);
      return key;
    },
    status: "fail",
    detail: /directory/,
    advice:
      "mv KEY KEY.bad && mkdir -p DIR && BIN/dknewkey --domain example.com KEY  # then publish the record",
  },
  "a domain without a key": {
    async spoil(_site, key) {
      await Deno.rename(key, `${key}.old`);
      return key;
    },
    status: "warn",
    detail: /^no key: mail of example\.com is not signed with one of its own$/,
    advice: "mkdir -p DIR && BIN/dknewkey --domain example.com KEY",
  },
  "a domain in upper case": {
    async spoil(site) {
      const path = await site.addKey("Example.NET", KEY);
      await Deno.remove(`${site.folder}/keys/example.com`, { recursive: true });
      return path;
    },
    status: "warn",
    detail: /^is never looked for: domains are in lower case$/,
    advice: "use example.net in place of Example.NET",
  },
};
for (const [name, { spoil, status, detail, advice }] of Object.entries(CASES)) {
  Deno.test(`\`dk-doctor\` finds ${name}: ${status}`, async () => {
    await using site = await Installation.open();
    const key = `${site.folder}/keys/example.com/default`;
    const path = await spoil(site, key);
    const finding = pickOne(await site.examine(), "key");
    assertEquals([finding.status, finding.subject], [status, path]);
    assertMatch(finding.detail, detail);
    const folder = path.slice(0, path.lastIndexOf("/"));
    assertEquals(
      finding.advice,
      advice.replaceAll("KEY", path).replaceAll("DIR", folder)
        .replace("BIN", `${site.folder}/bin`),
    );
  });
}

Deno.test("`dk-doctor` finds the key of an internationalized domain in a folder of either spelling", async () => {
  const aLabels = "xn--bcher-kva.example.org";
  const uLabels = "b\u00fccher.example.org";
  await using site = await Installation.open(["dk-sign"]);
  const keys = `${site.folder}/keys`;
  await site.addKey(aLabels, KEY);
  await Deno.remove(`${keys}/example.com`, { recursive: true });
  for (const folder of [aLabels, uLabels]) {
    if (folder === uLabels) {
      await Deno.rename(`${keys}/${aLabels}`, `${keys}/${uLabels}`);
    }
    for (const args of [[], ["--domain", uLabels], ["--domain", aLabels]]) {
      const findings = await site.examine(args);
      const bad = findings.filter(({ status }) => status !== "ok");
      assertEquals(bad, []);
      assertEquals(
        [pickOne(findings, "key").subject, pickOne(findings, "record").subject],
        [`${keys}/${folder}/default`, `default._domainkey.${aLabels}`],
      );
    }
  }
});

Deno.test("`dk-doctor` follows % inside a name, and twice in a path", async () => {
  await using site = await Installation.open();
  await site.write("more/k-example.org/example.org.d/sel", KEY.pem, 0o600);
  await site.write("more/k-example.org/example.net.d/sel", KEY.pem, 0o600);
  const pattern = `${site.folder}/more/k-%/%.d/sel`;
  const findings = await site.examine([], { DKSIGN: pattern });
  assertEquals(
    pickOne(findings, "key").subject,
    `${site.folder}/more/k-example.org/example.org.d/sel`,
  );
  assertMatch(
    pickOne(findings, "control", pattern).detail,
    /^the % is not a folder's whole name$/,
  );
  assertMatch(
    pickOne(findings, "record").subject,
    /^sel\._domainkey\.example\.org$/,
  );
});

Deno.test("`dk-doctor` fails when a pattern that is set finds no key at all", async () => {
  await using site = await Installation.open();
  await Deno.remove(`${site.folder}/keys/example.com`, { recursive: true });
  const { status, detail } = pickOne(await site.examine(), "key");
  assertEquals([status, detail], ["fail", "no key, nothing is signed"]);
});

Deno.test("`dk-doctor` fails when the folder of a pattern is not there", async () => {
  await using site = await Installation.open();
  const DKSIGN = `${site.folder}/nowhere/%/default`;
  const finding = pickOne(await site.examine([], { DKSIGN }), "key");
  assertEquals(finding.status, "fail");
  assertEquals(finding.detail, "there is no such folder");
});

Deno.test("`dk-doctor` looks at one file for a pattern without %", async () => {
  await using site = await Installation.open();
  const DKSIGN = `${site.folder}/keys/example.com/default`;
  const findings = await site.examine([], { DKSIGN });
  assertEquals(pickOne(findings, "key").status, "ok");
  const { status, advice } = pickOne(findings, "record");
  assertEquals([status, advice], ["warn", "dk-doctor --domain NAME"]);
  const told = await site.examine(["--domain", "example.com"], { DKSIGN });
  assertEquals(pickOne(told, "record").status, "ok");
});

Deno.test("`dk-doctor` fails when the one file of a pattern without % is not there", async () => {
  await using site = await Installation.open();
  const DKSIGN = `${site.folder}/keys/nothing`;
  const finding = pickOne(await site.examine([], { DKSIGN }), "key");
  assertEquals(finding, {
    check: "key",
    status: "fail",
    subject: DKSIGN,
    detail: "there is no such file, and mail is refused (32)",
    advice:
      `mkdir -p ${site.folder}/keys && ${site.folder}/bin/dknewkey ${DKSIGN}`,
  });
});

Deno.test("`dk-doctor --domain` looks at the key that mail of a domain is signed with", async () => {
  await using site = await Installation.open();
  const args = ["--domain", "a.b.example.com", "--domain", "example.net"];
  const findings = await site.examine(args);
  const [parent, none] = pick(findings, "key") as [Finding, Finding];
  assertEquals(parent.subject, `${site.folder}/keys/example.com/default`);
  assertEquals(none.subject, `${site.folder}/keys/example.net/default`);
  assertEquals([parent.status, none.status], ["ok", "warn"]);
  assertEquals(
    pickOne(findings, "record").subject,
    "default._domainkey.example.com",
  );
});

Deno.test("`dk-doctor` looks at the keys of DKIMSIGNEXTRA too", async () => {
  await using site = await Installation.open();
  const path = await site.addKey("example.com", makeKey("ed25519"), "ed");
  const DKIMSIGNEXTRA = `${site.folder}/keys/%/ed`;
  const good = await site.examine([], { DKIMSIGNEXTRA });
  assertEquals(pickOne(good, "key", path).status, "ok");
  assertEquals(pickOne(good, "record", "ed._").status, "ok");
  await Deno.writeTextFile(path, "");
  const bad = await site.examine([], { DKIMSIGNEXTRA });
  assertEquals(pickOne(bad, "key", path).status, "fail");
  assertEquals(pick(bad, "key").length, 2);
});
