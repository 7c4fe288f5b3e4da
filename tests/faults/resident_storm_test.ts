// Mails by several senders through a resident process that is killed, stopped, told to end and replaced
// by another version, with its DNS away and its folder full at times: what was accepted is there once,
// whole, and verifies; what was refused is not. FAULTS_MESSAGES=5000 for a long storm, DK_SEED to repeat
// one.

import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { Folder as Place } from "../../lib/system/slots/folder.ts";
import { PLACES } from "../../scripts/install/resident_place.ts";
import { until } from "../debian/daemon.ts";
import { copyProject, Folder, install } from "../support/installer.ts";
import { Outbox, type PlainMail } from "../support/plain_mail.ts";
import { Random } from "../support/random.ts";
import { endToEnd } from "../support/requirements.ts";
import { CAN_BECOME } from "../support/resident_service.ts";
import { Site } from "../support/site.ts";
import { auditOutbox } from "./outbox_audit.ts";
import { Progress, sleep } from "./progress.ts";
import { MAY_MOUNT, MountedRoom } from "./room.ts";
import { Supervisor } from "./supervisor.ts";
import { SwitchedDns } from "./switched_dns.ts";

const MESSAGES = Number(Deno.env.get("FAULTS_MESSAGES") ?? 300);
const SEED = Number(Deno.env.get("DK_SEED") ?? Date.now() % 1e9);
const SENDERS = 8;
/** In a long storm the process lives longer between two faults, and does more of the mails. */
const CALM = MESSAGES < 1000 ? 1 : 3;

/** Room for what is always there, and for the small mails of all senders. */
const ROOM = "size=4m,nr_inodes=120,mode=0700";
const LINE = `${"x".repeat(70)}\n`;
/** In lines: most are small, some fill half of the folder, and some have no room in it. */
const SIZES = [...Array.from({ length: 24 }, () => 300), 9_000, 30_000, 60_000];

/** A signature of which all is right that can be seen without its key. */
function signatureOver(body: string): string {
  const octets = `Hello Bob\n${body}`.replaceAll("\n", "\r\n");
  const hash = createHash("sha256").update(octets).digest("base64");
  return "DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=none;\n" +
    `\th=from; bh=${hash};\n\tb=AAAA\n`;
}

/** What happens at the same time as the mails. */
interface Weather {
  progress: Progress<PlainMail>;
  random: Random;
  process: Supervisor;
  dns: SwitchedDns;
  room: MountedRoom | undefined;
  /** Whether a launcher finds the process. */
  serves: () => boolean;
  /** Puts the other of two versions in place. */
  upgrade: () => Promise<unknown>;
}

/** Each fault again and again until there are no more mails; counts them. */
async function rage(weather: Weather): Promise<Record<string, number>> {
  const { progress, random, process, dns, room, serves, upgrade } = weather;
  const counts: Record<string, number> = {};
  const every = async (
    mails: number,
    name: string,
    happens: () => Promise<unknown>,
  ) => {
    counts[name] = 0;
    for (;;) {
      await progress.more(1 + random.below(2 * CALM * mails));
      if (progress.hasEnded) return;
      await happens();
      counts[name]!++;
    }
  };
  // So that a mail is in hand: after a request, in all of its time.
  const soon = () => sleep(random.below(30));
  const full = async (fill: () => unknown) => {
    await fill();
    await progress.more(10);
    await room!.empty();
  };
  await Promise.all([
    every(50, "killed", async () => {
      await soon();
      process.kill("SIGKILL");
    }),
    every(30, "stopped", async () => {
      await soon();
      process.kill("SIGSTOP");
      await sleep(random.below(800));
      process.kill("SIGCONT");
    }),
    every(80, "told to end", async () => {
      await soon();
      process.kill("SIGTERM");
    }),
    every(50, "without DNS", async () => {
      await dns.stop();
      await progress.more(SENDERS);
      await sleep(random.below(3000));
      dns.start();
    }),
    every(25, "another version", async () => {
      await until("the process serves", serves);
      await upgrade();
    }),
    ...room === undefined ? [] : [(async () => {
      // One after the other: there is one room to fill.
      const names = ["no room", "no names"] as const;
      for (const name of names) counts[name] = 0;
      for (let n = 0;; n++) {
        await progress.more(1 + random.below(80 * CALM));
        if (progress.hasEnded) return;
        const name = names[n % 2]!;
        await full(() => name === "no room" ? room.fill() : room.fillNames());
        counts[name]!++;
      }
    })()],
  ]);
  return counts;
}

/** How long most mails wait for a process that is away. */
const PATIENCE_MS = 1000;

/** Sends mails of all kinds; those to be verified have a signature. */
async function sendAll(
  { outbox, env, program, dns, random, progress, serves }: {
    outbox: Outbox;
    env: Record<string, string>;
    program: (name: string) => string[];
    dns: string;
    random: Random;
    progress: Progress<PlainMail>;
    serves: () => boolean;
  },
): Promise<Set<PlainMail>> {
  const verified = new Set<PlainMail>();
  let sent = 0;
  const send = async () => {
    while (sent++ < MESSAGES) {
      // What comes while the process is away shows nothing of it; some mails come then all the same.
      if (random.below(4) > 0) await waitFor(serves);
      const body = LINE.repeat(random.below(random.pick(SIZES)));
      const isVerified = random.below(3) === 0;
      // Deferred when DNS does not answer.
      const asking = { DKVERIFY: ",k", DNSCACHEIP: dns, DNSTIMEOUT: "1" };
      const mail = isVerified
        ? await outbox.send(
          program("dk-verify"),
          { ...env, ...asking },
          body,
          undefined,
          signatureOver(body),
        )
        : await outbox.send(program("dk-sign"), env, body);
      if (isVerified) verified.add(mail);
      progress.add(mail);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, send))
    .finally(() => progress.end());
  return verified;
}

