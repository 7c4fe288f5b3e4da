// dk-doctor, the DNS servers and the temporary folder.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { startDnsServer, type Zone } from "../../scripts/host/dns_server.ts";
import { Installation, pick, pickOne } from "../support/doctor.ts";
import { HeldDns } from "../support/held_dns.ts";

const NAMES = ["example.com", "example.net", "example.org"];

function zoneOf(error: "servfail" | "refused" | "timeout"): Zone {
  return Object.fromEntries(NAMES.map((name) => [name, { error }]));
}

Deno.test("`dk-doctor` names each DNS server and says how fast it is", async () => {
  await using site = await Installation.open();
  const finding = pickOne(await site.examine(), "dns");
  assertEquals(finding.subject, site.env.DNSCACHEIP);
  assertEquals([finding.status, finding.advice], ["ok", null]);
  assertMatch(
    finding.detail,
    /^answers in \d+\.\d ms, the median of 3 questions$/,
  );
});

for (
  const [error, detail] of [
    ["servfail", /SERVFAIL/],
    ["refused", /REFUSED/],
    ["timeout", /no answer/],
  ] as const
) {
  Deno.test(`\`dk-doctor\` fails for a DNS server with ${error}`, async () => {
    await using site = await Installation.open();
    Object.assign(site.zone, zoneOf(error));
    const findings = await site.examine([], { DNSTIMEOUT: "1" });
    const finding = pickOne(findings, "dns");
    assertEquals(finding.status, "fail");
    assertMatch(finding.detail, detail);
    const [, port] = site.env.DNSCACHEIP!.split(":");
    const dig = `dig @127.0.0.1 -p ${port} example.com TXT; `;
    assert(finding.advice?.startsWith(dig), `${finding.advice}`);
    assertEquals(pickOne(findings, "record").status, "ok");
  });
}

Deno.test("`dk-doctor` fails where no DNS server listens, also for the records", async () => {
  await using site = await Installation.open();
  const gone = startDnsServer({});
  await gone.close();
  const findings = await site.examine([], {
    DNSCACHEIP: gone.address,
    DNSTIMEOUT: "1",
  });
  for (const check of ["dns", "record"]) {
    assertEquals(pickOne(findings, check).status, "fail");
  }
});

Deno.test("`dk-doctor` warns of one DNS server that does not answer beside one that does", async () => {
  await using site = await Installation.open();
  await using refusing = startDnsServer(zoneOf("refused"));
  const DNSCACHEIP = `${refusing.address} ${site.env.DNSCACHEIP}`;
  const [bad, good] = pick(await site.examine([], { DNSCACHEIP }), "dns");
  assertEquals([bad?.status, good?.status], ["warn", "ok"]);
  assertEquals(bad?.subject, refusing.address);
  assertMatch(bad!.detail, /REFUSED; others do answer$/);
});

Deno.test("`dk-doctor` warns of a DNS server that takes longer than a second", async () => {
  await using site = await Installation.open();
  await using server = startDnsServer(site.zone);
  await using slow = new HeldDns(
    server.port,
    (asked, release) => asked === 1 && setTimeout(release, 1100),
  );
  const DNSCACHEIP = slow.address;
  const finding = pickOne(await site.examine([], { DNSCACHEIP }), "dns");
  assertEquals([finding.status, finding.subject], ["warn", slow.address]);
  assertMatch(finding.detail, /^slow: answers in \d{4,}\.\d ms/);
  assertEquals(finding.advice, "run a cache on this machine");
});

Deno.test("`dk-doctor` says how much room TMPDIR has", async () => {
  await using site = await Installation.open();
  const finding = pickOne(await site.examine(), "tmpdir");
  assertEquals(finding.subject, `${site.folder}/tmp`);
  assertEquals(finding.status, "ok");
  assertMatch(finding.detail, /^\S+ can write there, \d+ MB are free$/);
});

Deno.test("`dk-doctor` fails for a TMPDIR that is not there", async () => {
  await using site = await Installation.open();
  const TMPDIR = `${site.folder}/nowhere`;
  const finding = pickOne(await site.examine([], { TMPDIR }), "tmpdir");
  assertEquals([finding.status, finding.subject], ["fail", TMPDIR]);
  assertMatch(finding.detail, /^cannot look at it: No such file/);
});

Deno.test({
  name:
    "`dk-doctor` fails for a TMPDIR with hardly any room (needs to mount tmpfs)",
  ignore: !await canMount(),
  fn: async () => {
    await using site = await Installation.open();
    const folder = `${site.folder}/tmp`;
    await mount(folder);
    try {
      const { status, detail } = pickOne(await site.examine(), "tmpdir");
      assertEquals(status, "fail");
      assertMatch(detail, / 2 MB are free: large mail is deferred \(53\)$/);
    } finally {
      await new Deno.Command("umount", { args: [folder] }).output();
    }
  },
});

async function canMount(): Promise<boolean> {
  if (Deno.uid() !== 0 || Deno.build.os !== "linux") return false;
  const folder = await Deno.makeTempDir();
  const isMounted = await mount(folder);
  if (isMounted) await new Deno.Command("umount", { args: [folder] }).output();
  await Deno.remove(folder);
  return isMounted;
}

async function mount(folder: string): Promise<boolean> {
  const { success } = await new Deno.Command("mount", {
    args: ["-t", "tmpfs", "-o", "size=2m,mode=777", "none", folder],
  }).output();
  return success;
}
