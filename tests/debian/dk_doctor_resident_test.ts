// dk-doctor looks at a resident process as its user's launchers meet it. Each trouble is made, found, and
// undone by the line that is printed, after which all is well.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseMetrics } from "../../scripts/dk_doctor/resident_metrics.ts";
import { readAsking } from "../../scripts/dk_doctor/resident_check.ts";
import { formatResidentWay } from "../../scripts/install/resident_way.ts";
import { formatTitle } from "../../scripts/site/own_program.ts";
import { PLACES } from "../../scripts/install/resident_place.ts";
import { Statistics } from "../../lib/resident/statistics.ts";
import { runToEnd } from "../support/ended.ts";
import { Folder, install } from "../support/installer.ts";
import { endToEnd } from "../support/requirements.ts";
import { CAN_BECOME, ResidentService } from "../support/resident_service.ts";

interface Finding {
  check: string;
  status: string;
  subject: string;
  detail: string;
  advice: string | null;
}

/** One installation for the tests of this file. */
let folder: Folder;
let prefix: string;
Deno.test.beforeAll(async () => {
  folder = await Folder.make();
  prefix = `${folder.path}/p`;
  await install(["--prefix", prefix, "--resident"]);
});
Deno.test.afterAll(() => folder[Symbol.asyncDispose]());

const SERVICE = `service/${PLACES.smtpd.name}/run`;

/** What dk-doctor finds of the process for SMTP, as its user. */
async function examine(run = SERVICE): Promise<Finding[]> {
  const place = `${prefix}/${PLACES.smtpd.folder}`;
  const { uid } = await Deno.stat(place);
  const { stdout: name } = await runToEnd(["id", "-un", String(uid)]);
  const { stdout, stderr } = await runToEnd([
    `${prefix}/bin/dk-doctor`,
    ...["--json", "--user", name.trim(), "--run", `${prefix}/${run}`],
  ], { env: { CONTROLDIR: folder.path, DNSCACHEIP: "127.0.0.1:9" } });
  assertEquals(stderr, "");
  const findings: Finding[] = JSON.parse(stdout);
  return findings.filter(({ check, subject }) =>
    check === "resident" && subject === place
  );
}

/** Types what is printed. */
async function follow(advice: string | null): Promise<void> {
  const { code, stderr } = await runToEnd(["/bin/sh", "-c", advice ?? "false"]);
  assertEquals(code, 0, stderr);
}

async function findOne(status: string, detail: RegExp): Promise<Finding> {
  const findings = await examine();
  assertEquals(findings.length, 1, JSON.stringify(findings));
  const finding = findings[0]!;
  assertEquals(finding.status, status, JSON.stringify(finding));
  assertMatch(finding.detail, detail);
  return finding;
}

const FINE =
  /^process \d+ answers \S+: \d+ ms a mail, \d+ without it; at most \d+ of 64 slots taken, 0 mails found none$/;

endToEnd(
  "dk-doctor finds a resident process that answers, one that is stopped, and goes on when that does",
  async () => {
    await using service = await ResidentService.start(prefix);
    const fine = await findOne("ok", FINE);
    assertEquals(fine.advice, null);
    const [, alone] = await examine("bin/qmail-dk");
    assertEquals(alone?.status, "warn");
    assertMatch(alone!.detail, /^nothing supervises process \d+: /);
    assertMatch(alone!.advice!, /^kill \d+; /);
    Deno.kill(service.pid, "SIGSTOP");
    const stopped = await findOne("fail", /is stopped, and mail waits for it$/);
    await follow(stopped.advice);
    await findOne("ok", FINE);
  },
  CAN_BECOME,
);

endToEnd(
  "dk-doctor finds a resident process that does not answer, within seconds",
  async () => {
    const place = `${prefix}/${PLACES.smtpd.folder}`;
    await using service = await ResidentService.start(prefix);
    // Its place in `pid` is taken by one that reads no request.
    const { uid, gid } = await Deno.stat(place);
    const hung = new Deno.Command("/bin/sleep", {
      args: ["60"],
      cwd: place,
      ...(Deno.uid() === 0 ? { uid: uid!, gid: gid! } : {}),
    }).spawn();
    Deno.kill(service.pid, "SIGSTOP");
    await Deno.writeTextFile(`${place}/pid`, `${hung.pid}\n`);
    const finding = await findOne("fail", /has not answered \S+ in 10 s/);
    assertEquals(finding.advice?.split("  #")[0], `kill -9 ${hung.pid}`);
    await follow(finding.advice);
    await hung.status;
    await findOne("warn", /^no process serves it/);
    // A process of today that has the number of a former one.
    await Deno.writeTextFile(`${place}/pid`, "1\n");
    await findOne("warn", /^no process serves it/);
  },
  CAN_BECOME,
);

endToEnd(
  "dk-doctor finds that no process is there, and that a place is open",
  async () => {
    const place = `${prefix}/${PLACES.smtpd.folder}`;
    const none = await findOne("warn", /^no process serves it/);
    // What the line starts is a service, which supervises nothing here.
    assert(none.advice?.endsWith(`${prefix}/service/dk-resident-smtpd`));
    await Deno.chmod(place, 0o755);
    const open = await findOne("fail", /^has mode 0755/);
    await follow(open.advice!.split(" && ")[0]!);
    await using _service = await ResidentService.start(prefix);
    await findOne("ok", FINE);
  },
  CAN_BECOME,
);

Deno.test("`readAsking()` reads where a launcher asks, whatever is in the path", () => {
  for (const path of ["/var/qmail/resident/smtpd", `/a b/it's "$HOME"`]) {
    const way = formatResidentWay({
      name: "dk-sign",
      isRemote: false,
      version: "1-a",
      folder: path,
      defaults: {},
      cat: "/bin/cat",
    });
    const launcher = `#!/bin/sh\n# ${formatTitle("dk-sign", "1-a")}\n${way}\n`;
    assertEquals(readAsking(launcher), { folder: path, version: "1-a" });
  }
  const other = `#!/bin/sh\n# ${formatTitle("dk-sign", "1-a")}\n`;
  assertEquals(readAsking(other), undefined);
});

Deno.test("`parseMetrics()` reads what the process writes", () => {
  const clock = { now: 0 };
  const statistics = new Statistics(() => clock.now);
  const mails = [1, 2, 3].map(() => statistics.begin("dk-sign"));
  mails[0]!.end({ action: "again" });
  mails[1]!.end({ action: "queue", log: "" });
  mails[2]!.end({ action: "refuse", code: 31, log: "" });
  statistics.full();
  clock.now = 7;
  const text = statistics.format({ version: "1-a", residentBytes: 1 });
  assertEquals(parseMetrics(text, 20_000), {
    done: 2,
    mostTaken: 3,
    full: 1,
    version: "1-a",
    startedMs: 12_000,
    writtenMs: 20_000,
  });
});