async function waitFor(serves: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!serves() && Date.now() < end) await sleep(20);
}

async function storm(isFilled: boolean): Promise<void> {
  await using folder = await Folder.make();
  await using site = await Site.open();
  await using outbox = await Outbox.open("pipe");
  await using dns = new SwitchedDns({});
  const prefix = `${folder.path}/p`;
  const versions = await Promise.all(
    ["9.9.1", "9.9.2"].map((version) => copyProject(folder.path, version)),
  );
  for (const root of versions) {
    await install(["--prefix", prefix, "--resident"], { root });
  }
  const place = `${prefix}/${PLACES.smtpd.folder}`;
  const { uid, gid } = await Deno.stat(place);
  await using stack = new AsyncDisposableStack();
  const room = isFilled
    ? stack.use(
      await MountedRoom.open(place, `${ROOM},uid=${uid},gid=${gid}`),
    )
    : undefined;
  const entrance = room?.entrance.split(" ") ?? [];
  const become = uid === Deno.uid() ? [] : [
    "/usr/bin/setpriv",
    `--reuid=${uid}`,
    `--regid=${gid}`,
    "--clear-groups",
  ];
  await give(`${uid}:${gid}`, site.folder, outbox.folder);
  const process = stack.use(
    new Supervisor([...entrance, `${prefix}/service/dk-resident-smtpd/run`]),
  );
  const random = new Random(SEED);
  const progress = new Progress<PlainMail>();
  const serves = () => Place.servedBy(room?.folder ?? place) !== undefined;
  const startMs = Date.now();
  const [verified, weather] = await Promise.all([
    sendAll({
      outbox,
      env: site.env,
      program: (name) => [...entrance, ...become, `${prefix}/bin/${name}`],
      dns: dns.address,
      random,
      progress,
      serves,
    }),
    rage({
      progress,
      random,
      process,
      dns,
      room,
      serves,
      upgrade: () => install(["--prefix", prefix, "--rollback"]),
    }),
  ]);
  const seconds = Math.round((Date.now() - startMs) / 1000);
  const findLeft = () =>
    [...Deno.readDirSync(room?.folder ?? place)].map(({ name }) => name)
      .filter((name) => /^(in|out|env|envelope)\./.test(name));
  // What launchers and processes have left, the process has removed by then.
  for (let tries = 0; tries < 100 && findLeft().length > 0; tries++) {
    await sleep(100);
  }
  const left = findLeft();
  const codes = Object.entries(
    Object.groupBy(
      outbox.mails,
      ({ code, stderr }) =>
        `${code} ${/reason="[^":(]*/.exec(stderr)?.[0] ?? ""}`,
    ),
  ).map(([code, mails]) => `${code}: ${mails!.length}`);
  const counts = await auditOutbox(outbox, verified, site.records);
  await process[Symbol.asyncDispose]();
  console.log(`${MESSAGES} mails in ${seconds} s, seed ${SEED}`);
  console.log(`  faults: ${formatCounts(weather)}`);
  console.log(`  the process ended: ${formatCounts(process.ends)}`);
  console.log(`  exit codes: ${codes.join(", ")}`);
  console.log(`  mails: ${formatCounts(counts)}`);
  const { missing, twice, "refused yet there": refused } = counts;
  assertEquals([missing, twice, refused, counts["not good"]], [0, 0, 0, 0]);
  assertEquals(counts.found, counts.accepted);
  assertEquals(outbox.mails.length, MESSAGES);
  assertEquals(left, []);
  // A storm without these proves nothing.
  assert(counts.accepted > MESSAGES / 2, `${counts.accepted} accepted`);
  assert(counts["by the process"] > MESSAGES / 10);
  const calm = Object.entries({
    ...weather,
    refused: MESSAGES - counts.accepted,
    "one-shot": counts["one-shot"],
    // In a short one, all that are of another version may have been killed before they saw that.
    ...MESSAGES < 1000
      ? {}
      : { replaced: process.ends["another version is there"] ?? 0 },
  }).filter(([, times]) => times === 0);
  assertEquals(calm, []);
}

function formatCounts(counts: Record<string, number>): string {
  return Object.entries(counts).map(([name, count]) => `${name} ${count}`)
    .join(", ");
}

async function give(owner: string, ...folders: string[]): Promise<void> {
  const { success } = await new Deno.Command("chown", {
    args: ["-R", owner, ...folders],
  }).output();
  assert(success);
}

const NAME =
  `${MESSAGES} mails through a process that is killed, stopped and replaced`;

// One storm is enough: the one with a full folder has all of the other.
if ("missing" in MAY_MOUNT) {
  endToEnd(NAME, () => storm(false), CAN_BECOME);
}
endToEnd(
  `${NAME}, in a folder that is filled up`,
  () => storm(true),
  CAN_BECOME,
  MAY_MOUNT,
);
