// dk-rotate over a year, and where something is wrong: no message is ever without its key in DNS.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { askPublished } from "../../scripts/dk_rotate/published.ts";
import type { Published } from "../../lib/keys/rotation.ts";
import type { Zone } from "../../scripts/host/zone.ts";
import { parsePrivateKey } from "../../lib/keys/private_key.ts";
import { DnsTable } from "../support/dns_table.ts";
import { DAY_MS, type Letter, RotatingSite } from "../support/rotation.ts";

const PASSES = Array(6).fill("pass");

Deno.test("dk-rotate through a year: each message verifies at once and ten days later, by each of three servers", async () => {
  await using site = await RotatingSite.open();
  const sent: Letter[] = [];
  const selectors = new Set<string>();
  for (let day = 0; day < 365; day++) {
    const waits = await site.run("--every", "60");
    const letter = await site.sign();
    sent.push(letter);
    assertEquals(await site.verify(letter), PASSES, `day ${day}, at once`);
    const older = sent.find(({ sentMs }) =>
      sentMs === site.nowMs - 10 * DAY_MS
    );
    if (older !== undefined) {
      assertEquals(await site.verify(older), PASSES, `day ${day}, of before`);
    }
    site.selectors().forEach((selector) => selectors.add(selector));
    // One server has everything today, the others on some days alone.
    await site.publish(waits, [site.zones[0]!]);
    if (day % 2 === 0) await site.publish(waits, [site.zones[1]!]);
    if (day % 5 === 0) await site.publish(waits, [site.zones[2]!]);
    site.nowMs += DAY_MS;
  }
  // Both keys in step, each about every 63 days.
  assertEquals(selectors.size, 12);
  const files = site.names();
  // What signs, its links, and what was replaced last at most: no key is left behind.
  const keys = files.filter((name) =>
    /^(s\d{6}(-\w+)?|first(-ed)?)$/.test(name)
  );
  assert(keys.length <= 4, files.join(" "));
});

Deno.test("dk-rotate makes keys of the present type and size, for the present reader", async () => {
  await using site = await RotatingSite.open();
  await Deno.chmod(`${site.folder}/first`, 0o440);
  await site.run("--now");
  for (
    const [name, type, bits] of [["default", "rsa", 1024], [
      "ed",
      "ed25519",
      256,
    ]]
  ) {
    const path = `${site.folder}/${site.link(`${name}.next`)}`;
    const key = parsePrivateKey(await Deno.readTextFile(path));
    assertEquals([key.type, key.bits], [type, bits]);
    const { mode } = await Deno.stat(path);
    assertEquals(mode! & 0o777, name === "default" ? 0o440 : 0o640);
  }
  const month = new Date(site.nowMs).toISOString().slice(0, 7).replace("-", "");
  assertEquals(
    ["default", "ed"].map((name) => site.link(`${name}.next`)),
    [`s${month}`, `s${month}-a`],
  );
});

const UNPUBLISHED: Record<string, (site: RotatingSite) => void> = {
  "no server has it": () => {},
  "a server is down": (site) => {
    for (const name of Object.keys(site.zones[2]!)) {
      site.zones[2]![name] = { error: "timeout" };
    }
  },
  "a server answers SERVFAIL": (site) => {
    for (const name of Object.keys(site.zones[0]!)) {
      site.zones[0]![name] = { error: "servfail" };
    }
  },
  "a server has another key": (site) => {
    const [first, second] = Object.keys(site.zones[1]!).filter((name) =>
      name.startsWith("s")
    );
    site.zones[1]![first!] = site.zones[1]![second!]!;
  },
};

for (const [name, spoil] of Object.entries(UNPUBLISHED)) {
  Deno.test(`dk-rotate has no key sign while ${name}`, async () => {
    await using site = await RotatingSite.open();
    const waits = await site.run("--now");
    assertEquals(waits.map(({ is }) => is), ["publish", "publish"]);
    if (name !== "no server has it") await site.publish(waits);
    spoil(site);
    const again = await site.run("--now");
    assert(again.some(({ is }) => is === "publish"));
    assertEquals(site.selectors(), ["first", "first-ed"]);
    await site.publish(again);
    await site.run();
    assert(site.selectors().every((selector) => /^s\d{6}/.test(selector)));
  });
}

Deno.test("dk-rotate asks nobody and has no key sign where there is no server", async () => {
  await using site = await RotatingSite.open(0);
  const waits = await site.run("--now");
  assertEquals(waits.map(({ is }) => is), ["publish", "publish"]);
  assertEquals(site.selectors(), ["first", "first-ed"]);
});

/** Switches, and goes to the day after the old keys had to stay. */
async function openRetired(): Promise<RotatingSite> {
  const site = await RotatingSite.open();
  await site.publish(await site.run("--now"));
  await site.publish(await site.run());
  assertEquals(site.selectors().includes("first"), false);
  return site;
}

