// What a server does to installed programs while mail goes through them: it signals their launchers,
// qmail's own installer writes over its programs, and ours are removed. What ends well has taken a
// whole message on; of what does not, nothing is taken on afterwards.

import { assert, assertEquals } from "@std/assert";
import { Folder, install } from "../support/installer.ts";
import { MAIL, toBytes } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { Site } from "../support/site.ts";
import { makeEnvelope } from "../support/queue.ts";
import { Random } from "../support/random.ts";

const ROUNDS = 60;
const AT_ONCE = 4;
/** How often qmail's program is written anew, each time with some mail in between. */
const UPGRADES = 8;
/** Longer than a program takes that nobody ends. */
const LONGEST_MS = 250;
/** As long as what was left behind would need, on a busy machine too. */
const AFTERWARDS_MS = 2000;

const MESSAGE = toBytes(MAIL);
/** The end of {@linkcode MAIL}, which a signature leaves as it is. */
const TAIL = MAIL.slice(-20);

/**
 * Takes what is on fd 0, and has taken it when that stands under its own name: the last step of the
 * process that a signal can reach, not of a child of it.
 */
const NEXT = `cat >"$OUT.new" || exit 53
sleep 0.05
[ -z "$IS_REMOTE" ] || printf 'rfine\\0Kaccepted\\n\\0'
exec mv "$OUT.new" "$OUT"
`;

/** A program, how it is started, and what it can be told to do. */
interface Way {
  program: string;
  args: string[];
  signals: Deno.Signal[];
}

const FILTER_SIGNALS: Deno.Signal[] = [
  "SIGTERM",
  "SIGHUP",
  "SIGINT",
  "SIGALRM",
  "SIGQUIT",
  "SIGKILL",
];

const WAYS: Way[] = [
  ...["qmail-dk", "dk-sign", "dk-verify"].map((program) => ({
    program,
    args: [],
    signals: FILTER_SIGNALS,
  })),
  {
    program: "dk-remote",
    args: ["example.net", "ann@example.com", "bob@example.net"],
    // Of SIGINT a launcher does not die that waits for its program.
    signals: FILTER_SIGNALS.filter((signal) => signal !== "SIGINT"),
  },
];

/** A program on its way, and where the message will be that is taken on. */
interface Run {
  child: Deno.ChildProcess;
  out: string;
}

/** An installation that mail goes through. */
class Server implements AsyncDisposable {
  #sent = 0;
  /** How many have ended well. */
  well = 0;
  #failed: { out: string; taken: string | undefined }[] = [];

  private constructor(readonly folder: Folder, readonly site: Site) {}

  static async open(): Promise<Server> {
    const server = new Server(await Folder.make(), await Site.open());
    const { path } = server.folder;
    await install(["--prefix", path]);
    // The interpreter stands for a binary of qmail's: it can be half of one, too.
    await Deno.copyFile("/bin/sh", `${path}/qmail`);
    await Deno.writeTextFile(`${path}/next`, `#!${path}/qmail\n${NEXT}`);
    await Deno.chmod(`${path}/next`, 0o755);
    await Deno.writeFile(`${path}/message`, MESSAGE);
    const envelope = makeEnvelope("ann@example.com", ["bob@example.net"]);
    await Deno.writeFile(`${path}/envelope`, envelope);
    return server;
  }

