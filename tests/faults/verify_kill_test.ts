// Killed at any moment of verifying (kill -9), a program has queued nothing, or all of the message:
// the next program has been given both whole, or has never been started.

import { assert, assertEquals } from "@std/assert";
import { makeEnvelope } from "../support/queue.ts";
import { signDkim, signDomainKeys } from "../support/verifying.ts";
import { Random } from "../support/random.ts";
import { Incoming } from "../support/incoming.ts";
import { splitResults } from "../support/split_results.ts";
import { MAIL } from "../support/signed_mail.ts";
import { equalBytes, toBytes, toText } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";

const HOLD_QUEUE = new URL("hold_queue.sh", import.meta.url).pathname;
const MESSAGE = signDkim(signDomainKeys(MAIL + "Hello again.\n".repeat(2e5)));
/** Goes, for there to be something that is taken out. */
const FORGED = "Authentication-Results: mx.example.net; dkim=pass\n";
const SENT = toBytes(FORGED + MESSAGE);
const ENVELOPE = makeEnvelope(
  "ann@example.com",
  Array.from({ length: 200 }, (_, n) => `recipient-${n}@example.net`),
);

/** Programs at work at the same time. */
const AT_ONCE = 3;
const KILLS = 60;
/** So many of them before the next program has started, and so many after. */
const LEAST = 10;

/** What one run came to. */
interface Shot {
  isKilled: boolean;
  /** When the next program has been started, in milliseconds from the start. */
  startedMs: number | undefined;
}

/** Kills a program after a while, and looks at what the next one was given, if it was started. */
async function shoot(host: Incoming, delayMs: number): Promise<Shot> {
  const folder = await Deno.makeTempDir({ dir: host.folder });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let startMs = 0;
  const { signal } = await host.run("dk-verify", {
    message: SENT,
    envelope: ENVELOPE,
    args: [HOLD_QUEUE, folder],
    next: "none",
    timeoutMs: 60_000,
    onStart(pid) {
      startMs = Date.now();
      if (delayMs < Infinity) timer = setTimeout(() => kill(pid), delayMs);
    },
  });
  clearTimeout(timer);
  // It holds fd 2 open until this is there, and the run waits for that.
  const started = await mtimeMs(`${folder}/started`);
  if (started !== undefined) {
    while (await mtimeMs(`${folder}/done`) === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assertWhole(
      await Deno.readFile(`${folder}/message`),
      await Deno.readFile(`${folder}/envelope`),
    );
  }
  return {
    isKilled: signal === "SIGKILL",
    startedMs: started === undefined ? undefined : started - startMs,
  };
}

function assertWhole(message: Uint8Array, envelope: Uint8Array): void {
  assert(equalBytes(envelope, ENVELOPE), "the envelope has been changed");
  const length = message.length - MESSAGE.length;
  assert(length > 0, `${-length} octets are missing`);
  const rest = message.subarray(length);
  assert(equalBytes(rest, toBytes(MESSAGE)), "the message has been changed");
  const results = splitResults(toText(message.subarray(0, length)));
  assertEquals(
    results.map((text) => text.split(" ")[0]),
    ["mx.example.net", "domainkeys=pass", "dkim=pass"],
  );
}

function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // It has ended just now.
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

endToEnd(
  `\`dk-verify\` queues all or nothing, killed ${KILLS} times while it verifies`,
  async () => {
    await using host = await Incoming.open();
    const seed = Number(Deno.env.get("DK_SEED") ?? Date.now() % 1e9);
    const random = new Random(seed);
    const undisturbed = await Promise.all(
      Array.from({ length: AT_ONCE }, () => shoot(host, Infinity)),
    );
    const durationMs = Math.max(...undisturbed.map((shot) => shot.startedMs!));
    // Half of the kills stay near the moment at which the next program starts.
    let edgeMs = durationMs;
    const counts = { before: 0, after: 0 };
    let begun = 0;
    const isDone = () =>
      counts.before + counts.after >= KILLS &&
      Math.min(counts.before, counts.after) >= LEAST;
    const work = Array.from({ length: AT_ONCE }, async () => {
      while (!isDone() && begun < 5 * KILLS) {
        const isNear = begun++ % 2 === 1;
        const delayMs = isNear
          ? edgeMs * (0.9 + random.below(200) / 1000)
          : durationMs * random.below(1300) / 1000;
        const { isKilled, startedMs } = await shoot(host, delayMs)
          .catch((cause) => {
            throw new Error(`DK_SEED=${seed}, at ${delayMs} ms`, { cause });
          });
        if (isNear) edgeMs *= startedMs === undefined ? 1.08 : 0.93;
        if (isKilled) counts[startedMs === undefined ? "before" : "after"]++;
      }
    });
    await Promise.all(work);
    console.log(`seed ${seed}: ${JSON.stringify(counts)}`);
    assert(isDone(), "badly spread");
    const left = await Array.fromAsync(Deno.readDir(`${host.folder}/tmp`));
    assertEquals(left, []);
  },
);
