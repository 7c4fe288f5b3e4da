// dk-rotate as a process through a year, with the records that it writes served by name servers from
// Debian: what dk-sign has signed verifies at once, and ten days later.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Environment } from "../../lib/system/configuration/environment.ts";
import { readDnsOptions } from "../../lib/system/configuration/options.ts";
import { eachOf } from "../../scripts/dk_rotate/servers.ts";
import { type Ended, runToEnd } from "../support/ended.ts";
import { MAIL, toBytes, toText } from "../support/mail.ts";
import { commandOf } from "../support/programs.ts";
import { runFilter } from "../support/queue.ts";
import { endToEnd } from "../support/requirements.ts";
import { DAY_MS, type Letter, RotatingSite } from "../support/rotation.ts";
import { makeAddress } from "./daemon.ts";
import { startNsd, startTinydns, type ZoneDaemon } from "./dns_daemons.ts";
import { ignoreUnless, ROOT } from "./requirements.ts";

const CLOCK = new URL("../support/shifted_clock.ts", import.meta.url).pathname;
const ROTATE =
  new URL("../../scripts/dk_rotate/main.ts", import.meta.url).pathname;

/** Runs dk-rotate at the time of a site. */
async function rotate(
  site: RotatingSite,
  servers: ZoneDaemon[],
  args: string[],
): Promise<Ended> {
  const ended = await runToEnd([
    ...[Deno.execPath(), "run", "-A", "--preload", CLOCK, ROTATE],
    ...[...args, site.folder],
  ], {
    env: {
      CLOCK_AHEAD_MS: `${site.nowMs - Date.now()}`,
      DNSCACHEIP: servers.map(({ address }) => address).join(" "),
      DNSTIMEOUT: "2",
    },
  });
  assertEquals([ended.code, ended.stderr], [0, ""]);
  return ended;
}

/** Signs with both keys, by dk-sign. */
async function sign(site: RotatingSite): Promise<Letter> {
  const { code, stderr, queued } = await runFilter({
    command: commandOf("dk-sign"),
    message: toBytes(MAIL),
    env: {
      DKSIGN: `${site.keys}/%/default`,
      DKIMSIGNEXTRA: `${site.keys}/%/ed`,
      DKSIGNWITH: "dkim",
      CONTROLDIR: site.keys,
    },
  });
  assertEquals(code, 0, stderr);
  return { text: toText(queued!.message), sentMs: site.nowMs };
}

function ask(site: RotatingSite, servers: ZoneDaemon[]): void {
  const DNSCACHEIP = servers.map(({ address }) => address).join(" ");
  const variables = new Map(Object.entries({ DNSCACHEIP }));
  site.askers = eachOf(readDnsOptions(new Environment(variables)));
}

const STEP_DAYS = 5;
const LATER_STEPS = 10 / STEP_DAYS;
const STEPS = 365 / STEP_DAYS;

/** At which steps the third server is down: meanwhile keys wait to be published. */
const DOWN = { from: 12, until: 21 };