  /** Starts a program with a message. */
  start({ program, args }: Way): Run {
    const { path } = this.folder;
    const out = `${path}/out${++this.#sent}`;
    const fd1 = program === "dk-remote"
      ? `1>${out}.report`
      : `1<${path}/envelope`;
    const child = new Deno.Command("/usr/bin/env", {
      args: [
        "--default-signal",
        "/bin/sh",
        "-c",
        `exec 0<${path}/message ${fd1}; exec "$@"`,
        "sh",
        `${path}/bin/${program}`,
        ...args,
      ],
      env: {
        ...this.site.env,
        DKQUEUE: `${path}/next`,
        DKREMOTE: `${path}/next`,
        OUT: out,
        IS_REMOTE: program === "dk-remote" ? "1" : "",
      },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    return { child, out };
  }

  /**
   * Waits for an end: a good one has taken the whole message on. Code 0 says so, and of a
   * qmail-remote the K of its report.
   */
  async finish(run: Run): Promise<void> {
    const { success } = await run.child.status;
    const taken = await readOut(run.out);
    const report = await readOut(`${run.out}.report`);
    if (success && (report === undefined || report.includes("\0K"))) {
      assert(taken?.endsWith(TAIL), `ended well, and left ${taken}`);
      this.well++;
    } else this.#failed.push({ out: run.out, taken });
  }

  /** Looks again at what did not end well. */
  async checkAfterwards(): Promise<void> {
    await sleep(AFTERWARDS_MS);
    for (const { out, taken } of this.#failed) {
      assertEquals(await readOut(out), taken, "taken on after the end");
    }
  }

  get badly(): number {
    return this.#failed.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
    await this.site[Symbol.asyncDispose]();
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** What was taken on, if it was. */
async function readOut(out: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(out);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Writes a program anew as qmail's installer does: cut to nothing, and written in pieces. */
async function writeAnew(path: string, content: Uint8Array): Promise<void> {
  using file = await openAnew(path);
  const middle = content.length >> 1;
  for (const part of [content.subarray(0, middle), content.subarray(middle)]) {
    await sleep(20);
    for (let at = 0; at < part.length;) {
      at += await file.write(part.subarray(at));
    }
  }
}

async function openAnew(path: string): Promise<Deno.FsFile> {
  for (;;) {
    try {
      return await Deno.open(path, { write: true, truncate: true });
    } catch (error) {
      // Just running.
      if (
        !(error instanceof Error && /ETXTBSY|os error 26/.test(error.message))
      ) {
        throw error;
      }
      await sleep(2);
    }
  }
}

for (const way of WAYS) {
  endToEnd(
    `Signals to the launcher of \`${way.program}\` at random moments: nothing is taken on after it has ended`,
    async () => {
      await using server = await Server.open();
      const random = new Random(crypto.getRandomValues(new Uint32Array(1))[0]!);
      console.log(`${way.program}, seed ${random.seed}`);
      const deliver = async () => {
        const run = server.start(way);
        await sleep(random.below(LONGEST_MS));
        try {
          run.child.kill(random.pick(way.signals));
        } catch (error) {
          // It has ended before.
          if (!(error instanceof TypeError)) throw error;
        }
        await server.finish(run);
      };
      for (let n = 0; n < ROUNDS; n += AT_ONCE) {
        await Promise.all(Array.from({ length: AT_ONCE }, deliver));
      }
      await server.checkAfterwards();
      assert(server.badly > 0, "no signal has hit");
    },
  );

  endToEnd(
    `\`${way.program}\` loses nothing while qmail's program is written anew, and while it is removed itself`,
    async () => {
      await using server = await Server.open();
      const { path } = server.folder;
      const content = await Deno.readFile("/bin/sh");
      let isOver = false;
      const flow = async () => {
        while (!isOver) await server.finish(server.start(way));
      };
      const upgrade = async () => {
        for (let n = 0; n < UPGRADES; n++) {
          await writeAnew(`${path}/qmail`, content);
          const before = server.well;
          while (server.well === before && !isOver) await sleep(2);
        }
        assert(server.well >= UPGRADES);
        await install(["--prefix", path, "--uninstall", "--force"]);
      };
      const stop = () => {
        isOver = true;
      };
      await Promise.all([
        upgrade().finally(stop),
        ...Array.from({ length: AT_ONCE }, () => flow().finally(stop)),
      ]);
      await server.checkAfterwards();
      const before = server.well;
      await server.finish(server.start(way));
      assertEquals(server.well, before, "it is still there");
    },
  );
}
