// Replaces the keys of domains without a gap: each run does what can be done now, and says what somebody
// has to publish. Safe to run at any time, and twice at once.

import { renameSync, writeFileSync } from "node:fs";
import { Environment } from "../../lib/system/configuration/environment.ts";
import { readDnsOptions } from "../../lib/system/configuration/options.ts";
import type { Wait } from "../../lib/keys/rotation.ts";
import type { TextRecord } from "../dknewkey/domain_records.ts";
import { formatFullRecord } from "../dknewkey/record.ts";
import { reportFailure } from "../command/failure.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import {
  describe,
  describeWait,
  recordsOf,
  rotate,
  type World,
} from "./rotate.ts";
import { eachOf, findNameServers } from "./servers.ts";

const MINUTE_MS = 60_000;
const LOCK = ".dk-rotate.lock";

function openWorld({ isAuthoritative }: Options): World {
  const config = readDnsOptions(new Environment(Deno.env));
  return {
    now: () => Date.now(),
    async servers(domain) {
      const own = eachOf(config);
      if (!isAuthoritative) return own;
      return [...own, ...eachOf(config, await findNameServers(config, domain))];
    },
    say: (text) => writeFileSync(1, `${text}\n`),
  };
}

/** @returns What is waited for. */
async function runOnce(
  folder: string,
  options: Options,
  world: World,
): Promise<Wait[]> {
  if (options.isDryRun) return await describe(folder, options, world);
  // Nobody else takes steps meanwhile; the lock ends with the process that has it.
  using lock = await Deno.open(`${folder}/${LOCK}`, {
    create: true,
    write: true,
    mode: 0o600,
  });
  await lock.lock(true);
  return await rotate(folder, options, world);
}

async function work(options: Options): Promise<void> {
  const format = (record: TextRecord) =>
    formatFullRecord(record, options.isTinydns);
  const said = new Set<string>();
  for (let isForced = options.isForced;; isForced = false) {
    const world = openWorld(options);
    const records: TextRecord[] = [];
    let isWaiting = false;
    for (const folder of options.folders) {
      const waits = await runOnce(folder, { ...options, isForced }, world);
      isWaiting ||= waits.some(({ is }) => is === "publish");
      for (const wait of waits) {
        const text = await describeWait(wait, folder, format);
        if (text === undefined || said.has(text)) continue;
        said.add(text);
        world.say(text);
      }
      if (options.recordFile !== undefined) {
        records.push(...await recordsOf(folder, waits));
      }
    }
    if (options.recordFile !== undefined && !options.isDryRun) {
      writeWhole(options.recordFile, records.map(format));
    }
    if (!options.isWaiting || !isWaiting || options.isDryRun) return;
    await new Promise((resolve) => setTimeout(resolve, MINUTE_MS));
  }
}

/** A name server never reads half of it. */
function writeWhole(path: string, lines: string[]): void {
  const unfinished = `${path}.${Deno.pid}.tmp`;
  writeFileSync(unfinished, lines.map((line) => `${line}\n`).join(""));
  renameSync(unfinished, path);
}

async function main(args: string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === undefined) writeFileSync(1, USAGE);
    else await work(options);
    return 0;
  } catch (error) {
    return reportFailure(
      "dk-rotate",
      error,
      (text) => console.error(`dk-rotate: ${text}`),
    );
  }
}

Deno.exit(await main(Deno.args));