Deno.test("dk-rotate keeps an old key until DNS does not name it, and then its record", async () => {
  await using site = await openRetired();
  const kinds = async () =>
    (await site.run()).filter(({ selector }) => selector === "first")
      .map(({ is }) => is);
  const isThere = () => site.names().includes("first");
  site.nowMs += 14 * DAY_MS - 1;
  assertEquals(await kinds(), ["keep"]);
  site.nowMs += 1;
  assertEquals(await kinds(), ["revoke"]);
  const waits = await site.run();
  // One of three servers is stale.
  await site.publish(waits, site.zones.slice(0, 2));
  assertEquals([await kinds(), isThere()], [["revoke"], true]);
  site.zones[2]!["first._domainkey.example.com"] = { error: "timeout" };
  assertEquals([await kinds(), isThere()], [["unclear"], true]);
  await site.publish(waits);
  assertEquals([await kinds(), isThere()], [["leave"], false]);
  site.nowMs += 30 * DAY_MS;
  const last = await site.run();
  assertEquals([...new Set(last.slice(2).map(({ is }) => is))], ["take out"]);
  await site.publish(last);
  assertEquals(await kinds(), []);
  assertEquals(
    site.names()
      .filter((name) => name.startsWith("first")),
    [],
  );
});

Deno.test("dk-rotate makes a link of the key `default`, and keeps the key", async () => {
  await using site = await RotatingSite.open();
  for (const name of ["default", "ed"]) {
    await Deno.remove(`${site.folder}/${name}`);
  }
  await Deno.rename(`${site.folder}/first`, `${site.folder}/default`);
  await Deno.remove(`${site.folder}/first-ed`);
  const pem = await Deno.readTextFile(`${site.folder}/default`);
  await site.publish(await site.run());
  assertEquals(Object.keys(site.zones[0]!), ["default._domainkey.example.com"]);
  await site.publish(await site.run("--now"));
  const waits = await site.run();
  assert(/^s\d{6}$/.test(site.link("default")));
  assertEquals(await Deno.readTextFile(`${site.folder}/default.old`), pem);
  await site.publish(waits);
  assertEquals(Object.keys(site.zones[0]!).length, 2);
  site.nowMs += 15 * DAY_MS;
  await site.publish(await site.run());
  await site.run();
  assertEquals(
    site.names()
      .includes("default.old"),
    false,
  );
});

Deno.test("dk-rotate does nothing where its folder cannot be written to", async () => {
  await using site = await RotatingSite.open();
  await Deno.rename(site.folder, `${site.folder}.away`);
  await assertRejects(() => site.run("--now"), Error, "example.com");
  await Deno.rename(`${site.folder}.away`, site.folder);
  assertEquals(site.selectors(), ["first", "first-ed"]);
});

Deno.test("dk-rotate --dry-run says all that a run then does, and does nothing", async () => {
  await using site = await RotatingSite.open();
  const days = [0, 1, 14, 0, 30, 0, 60];
  let steps = 0;
  for (const [n, later] of days.entries()) {
    site.nowMs += later * DAY_MS;
    const args = n === 0 ? ["--now"] : ["--every", "100"];
    const files = () => site.names().toSorted().join();
    const before = files();
    const would = await site.dryRun(...args);
    assertEquals(files(), before);
    site.said = [];
    const waits = await site.run(...args);
    steps += site.said.length;
    assertEquals(
      would.filter((text) => text.startsWith("would do: ")),
      site.said.map((text) => `would do: ${text}`),
      `${n}`,
    );
    const made = site.said.flatMap((text) =>
      /: made the key (.*)/.exec(text)?.[1] ?? []
    );
    assertEquals(
      would.filter((text) => text.startsWith("would wait for: ")),
      made.map((selector) =>
        `would wait for: ${selector}._domainkey.example.com`
      ),
    );
    await site.publish(waits);
  }
  // Named, made, switched, removed and forgotten, each for both keys, and named and made again.
  assertEquals(steps, 14);
});

const SAID: Record<string, [answers: (Zone[string] | undefined)[], Published]> =
  {
    "all have it": [[["KEY"], ["KEY"]], "everywhere"],
    "one has it": [[["KEY"], undefined], "somewhere"],
    "one has it and one is down": [
      [["KEY"], { error: "timeout" }],
      "somewhere",
    ],
    "one is down": [[undefined, { error: "servfail" }], "unknown"],
    "one has revoked it": [[["v=DKIM1; p="], undefined], "revoked"],
    "one has revoked it and one has garbage": [
      [["v=DKIM1; p="], ["garbage"]],
      "unknown",
    ],
    "none has a record": [[undefined, { error: "nodata" }], "gone"],
    "nobody is asked": [[], "unknown"],
  };

for (const [name, [answers, expected]] of Object.entries(SAID)) {
  Deno.test(`askPublished() says "${expected}" where ${name}`, async () => {
    await using site = await RotatingSite.open(1);
    const record = site.zones[0]!["first._domainkey.example.com"];
    const key = parsePrivateKey(
      await Deno.readTextFile(`${site.folder}/first`),
    );
    const servers = answers.map((answer) => {
      const isKey = Array.isArray(answer) && answer[0] === "KEY";
      const entry = isKey ? record : answer;
      return new DnsTable(
        entry === undefined ? {} : { "a._domainkey.example.com": entry },
      );
    });
    const place = { selector: "a", domain: "example.com" };
    assertEquals(await askPublished(servers, place, key), expected);
  });
}