endToEnd(
  "dk-rotate through a year with three name servers, of which some are stale and one is down for a while: what dk-sign signs verifies by each at once and ten days later",
  async () => {
    await using site = await RotatingSite.open(0);
    const record = `${site.keys}/dkim.inc`;
    // The others are found by the records of the zone.
    const run = ([first]: ZoneDaemon[]) =>
      rotate(site, [first!], [
        ...["--record", record, "--every", "60", "--authoritative"],
      ]);
    const addresses = Array.from({ length: 3 }, makeAddress);
    const nameServers = addresses.map((address, n) =>
      `example.com.\tIN\tNS\tns${n}.example.com.\nns${n}.example.com.\tIN\tA\t${address}\n`
    ).join("");
    const start = async (n: number) => {
      const folder = `${site.keys}/nsd-${n}-${site.nowMs}`;
      await Deno.mkdir(folder);
      const records = nameServers + await Deno.readTextFile(record);
      return startNsd(folder, records, { address: addresses[n]!, port: 53 });
    };
    await Deno.writeTextFile(record, "");
    await using stack = new AsyncDisposableStack();
    const servers = [stack.use(await start(0)), stack.use(await start(1))];
    servers.push(await start(2));
    stack.defer(() => servers[2]!.end());
    const publish = async (n: number) => {
      await servers[n]!.publish(nameServers + await Deno.readTextFile(record));
    };
    await rotate(site, servers, ["--record", record]);
    for (const n of servers.keys()) await publish(n);

    const sent: Letter[] = [];
    const selectors = new Set<string>();
    let waited = 0;
    for (let step = 0; step < STEPS; step++) {
      const isDown = step >= DOWN.from && step < DOWN.until;
      if (step === DOWN.from) await servers[2]!.end();
      if (step === DOWN.until) servers[2] = await start(2);
      const before = site.selectors();
      const { stdout } = await run(servers);
      const up = isDown ? servers.slice(0, 2) : servers;
      ask(site, up);
      const letter = await sign(site);
      sent.push(letter);
      const passes = Array(2 * up.length).fill("pass");
      assertEquals(await site.verify(letter), passes, `${step}, at once`);
      const older = sent[step - LATER_STEPS];
      if (older !== undefined) {
        assertEquals(site.nowMs - older.sentMs, 10 * DAY_MS);
        assertEquals(await site.verify(older), passes, `${step}, of before`);
      }
      if (isDown) {
        assertEquals(site.selectors(), before, stdout);
        if (stdout.includes("publish: ")) waited++;
      }
      site.selectors().forEach((selector) => selectors.add(selector));
      // One server has everything at once, the others on some days alone.
      await publish(0);
      if (step % 2 === 0) await publish(1);
      if (step % 3 === 0 && !isDown) await publish(2);
      site.nowMs += STEP_DAYS * DAY_MS;
    }
    assertEquals(waited, DOWN.until - DOWN.from);
    // Both keys in step: the year has room for six, however long some server kept them waiting.
    assertEquals(selectors.size, 12, [...selectors].join(" "));
    const keys = site.names().filter((name) =>
      /^(s\d{6}(-\w+)?|first(-ed)?)$/.test(name)
    );
    assert(keys.length <= 4, keys.join(" "));
  },
  ROOT,
  ignoreUnless("nsd"),
);

endToEnd(
  "dk-rotate --tinydns writes what tinydns serves: a key, then that it is revoked",
  async () => {
    await using site = await RotatingSite.open(0);
    const record = `${site.keys}/dkim`;
    await Deno.writeTextFile(record, "");
    await using tinydns = await startTinydns(site.keys, "");
    const run = async (...args: string[]) => {
      const { stdout } = await rotate(site, [tinydns], [
        ...["--tinydns", "--record", record, ...args],
      ]);
      await tinydns.publish(await Deno.readTextFile(record));
      return stdout;
    };
    await run();
    ask(site, [tinydns]);
    assertMatch(await run("--now"), /^publish: 's\d{6}\._domainkey\.example/m);
    const letter = await sign(site);
    assertMatch(await run(), /: s\d{6} signs in place of first$/m);
    for (const mail of [letter, await sign(site)]) {
      assertEquals(await site.verify(mail), ["pass", "pass"]);
    }
    site.nowMs += 15 * DAY_MS;
    assertMatch(
      await run(),
      /^publish in place of its key: 'first\._domainkey\.example\.com:v=DKIM1; p=:3600$/m,
    );
    assertMatch(await run(), /: removed the private key of first$/m);
    assertEquals(await site.verify(await sign(site)), ["pass", "pass"]);
    ask(site, [tinydns]);
    assertEquals(await site.verify(letter), ["neutral", "neutral"]);
  },
  ROOT,
  ignoreUnless("tinydns", "tinydns-data"),
);
