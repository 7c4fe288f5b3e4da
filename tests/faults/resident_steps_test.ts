// A launcher killed, or stopped for long, at each of its system calls; the resident process killed at
// each of its own. A mail is queued once and whole or not at all, a slot is never somebody else's, and
// nothing stays in the folder. Needs strace.

import { assert, assertEquals } from "@std/assert";
import { ignoreUnless } from "../debian/requirements.ts";
import { addedFields } from "../support/mail.ts";
import { Outbox, type PlainMail, type Way } from "../support/plain_mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { Resident } from "../support/resident.ts";
import { Site } from "../support/site.ts";
import { sleep } from "./progress.ts";

const STRACE = ignoreUnless("strace");
const SIGNED = ["DKIM-Signature", "DomainKey-Signature"];

/** More than the resident process waits for a claim that is being written. */
const LONG_MS = 13_000;

/** A system call: its name, and the how manieth of that name it is. */
type Step = [name: string, count: number];

/** The system calls from the one that claims a slot to the one that becomes the next program. */
async function stepsOf(
  outbox: Outbox,
  command: string[],
  env: Record<string, string>,
): Promise<Step[]> {
  const trace = `${outbox.folder}/trace`;
  const { code } = await outbox.send(
    ["/usr/bin/strace", "-o", trace, ...command],
    env,
  );
  assertEquals(code, 0);
  const counts = new Map<string, number>();
  const steps: Step[] = [];
  let isBetween = false;
  for (const line of (await Deno.readTextFile(trace)).split("\n")) {
    const [, name] = /^([a-z0-9_]+)\(/.exec(line) ?? [];
    if (name === undefined) continue;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    isBetween ||= /^openat\(.*\/env\.\d+", .*O_EXCL/.test(line);
    if (isBetween && /^execve\(/.test(line)) break;
    if (isBetween) steps.push([name, count]);
  }
  return steps;
}

/** Each mail that was accepted is there once, its own, signed; one that was not is not there. */
async function audit(outbox: Outbox, maybe: PlainMail[] = []): Promise<void> {
  const queued = await outbox.queued();
  for (const mail of outbox.mails) {
    const found = queued.get(mail.serial) ?? [];
    const what = `${mail.serial}: ${mail.code} ${mail.stderr}`;
    if (!maybe.includes(mail)) {
      assertEquals(found.length, mail.code === 0 ? 1 : 0, what);
    }
    assert(found.length <= 1, what);
    for (const message of found) {
      const names = addedFields(mail.message, message).map(({ name }) => name);
      assertEquals(names, SIGNED, what);
    }
  }
}

/** For how long a slot is taken. */
function oldestSeconds(resident: Resident): number {
  const ages = resident.mailFiles().filter((name) => name.startsWith("env."))
    .map((name) => {
      try {
        const { mtime } = Deno.statSync(`${resident.slots}/${name}`);
        return (Date.now() - mtime!.getTime()) / 1000;
      } catch {
        // It has just been freed.
        return 0;
      }
    });
  return Math.max(0, ...ages);
}

const WAYS: Way[] = ["file", "pipe"];

for (const way of WAYS) {
  endToEnd(
    `A launcher killed at each of its steps leaves nothing, its message in a ${way}`,
    async () => {
      await using site = await Site.open();
      await using resident = await Resident.open();
      await using outbox = await Outbox.open(way);
      const command = await resident.launcherOf("dk-sign");
      const steps = await stepsOf(outbox, command, site.env);
      assert(steps.length > 30, `only ${steps.length} steps`);
      let killed = 0;
      for (const [name, count] of steps) {
        const inject = `inject=${name}:signal=KILL:when=${count}`;
        const strace = ["/usr/bin/strace", "-o", "/dev/null", "-e", inject];
        const mail = await outbox.send([...strace, ...command], site.env);
        if (mail.code !== 0) killed++;
        assert(oldestSeconds(resident) < 10, `${name} ${count}`);
      }
      console.log(`${killed} killed at ${steps.length} steps`);
      assert(killed > steps.length * 0.9, `only ${killed} were killed`);
      while (oldestSeconds(resident) > 0) {
        assert(oldestSeconds(resident) < 10, resident.mailFiles().join());
        await sleep(100);
      }
      await resident.emptied(1);
      await audit(outbox);
      const { code } = await outbox.send(command, site.env);
      assertEquals(code, 0);
    },
    STRACE,
  );
}

endToEnd(
  "A launcher stopped for long at each of its steps has its own message",
  async () => {
    await using site = await Site.open();
    await using resident = await Resident.open();
    await using outbox = await Outbox.open("pipe");
    const command = await resident.launcherOf("dk-sign");
    const steps = await stepsOf(outbox, command, site.env);
    const most = 48;
    const stride = Math.ceil(steps.length / most);
    const offset = Math.floor(Date.now() % stride);
    const chosen = steps.filter((_, n) => n % stride === offset);
    const pids: number[] = [];
    const stopped = chosen.map(([name, count]) => {
      const inject = `inject=${name}:signal=STOP:when=${count}`;
      const strace = ["/usr/bin/strace", "-D", "-o", "/dev/null", "-e", inject];
      return outbox.send(
        [...strace, ...command],
        site.env,
        "",
        (pid) => pids.push(pid),
      );
    });
    await sleep(LONG_MS);
    const others = async () => {
      for (let round = 0; round < 8; round++) {
        await Promise.all(
          Array.from({ length: 8 }, () => outbox.send(command, site.env)),
        );
      }
    };
    await others();
    const waiting =
      outbox.mails.filter(({ code }) => code === undefined).length;
    console.log(
      `${waiting} stopped at ${chosen.length} of ${steps.length} steps`,
    );
    assert(waiting > chosen.length * 0.9, `only ${waiting} were stopped`);
    await resident.kill();
    await resident.start();
    await others();
    const going = setInterval(() => {
      for (const pid of pids) {
        try {
          Deno.kill(pid, "SIGCONT");
        } catch {
          // It has ended.
        }
      }
    }, 100);
    await Promise.all(stopped);
    clearInterval(going);
    await resident.emptied(10);
    await audit(outbox);
  },
  STRACE,
);

for (const way of WAYS) {
  endToEnd(
    `The process killed at its steps loses no mail that is in a ${way}`,
    async () => {
      await using site = await Site.open();
      await using resident = await Resident.make();
      await using outbox = await Outbox.open(way);
      const command = await resident.launcherOf("dk-sign");
      await resident.start();
      const steps = await stepsOfProcess(
        resident,
        () => outbox.send(command, site.env),
      );
      assert(steps.length > 30, `only ${steps.length} steps`);
      const stride = Math.ceil(steps.length / MOST_KILLS);
      const offset = Date.now() % stride;
      let killed = 0;
      for (
        const [name, count] of steps.filter((_, n) => n % stride === offset)
      ) {
        await resident.start();
        const strace = await attach(
          resident.pid,
          ...["-o", "/dev/null"],
          ...["-e", `inject=${name}:signal=KILL:when=${count}`],
        );
        const sending = outbox.send(command, site.env);
        const isDead = await Promise.race([
          resident.died().then(() => true),
          sending.then(() => resident.emptied(10)).then(() => false),
        ]);
        if (isDead) {
          killed++;
          await resident.ended();
          // As its supervisor does: a launcher may wait for that.
          await resident.start();
        }
        await sending;
        await resident.emptied(10);
        await resident.kill();
        await strace.status;
      }
      console.log(`${killed} times killed, of ${steps.length} steps`);
      assert(
        killed >= Math.min(steps.length, MOST_KILLS) / 3,
        `only ${killed}`,
      );
      await audit(outbox);
    },
    STRACE,
  );
}

const MOST_KILLS = Deno.env.has("FAULTS_MESSAGES") ? 1000 : 12;

/** What a process does on its first thread for one mail, and the clean-up after it. */
async function stepsOfProcess(
  resident: Resident,
  send: () => Promise<unknown>,
): Promise<Step[]> {
  const trace = `${resident.folder}/trace`;
  const { pid } = resident;
  const strace = await attach(pid, "-o", trace);
  await send();
  await resident.emptied(10);
  await resident.kill();
  await strace.status;
  const counts = new Map<string, number>();
  const steps: Step[] = [];
  for (const line of (await Deno.readTextFile(trace)).split("\n")) {
    const [, thread, name] = /^([0-9]+) +([a-z0-9_]+)\(/.exec(line) ?? [];
    if (name === undefined || Number(thread) !== pid) continue;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    // These come by the clock, or by chance.
    if (!/^(futex|epoll_|clock_|madvise|mprotect|m(un)?map)/.test(name)) {
      steps.push([name, count]);
    }
    // What comes after it is no longer this mail's.
    if (/ unlink\(".*\/env\.\d+"/.test(line)) break;
  }
  return steps;
}

/** Traces a process that runs. */
async function attach(
  pid: number,
  ...options: string[]
): Promise<Deno.ChildProcess> {
  const strace = new Deno.Command("/usr/bin/strace", {
    args: ["-f", "-p", `${pid}`, ...options],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = strace.stderr.getReader();
  // It says that it has attached.
  await reader.read();
  (async () => {
    while (!(await reader.read()).done);
  })();
  return strace;
}
