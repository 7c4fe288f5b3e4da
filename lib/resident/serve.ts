// The life of the resident process: opens its folder, serves, looks after itself, ends.

import { EXIT, StepFailed } from "../qmail/exit_code.ts";
import { openWarmCrypto } from "../system/crypto/warm_crypto.ts";
import { KeyCache } from "../system/keys/key_cache.ts";
import { KeyTableFiles } from "../system/keys/key_table_files.ts";
import { steadySeconds } from "../system/process/clock.ts";
import { onStopSignal, residentBytes } from "../system/process/daemon.ts";
import { messageOf } from "../system/process/error_message.ts";
import { Libc } from "../system/process/libc.ts";
import { formatLog, writeLog } from "../system/process/log.ts";
import { startWatchdog } from "../system/process/watchdog.ts";
import { Folder, METRICS } from "../system/slots/folder.ts";
import type { Options } from "./options.ts";
import { Server } from "./server.ts";
import { Statistics } from "./statistics.ts";

const NAME = "dk-resident";
const SWEEP_MS = 2000;
const METRICS_MS = 10_000;

/**
 * Serves a folder until the process is told to end, or has reason to.
 *
 * @param version That of our programs.
 * @throws {StepFailed} 55 for a folder that cannot be used.
 */
export async function serve(
  { folder: path, slots, maxRssBytes }: Options & { action: "serve" },
  version: string,
): Promise<void> {
  const libc = Libc.find();
  if (libc === undefined) {
    throw new StepFailed(EXIT.configuration, "The C library cannot be called");
  }
  using folder = await Folder.open(libc, path);
  const statistics = new Statistics(steadySeconds);
  const { crypto, name: cryptoName } = openWarmCrypto();
  const machine = {
    crypto,
    keys: new KeyCache(),
    tables: new KeyTableFiles(),
  };
  const server = new Server({
    folder,
    machine,
    version,
    statistics,
    mostMails: slots,
  });
  onStopSignal((signal) => server.stop(signal));
  // One mail's trouble, after its reply: the others go on.
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log("trouble", [["reason", messageOf(event.reason)]]);
  });
  startWatchdog();
  const lookAfter = () => {
    if (!folder.isThere()) return server.stop("its folder is gone");
    server.sweep();
    const bytes = residentBytes();
    if (bytes > maxRssBytes) server.stop(`has grown to ${bytes >> 20} MB`);
  };
  const writeMetrics = () => {
    const process = { version, residentBytes: residentBytes() };
    try {
      folder.write(METRICS, statistics.format(process));
    } catch (error) {
      // A disk that is full: mail goes on.
      log("trouble", [["reason", messageOf(error)]]);
    }
  };
  const timers = [
    setInterval(lookAfter, SWEEP_MS),
    setInterval(writeMetrics, METRICS_MS),
  ];
  server.begin();
  log("serves", [
    ["folder", path],
    ["slots", slots],
    ["version", version],
    ["crypto", cryptoName],
  ]);
  await server.serve();
  timers.forEach(clearInterval);
  writeMetrics();
  log("ended", [["reason", server.stopping ?? ""]]);
}

function log(
  action: string,
  facts: [key: string, value: string | number][],
): void {
  writeLog(formatLog(NAME, action, facts));
}
