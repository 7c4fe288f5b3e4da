// dk-doctor and SPF, DMARC and ARC: what a site says of them, the key of its sets, what its domains
// publish.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Status } from "../../scripts/dk_doctor/finding.ts";
import type { Zone } from "../../scripts/host/zone.ts";
import { parseZoneLine } from "../support/dknewkey.ts";
import { Installation, makeKey, pick, pickOne } from "../support/doctor.ts";

const SETTINGS: Record<
  string,
  [env: Record<string, string>, status: Status, detail: RegExp]
> = {
  "no letters of SPF": [{ SPFVERIFY: "" }, "ok", /each letter stands/],
  "a digit of SPFBEHAVIOR": [{ SPFVERIFY: "3" }, "ok", /a digit/],
  "a digit that there is not": [{ SPFVERIFY: "7" }, "fail", /from 0 to 6/],
  "SPF that refuses what passes": [
    { SPFVERIFY: "AB" },
    "fail",
    /^"A" refuses good mail$/,
  ],
  "an unknown letter of SPF": [{ SPFVERIFY: "BH" }, "warn", /"H" does nothing/],
  "SPF that rejects while DNS fails": [
    { SPFVERIFY: "BF" },
    "warn",
    /"F" rejects mail for good/,
  ],
  "the letters that are recommended": [
    { DMARCVERIFY: "Bf" },
    "ok",
    /each letter stands/,
  ],
  "DMARC that refuses domains without a record": [
    { DMARCVERIFY: "be" },
    "fail",
    /^"e" refuses all domains without a record$/,
  ],
  "terms": [{ SPFRULES: "ip4:192.0.2.1 a:example.net" }, "ok", /SPFRULES/],
  "terms that are none": [{ SPFRULES: "ipv4:192.0.2.1" }, "fail", /SPF terms/],
  "a text with macros": [{ SPFEXP: "%{i} may not" }, "ok", /SPFEXP/],
  "a text with a bad macro": [{ SPFEXP: "%{z}" }, "fail", /explanation/],
  "sealers": [{ ARCTRUST: "example.net lists.example" }, "ok", /^2 sealers/],
  "a sealer that is no domain": [
    { ARCTRUST: "example.net, lists@example" },
    "warn",
    /such a name: example\.net,, lists@example$/,
  ],
};
for (const [name, [env, status, detail]] of Object.entries(SETTINGS)) {
  Deno.test(`\`dk-doctor\` says ${status} of ${name}`, async () => {
    await using site = await Installation.open();
    const [variable = ""] = Object.keys(env);
    const finding = pickOne(await site.examine([], env), "options", variable);
    assertEquals(finding.status, status);
    assertMatch(finding.detail, detail);
  });
}

for (
  const [file, text, status] of [
    ["spfrules", "ip4:192.0.2.1", "ok"],
    ["spfrules", "ip4:nowhere", "fail"],
    ["spfexp", "%{", "fail"],
    ["arctrust", "example.net\nlists.example\n", "ok"],
    ["arctrust", "example.net\n*.example\n", "warn"],
  ] as const
) {
  Deno.test(`\`dk-doctor\` says ${status} of ${JSON.stringify(text)} in control/${file}, and how to undo it`, async () => {
    await using site = await Installation.open();
    const path = await site.write(`control/${file}`, text);
    const finding = pickOne(await site.examine(), "options", path);
    assertEquals(finding.status, status);
    if (status === "ok") return;
    assertEquals(finding.advice, `mv ${path} ${path}.bad`);
    await Deno.rename(path, `${path}.bad`);
    assertEquals(pick(await site.examine(), "options", path), []);
  });
}

