// The lines of shell that start a resident process, or start it anew, by what supervises on this
// machine. Executes none of them.

import { findExecutable } from "../../lib/system/process/executable.ts";
import { PLACES, SERVICE_FOLDER } from "../install/resident_place.ts";
import { findStarting, type Places, SERVICES } from "../site/services.ts";
import { isThere } from "./access.ts";
import { ENVIRONMENT } from "./environment.ts";

/** Where a process is to be. */
export interface Where {
  prefix: string;
  folder: string;
  places: Places;
}

/** Gives the line that has a process supervised, or started by what supervises it. */
export function howToStart({ prefix, folder, places }: Where): string {
  const [supervising] = findStarting(folder, places);
  if (supervising !== undefined) return howToControl(supervising, "up");
  const place = placeAt({ prefix, folder, places });
  if (place === undefined) {
    return `${prefix}/bin/dk-resident ${folder}  # as its owner, by what supervises the services here`;
  }
  const service = `${prefix}/${SERVICE_FOLDER}/${place.name}`;
  return isThere("/run/systemd/system")
    ? `systemctl enable --now ${service}.service`
    : `ln -s ${service} ${SERVICES.find(isThere) ?? "/service"}/`;
}

/** Gives the line that ends a process, for its supervisor to start it again. */
export function howToAnew(where: Where): string {
  const [supervising] = findStarting(where.folder, where.places);
  return supervising === undefined
    ? howToStart(where)
    : howToControl(supervising, "anew");
}

/** Gives the line that makes a folder, and its process, those of a user who asks there. */
export function howToGive(where: Where, users: string[]): string {
  const { prefix, folder, places } = where;
  const run = findStarting(folder, places)[0] ?? serviceOf(where);
  const user = run === undefined ? undefined : userIn(run, users);
  if (user !== undefined) {
    return `chown -R ${user} ${folder} && chmod 700 ${folder} && ${
      howToAnew(where)
    }`;
  }
  const place = placeAt(where);
  return place !== undefined && users.includes(place.user)
    ? `deno task install --resident --prefix ${prefix}  # as root, where the source is`
    : `set DKRESIDENT to nothing where ${
      users.join(" or ")
    } starts the programs`;
}

function userIn(script: string, users: string[]): string | undefined {
  const text = Deno.readTextFileSync(script);
  return users.find((user) =>
    new RegExp(`(?:setuidgid |chpst -u |User=)${RegExp.escape(user)}\\b`)
      .test(text)
  );
}

function placeAt({ prefix, folder }: Where) {
  return Object.values(PLACES).find((place) =>
    `${prefix}/${place.folder}` === folder
  );
}

/** The run script of a service that is installed. */
function serviceOf(where: Where): string | undefined {
  const place = placeAt(where);
  const run = `${where.prefix}/${SERVICE_FOLDER}/${place?.name}/run`;
  return place !== undefined && isThere(run) ? run : undefined;
}

/** daemontools, runit and s6, by the program that controls a service. */
const CONTROLS = {
  svc: { up: "svc -u", anew: "svc -tu" },
  sv: { up: "sv up", anew: "sv restart" },
  "s6-svc": { up: "s6-svc -u", anew: "s6-svc -r" },
};

function howToControl(script: string, order: "up" | "anew"): string {
  if (script.endsWith(".service")) {
    return `systemctl restart ${script.slice(script.lastIndexOf("/") + 1)}`;
  }
  const [, control = CONTROLS.svc] = Object.entries(CONTROLS)
    .find(([name]) => findExecutable(name, ENVIRONMENT) !== undefined) ?? [];
  return `${control[order]} ${script.slice(0, script.lastIndexOf("/"))}`;
}
