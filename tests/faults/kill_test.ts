// Killed at any moment (kill -9), a filter has queued nothing, or all of the message: the next
// program has been given both whole, or has never been started. Prints how many were killed when.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeEnvelope, runFilter } from "../support/queue.ts";
import { Random } from "../support/random.ts";
import { addedFields, equalBytes, largeMail } from "../support/mail.ts";
import { commandOf } from "../support/programs.ts";
import { endToEnd } from "../support/requirements.ts";
import { Site } from "../support/site.ts";

const HOLD_QUEUE = new URL("hold_queue.sh", import.meta.url).pathname;
const CARELESS = new URL("careless_filter.ts", import.meta.url).pathname;
const ENVELOPE = makeEnvelope(
  "ann@example.com",
  Array.from({ length: 1000 }, (_, n) => `recipient-${n}@example.net`),
);

/** Filters at work at the same time. */
const AT_ONCE = 4;
const KILLS = 200;

/** What one run came to. */
interface Shot {
  delayMs: number;
  /** False when the program had ended before. */
  isKilled: boolean;
  /** The filter has written its log, the last thing that it does. */
  isLogged: boolean;
  /** When the next program has been started, in milliseconds from the start. */
  startedMs: number | undefined;
  /** What is wrong with what the next program was given. */
  damage: string | undefined;
}

/** Runs a filter and kills it after a while. */
async function shoot(
  site: Site,
  command: string[],
  message: Uint8Array,
  delayMs: number,
): Promise<Shot> {
  const folder = await Deno.makeTempDir({ dir: site.folder });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let startMs = 0;
  const { signal, stderr } = await runFilter({
    command: [...command, HOLD_QUEUE, folder],
    next: "none",
    message,
    envelope: ENVELOPE,
    env: site.env,
    timeoutMs: 60_000,
    onStart(pid) {
      startMs = Date.now();
      if (delayMs === Infinity) return;
      timer = setTimeout(() => kill(pid), delayMs);
    },
  });
  clearTimeout(timer);
  const shot: Shot = {
    delayMs,
    isKilled: signal === "SIGKILL",
    isLogged: stderr.endsWith("\n"),
    startedMs: undefined,
    damage: undefined,
  };
  // It held fd 2 open until this was there, and runFilter has waited for that.
  const started = await mtimeMs(`${folder}/started`);
  if (started !== undefined) {
    shot.startedMs = started - startMs;
    await waitFor(`${folder}/done`);
    shot.damage = findDamage(
      message,
      await Deno.readFile(`${folder}/message`),
      await Deno.readFile(`${folder}/envelope`),
    );
  }
  await Deno.remove(folder, { recursive: true });
  return shot;
}

function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // It has ended just now.
  }
}

async function waitFor(path: string): Promise<void> {
  for (let tries = 0; await mtimeMs(path) === undefined; tries++) {
    assert(tries < 4000, `${path} does not come`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function mtimeMs(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).mtime?.getTime();
  } catch {
    // Not there, or not yet.
    return undefined;
  }
}

/** What is missing or too much, if anything. */
function findDamage(
  message: Uint8Array,
  given: Uint8Array,
  envelope: Uint8Array,
): string | undefined {
  try {
    assertEquals(addedFields(message, given).length, 2);
    assert(equalBytes(envelope, ENVELOPE), "the envelope has been changed");
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Shoots at moments all over the run, and half of them around the start of the next program. */
async function shootMany(
  site: Site,
  command: string[],
  message: Uint8Array,
  random: Random,
): Promise<Shot[]> {
  const undisturbed = await Promise.all(
    Array.from(
      { length: AT_ONCE },
      () => shoot(site, command, message, Infinity),
    ),
  );
  for (const { damage, startedMs } of undisturbed) {
    assertEquals([damage, startedMs === undefined], [undefined, false]);
  }
  /**
   * Goes down when the next program had been started, up when not: stays where both happen, also
   * when the machine gets something else to do, or less.
   */
  let edgeMs = Math.max(...undisturbed.map((shot) => shot.startedMs!));
  const fraction = () => random.below(1e6) / 1e6;
  const shots: Shot[] = [];
  let begun = 0;
  let killed = 0;
  const work = Array.from({ length: AT_ONCE }, async () => {
    while (killed < KILLS && begun < 2 * KILLS) {
      const isNear = begun++ % 2 === 1;
      const delayMs = isNear
        ? edgeMs * (0.9 + 0.2 * fraction())
        : 1.3 * edgeMs * fraction();
      const shot = await shoot(site, command, message, delayMs);
      if (isNear) edgeMs *= shot.startedMs === undefined ? 1.03 : 0.97;
      if (shot.isKilled) killed++;
      shots.push(shot);
    }
  });
  await Promise.all(work);
  return shots;
}

const SIZES = [
  { name: "10 KB", size: 10_000 },
  { name: "8 MB", size: 8_000_000 },
];

for (const { name, size } of SIZES) {
  endToEnd(
    `\`dk-sign\` queues all or nothing, killed ${KILLS} times with ${name}`,
    async () => {
      await using site = await Site.open();
      const seed = Number(Deno.env.get("DK_SEED") ?? Date.now() % 1e9);
      const command = commandOf("dk-sign");
      const message = largeMail(size);
      const shots = await shootMany(site, command, message, new Random(seed));
      const killed = shots.filter(({ isKilled }) => isKilled);
      const after = killed.filter(({ startedMs }) => startedMs !== undefined);
      const before = killed.filter(({ startedMs }) => startedMs === undefined);
      const logged = before.filter(({ isLogged }) => isLogged);
      const delays = killed.map(({ delayMs }) => Math.round(delayMs));
      const first = Math.min(...delays);
      const last = Math.max(...delays);
      console.log(
        `${name}: seed ${seed}, ${killed.length} killed, of ${shots.length}, ` +
          `${first} to ${last} ms after the start; ` +
          `${before.length} before the next program ran, ${logged.length} of ` +
          `them with the log written, and ${after.length} after`,
      );
      const damaged = shots.filter(({ damage }) => damage !== undefined);
      assertEquals(damaged, [], `seed ${seed}`);
      assert(killed.length >= KILLS, `only ${killed.length} were killed`);
      assert(Math.min(before.length, after.length) >= 20, "badly spread");
      assertEquals(await site.temporaryFiles(), []);
    },
  );
}

endToEnd(
  "the same finds a filter that pipes into the next program",
  async () => {
    await using site = await Site.open();
    const message = largeMail(8_000_000);
    const command = [Deno.execPath(), "run", "-A", CARELESS];
    // Undisturbed it hands on all of the message, without fields on top.
    const whole = await shoot(site, command, message, Infinity);
    assertMatch(whole.damage!, /^Values are not equal/);
    let delayMs = whole.startedMs!;
    let truncated = 0;
    let killed = 0;
    for (; truncated < 5 && killed < KILLS; killed++) {
      const shot = await shoot(site, command, message, delayMs);
      if (shot.damage?.endsWith("bytes are missing")) truncated++;
      else delayMs *= shot.startedMs === undefined ? 1.05 : 0.95;
    }
    console.log(`${truncated} truncated of ${killed}`);
    assert(truncated > 0, "nothing was noticed");
  },
);
