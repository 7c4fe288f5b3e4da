// dk-doctor and the records of keys, with a DNS server on loopback.

import { assertEquals, assertMatch } from "@std/assert";
import type { Status } from "../../scripts/dk_doctor/finding.ts";
import type { ZoneEntry } from "../../scripts/host/dns_server.ts";
import {
  Installation,
  KEY,
  type KeyText,
  makeKey,
  pickOne,
} from "../support/doctor.ts";

const NAME = "default._domainkey.example.com";
const P = KEY.record.slice(KEY.record.indexOf("p="));

interface RecordCase {
  entry: ZoneEntry | undefined;
  env?: Record<string, string>;
  key?: KeyText;
  status: Status;
  detail: RegExp;
}

const ED25519 = makeKey("ed25519");

const CASES: Record<string, RecordCase> = {
  "the record of the key": {
    entry: [KEY.record],
    status: "ok",
    detail: /^is published and matches \/.*\/keys\/example\.com\/default$/,
  },
  "the record of an Ed25519 key": {
    entry: [ED25519.record],
    key: ED25519,
    status: "ok",
    detail: /^is published and matches /,
  },
  "a record of RFC 4870": { entry: [P], status: "ok", detail: /matches/ },
  "a record that another name leads to": {
    entry: { cname: "elsewhere.example" },
    status: "ok",
    detail: /matches/,
  },
  "a record that allows sha256 and mail alone": {
    entry: [`v=DKIM1; h=sha256; s=email; ${P}`],
    status: "ok",
    detail: /matches/,
  },
  "no such name": {
    entry: undefined,
    status: "fail",
    detail: /^there is no such name in DNS \(NXDOMAIN\)$/,
  },
  "a name without TXT": {
    entry: { error: "nodata" },
    status: "fail",
    detail: /^the name is in DNS, but has no TXT record$/,
  },
  "SERVFAIL": {
    entry: { error: "servfail" },
    status: "fail",
    detail: /^DNS does not answer: .*SERVFAIL/,
  },
  "a time limit that passes": {
    entry: { error: "timeout" },
    env: { DNSTIMEOUT: "1" },
    status: "fail",
    detail: /^DNS does not answer: .*no answer/,
  },
  "another key": {
    entry: [makeKey(1024).record],
    status: "fail",
    detail: /^p= is another key than that in /,
  },
  "a key of another type": {
    entry: [ED25519.record],
    status: "fail",
    detail: /^p= is another key than that in /,
  },
  "a revoked key": {
    entry: ["v=DKIM1; p="],
    status: "fail",
    detail: /^the key is revoked: p= is empty$/,
  },
  "a key that is cut short": {
    entry: [KEY.record.slice(0, 200)],
    status: "fail",
    detail: /^p= is no key$/,
  },
  "a record without a key": {
    entry: ["v=DKIM1; k=rsa"],
    status: "fail",
    detail: /^there is no p=$/,
  },
  "another text": {
    entry: ["v=spf1 -all"],
    status: "fail",
    detail: /^(?:there is no p=|the record cannot be read)$/,
  },
  "h= for sha1 alone": {
    entry: [`v=DKIM1; h=sha1; ${P}`],
    status: "fail",
    detail: /^h= does not allow sha256$/,
  },
  "s= for another service": {
    entry: [`v=DKIM1; s=chat; ${P}`],
    status: "fail",
    detail: /^s= is not for mail$/,
  },
  "an empty g=": {
    entry: [`g=; ${P}`],
    status: "fail",
    detail: /^g= does not allow what we sign as$/,
  },
  "g= for one sender": {
    entry: [`g=alice; ${P}`],
    status: "fail",
    detail: /^g=alice does not allow what we sign as$/,
  },
  "g= for the sender in -i": {
    entry: [`g=ali*; ${P}`],
    env: { DKIMSIGNOPTIONS: "-i alice@example.com" },
    status: "ok",
    detail: /matches/,
  },
  "g= for the sender in -i, which i= quotes": {
    entry: [`g=a=b; ${P}`],
    env: { DKIMSIGNOPTIONS: "-i a=b@example.com" },
    status: "ok",
    detail: /matches/,
  },
  "t=s with a subdomain in -i": {
    entry: [`v=DKIM1; t=s; ${P}`],
    env: { DKIMSIGNOPTIONS: "-i @sub.example.com" },
    status: "fail",
    detail: /^t=s does not allow the subdomain in our i=$/,
  },
  "t=s": { entry: [`v=DKIM1; t=s; ${P}`], status: "ok", detail: /matches/ },
  "t=y": {
    entry: [`v=DKIM1; t=y; ${P}`],
    status: "warn",
    detail: /^matches, but t=y tells the world to make nothing of it$/,
  },
  "two records": {
    entry: ["a note", KEY.record],
    status: "warn",
    detail: /^matches, but there are 2 TXT records$/,
  },
};
for (const [name, found] of Object.entries(CASES)) {
  const { entry, env, key, status, detail } = found;
  Deno.test(`\`dk-doctor\` finds ${name} in DNS: ${status}`, async () => {
    await using site = await Installation.open();
    if (key !== undefined) await site.addKey("example.com", key);
    site.zone["elsewhere.example"] = [KEY.record];
    delete site.zone[NAME];
    if (entry !== undefined) site.zone[NAME] = entry;
    const finding = pickOne(await site.examine([], env), "record");
    assertEquals([finding.subject, finding.status], [NAME, status]);
    assertMatch(finding.detail, detail);
  });
}

Deno.test("`dk-doctor` gives the record to publish, as `dknewkey --print` does", async () => {
  await using site = await Installation.open();
  delete site.zone[NAME];
  const key = `${site.folder}/keys/example.com/default`;
  const script =
    new URL("../../scripts/dknewkey/main.ts", import.meta.url).pathname;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, "--domain", "example.com", "--print", key],
  }).output();
  const line = new TextDecoder().decode(stdout);
  const { advice } = pickOne(await site.examine(), "record");
  assertEquals(`${advice}\n`, `publish: ${line}`);
  const { stdout: text } = await site.run();
  assertEquals(text.split("\n").includes(`     -> ${advice}`), true);
});

Deno.test("`dk-doctor` asks for the records of many keys, each once", async () => {
  await using site = await Installation.open();
  for (let n = 0; n < 45; n++) await site.addKey(`d${n}.example`, KEY);
  const findings = await site.examine();
  const records = findings.filter(({ check }) => check === "record");
  assertEquals(records.length, 46);
  assertEquals(new Set(records.map(({ subject }) => subject)).size, 46);
  assertEquals(records.every(({ status }) => status === "ok"), true);
});