Deno.test("`dk-doctor` finds the key of ARCSEAL for this host or a parent, and its record", async () => {
  await using site = await Installation.open();
  const path = await site.addKey("example.com", makeKey(), "arc");
  const env = { ARCSEAL: `${site.folder}/keys/%/arc` };
  const findings = await site.examine([], env);
  assertEquals(pickOne(findings, "key", path).status, "ok");
  const record = pickOne(findings, "record", "arc._domainkey.example.com");
  assertEquals(record.status, "ok");
});

Deno.test("`dk-doctor` wants the record of the key of ARCSEAL published", async () => {
  await using site = await Installation.open();
  await site.addKey("example.com", makeKey(), "arc");
  delete site.zone["arc._domainkey.example.com"];
  const env = { ARCSEAL: `${site.folder}/keys/example.com/arc` };
  const name = "arc._domainkey.example.com";
  const finding = pickOne(await site.examine([], env), "record", name);
  assertEquals(finding.status, "fail");
  assert(finding.advice?.startsWith(`publish: ${name}.\tIN\tTXT\t"v=DKIM1`));
  publish(site, finding.advice!.replace("publish: ", ""));
  const anew = pickOne(await site.examine([], env), "record", name);
  assertEquals(anew.status, "ok", anew.detail);
});

Deno.test("`dk-doctor` finds the key of control/arcseal, by which dk-remote renews sets", async () => {
  await using site = await Installation.open(["dk-remote"]);
  const path = await site.addKey("example.com", makeKey(), "arc");
  await site.write("control/arcseal", `${site.folder}/keys/%/arc\n`);
  const env = { DKREMOTE: "/bin/true" };
  const findings = await site.examine([], env);
  const pattern = `control/arcseal ${site.folder}/keys/%/arc`;
  assertEquals(pick(findings, "key", path).map(({ status }) => status), ["ok"]);
  assertEquals(pickOne(findings, "record", "arc._domainkey").status, "ok");
  await site.write("control/arcseal", `${site.folder}/keys/x%/arc\n`);
  const bad = pickOne(
    await site.examine([], env),
    "control",
    "control/arcseal ",
  );
  assertEquals([bad.status, bad.subject], ["warn", pattern.replace("%", "x%")]);
});

Deno.test("`dk-doctor` does not read control/arcseal where dk-remote is not installed", async () => {
  await using site = await Installation.open(["dk-verify"]);
  await site.write("control/arcseal", "/nowhere/arc\n");
  assertEquals(pick(await site.examine(), "key", "/nowhere"), []);
});

Deno.test("`dk-doctor` fails for a sealing key that is not RSA", async () => {
  await using site = await Installation.open();
  const path = await site.addKey("example.com", makeKey("ed25519"), "arc");
  const env = { ARCSEAL: `${site.folder}/keys/%/arc` };
  const finding = pickOne(await site.examine([], env), "key", path);
  assertEquals(finding.status, "fail");
  assertMatch(finding.detail, /RSA/);
  assertMatch(finding.advice ?? "", /^mv \S+ \S+\.bad && mkdir -p /);
});

for (
  const [pattern, status, detail] of [
    ["keys/%/nix", "warn", /^no key of mail\.example\.com: nothing is sealed$/],
    ["keys/example.com/nix", "fail", /mail is deferred$/],
  ] as const
) {
  Deno.test(`\`dk-doctor\` says ${status} of ARCSEAL=${pattern} without a key, and makes one`, async () => {
    await using site = await Installation.open();
    const env = { ARCSEAL: `${site.folder}/${pattern}` };
    const finding = pickOne(await site.examine([], env), "key", "/nix");
    assertEquals(finding.status, status);
    assertMatch(finding.detail, detail);
    assert(finding.advice?.includes(`/bin/dknewkey --domain `));
  });
}

function publish(site: Installation, line: string): void {
  const { name, text } = parseZoneLine(`${line}\n`);
  site.zone[name.replace(/\.$/, "")] = [text];
}

interface DomainRow {
  zone: Zone;
  check: "spf" | "dmarc";
  status: Status;
  detail: RegExp;
  advice?: string;
}

