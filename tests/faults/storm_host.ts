// What of a mail host is not as usual in a storm: a filter in a room of its own, and a caller that
// does not mind when it dies. Knows no fault.

import { formatLauncher } from "../../scripts/install/launcher.ts";
import type { MailHost } from "../debian/mail_host.ts";
import { commandLineOf, descendantsOf } from "./processes.ts";
import type { Room } from "./room.ts";

/**
 * Stands between mailfront 2.12 and the filter, and does what a caller should: that one takes a
 * child that is stopped for one that has crashed, and as it keeps the reading ends of its own pipes
 * it waits for ever when the filter dies before it has read all of a large message.
 */
const CALLER = `code=$?
cat >/dev/null
[ $code -le 128 ] || { echo "caller: filter died, $code" >&2; kill -s KILL $$; }
exit $code
`;

/**
 * Writes the program that the front end calls.
 *
 * @param filter The path of the filter's launcher.
 * @returns Its path.
 */
export async function writeCaller(
  folder: string,
  room: Room,
  filter: string,
): Promise<string> {
  const run = `unset DKSIGN\n${room.entrance} ${filter}`;
  const path = `${folder}/caller`;
  await Deno.writeTextFile(path, `#!/bin/sh\n${run}\n${CALLER}`, {
    mode: 0o755,
  });
  return path;
}

/** A filter that may not call the C library: the next program is its child, and survives it. */
export async function writeParent(folder: string): Promise<string> {
  const filter = new URL("../../filters/qmail_dk.ts", import.meta.url).pathname;
  const flags = ["--no-config", "--no-lock", "--unstable-net"];
  const launcher = formatLauncher({
    name: "test",
    firstLines: {},
    home: "/nonexistent",
    title: "A filter without FFI",
    command: [Deno.execPath(), "run", ...flags, "-A", "--deny-ffi", filter],
    defaults: {},
    isCompiled: false,
    isFilter: true,
    isRemote: false,
  });
  const path = `${folder}/qmail-dk`;
  await Deno.writeTextFile(path, launcher, { mode: 0o755 });
  return path;
}

/** Tells whether a command is that of the filter, from its launcher on. */
export function isFilter(command: string[]): boolean {
  return command.some((word) => /\/qmail[-_]dk(\.[jt]s)?$/.test(word));
}

/** The process id of the host's server. */
export function serverOf(host: MailHost): number {
  const server = descendantsOf(Deno.pid).find((process) =>
    commandLineOf(process).includes(`${host.site.folder}/rules.cdb`)
  );
  if (server === undefined) throw new Error("Cannot find the server");
  return server.pid;
}
