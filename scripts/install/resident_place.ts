// Where resident processes and launchers meet: a folder for each user whose programs are served, with
// that user as its owner. Makes these folders, and removes what the process has left in them.

import { Folder, METRICS, SLOTS } from "../../lib/system/slots/folder.ts";
import { FILES } from "../../lib/system/slots/slot.ts";
import { findStarting, type Places } from "../site/services.ts";
import type { Use } from "../site/uses.ts";
import { kindOf, removeFile, type State, type Store } from "./store.ts";

/** A resident process and its place. */
export interface Place {
  /** The name of its service. */
  name: string;
  /** Relative to the prefix. */
  folder: string;
  /** The user that it serves, and that it runs as. */
  user: string;
}

/** One for the programs in front of the queue, one for dk-remote. */
export const PLACES = {
  smtpd: {
    name: "dk-resident-smtpd",
    folder: "resident/smtpd",
    user: "qmaild",
  },
  remote: {
    name: "dk-resident-remote",
    folder: "resident/remote",
    user: "qmailr",
  },
} as const satisfies Record<string, Place>;

/** Where the services are, below the prefix. */
export const SERVICE_FOLDER = "service";

/** Whom a place belongs to; `undefined` for who installs. */
export type Owner = { uid: number; gid: number } | undefined;

const FOLDER_MODE = 0o700;

/** Where the launchers of one kind of program look. */
export function placeOf({ isRemote }: { isRemote: boolean }): Place {
  return isRemote ? PLACES.remote : PLACES.smtpd;
}

/** Looks up who owns a place: its user, if we are root and there is that user. */
export function findOwner({ user }: Place): Owner {
  if (Deno.uid() !== 0) return undefined;
  const [uid, gid] = ["-u", "-g"].map((option) => {
    const { success, stdout } = new Deno.Command("id", {
      args: [option, user],
      cwd: "/",
      stderr: "null",
    }).outputSync();
    return success ? Number(new TextDecoder().decode(stdout)) : undefined;
  });
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

/** Makes the places. A folder that is there gets its owner and its mode back. */
export function makePlaces(store: Store, state: State): void {
  for (const place of Object.values(PLACES)) {
    const folder = store.absolute(place.folder);
    store.makeFolders(state, [folder]);
    // Nobody else may enter before it has its owner.
    Deno.chmodSync(folder, FOLDER_MODE);
    const owner = findOwner(place);
    if (owner !== undefined) Deno.chownSync(folder, owner.uid, owner.gid);
  }
}

/** Lists what serves the places: supervisors, else processes. */
export function findServing(store: Store, places: Places): Use[] {
  return Object.values(PLACES).flatMap(({ name, folder }) => {
    const path = store.absolute(folder);
    const supervising = findStarting(path, places);
    if (supervising.length > 0) {
      return supervising.map((where) => ({
        where,
        what: `supervises a process that serves ${path}`,
        undo: howToEnd(where, name),
      }));
    }
    const pid = Folder.servedBy(path);
    return pid === undefined ? [] : [{
      where: path,
      what: `process ${pid} serves it`,
      undo: `kill ${pid}`,
    }];
  });
}

function howToEnd(where: string, name: string): string {
  if (where.endsWith(".service")) return `systemctl disable --now ${name}`;
  const service = where.slice(0, where.lastIndexOf("/"));
  return `cd ${service} && rm ${service} && svc -dx . log  # runit: sv force-shutdown ., s6: s6-svc -xd .`;
}

/** Removes what processes have left in the places, and supervisors in the services; other files stay. */
export function clearPlaces(store: Store): void {
  const slots = Array.from({ length: SLOTS }, (_, n) => n);
  const names = [
    ...["pid", METRICS].flatMap((name) => [name, `${name}.new`]),
    ...["request", "lock"],
    ...slots.flatMap((n) => ["slot", ...FILES].map((file) => `${file}.${n}`)),
  ];
  for (const { folder } of Object.values(PLACES)) {
    const path = store.absolute(folder);
    if (kindOf(path) !== "folder") continue;
    for (const name of names) removeFile(`${path}/${name}`);
  }
  for (const folder of supervisedFolders()) {
    for (const name of ["supervise", "event"]) {
      const path = store.absolute(`${folder}/${name}`);
      if (kindOf(path) === "folder") Deno.removeSync(path, { recursive: true });
    }
  }
}

/** Lists the folders that a supervisor makes one of its own in. */
function supervisedFolders(): string[] {
  return Object.values(PLACES).flatMap(({ name }) => [
    `${SERVICE_FOLDER}/${name}`,
    `${SERVICE_FOLDER}/${name}/log`,
  ]);
}

/** Lists the logs of the services, which are the postmaster's to remove. */
export function findLogs(store: Store): string[] {
  return Object.values(PLACES)
    .map(({ name }) => store.absolute(`${SERVICE_FOLDER}/${name}/log/main`))
    .filter((path) => kindOf(path) === "folder");
}