const SPF = 'example.com.\tIN\tTXT\t"v=spf1 mx -all"';
const DMARC =
  '_dmarc.example.com.\tIN\tTXT\t"v=DMARC1; p=none; rua=mailto:postmaster@example.com"';
const DOMAINS: Record<string, DomainRow> = {
  "an SPF record": {
    zone: { "example.com": ["else", "v=spf1 mx -all"] },
    check: "spf",
    status: "ok",
    detail: /^publishes v=spf1 mx -all$/,
  },
  "no SPF record": {
    zone: {},
    check: "spf",
    status: "warn",
    detail: /^no SPF record/,
    advice: `publish: ${SPF}`,
  },
  "two SPF records": {
    zone: { "example.com": ["v=spf1 mx -all", "v=spf1 -all"] },
    check: "spf",
    status: "warn",
    detail: /^2 SPF records/,
    advice: "leave one of them",
  },
  "an SPF record that cannot be read": {
    zone: { "example.com": ["v=spf1 ipv4:192.0.2.1 -all"] },
    check: "spf",
    status: "warn",
    detail: /: v=spf1 ipv4:192\.0\.2\.1 -all$/,
    advice: `publish: ${SPF}`,
  },
  "a DMARC record": {
    zone: { "_dmarc.example.com": ["v=DMARC1; p=quarantine"] },
    check: "dmarc",
    status: "ok",
    detail: /^p=quarantine, of example\.com$/,
  },
  "no DMARC record": {
    zone: {},
    check: "dmarc",
    status: "warn",
    detail: /^no DMARC record/,
    advice: `publish: ${DMARC}`,
  },
  "a DMARC record without a policy": {
    zone: { "_dmarc.example.com": ["v=DMARC1; p=maybe"] },
    check: "dmarc",
    status: "warn",
    detail: /has no policy$/,
    advice: `publish: ${DMARC}`,
  },
  "DNS that does not answer for DMARC": {
    zone: { "_dmarc.example.com": { error: "servfail" } },
    check: "dmarc",
    status: "warn",
    detail: /^DNS does not answer/,
    advice: "dig _dmarc.example.com TXT",
  },
};
for (const [name, row] of Object.entries(DOMAINS)) {
  const { zone, check, status, detail, advice = null } = row;
  Deno.test(`\`dk-doctor\` says ${status} of a domain with ${name}`, async () => {
    await using site = await Installation.open();
    delete site.zone["example.com"];
    delete site.zone["_dmarc.example.com"];
    Object.assign(site.zone, zone);
    const finding = pickOne(await site.examine(), check, "example.com");
    assertEquals([finding.status, finding.advice], [status, advice]);
    assertMatch(finding.detail, detail);
    const [, line] = /^publish: (.+)$/.exec(advice ?? "") ?? [];
    if (line === undefined) return;
    publish(site, line);
    const anew = pickOne(await site.examine(), check, "example.com");
    assertEquals(anew.status, "ok", anew.detail);
  });
}

for (
  const [type, entry] of [
    ["MX", { "example.com": { TXT: [], error: "servfail" } }],
    ["PTR", { "1.2.0.192.in-addr.arpa": { error: "refused" } }],
  ] as const
) {
  Deno.test(`\`dk-doctor\` warns of a DNS server that does not answer ${type}, where SPF is checked`, async () => {
    await using site = await Installation.open();
    const types = (env = {}) =>
      site.examine([], env).then((all) =>
        pick(all, "dns").filter(({ detail }) => detail.includes("SPF"))
      );
    const [good] = await types({ SPFVERIFY: "" });
    assertEquals(good?.status, "ok");
    Object.assign(site.zone, entry);
    const [bad] = await types({ DMARCVERIFY: "" });
    assertEquals(bad?.status, "warn");
    assert(bad?.detail.startsWith(`no ${type}, which SPF needs: `));
    assertEquals(await types(), []);
  });
}
