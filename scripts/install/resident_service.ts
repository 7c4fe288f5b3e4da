// The services of resident processes, for who supervises: run and log/run for daemontools, runit and s6,
// a unit for systemd. Links none of them into /service.

import { formatTitle } from "../site/own_program.ts";
import {
  findOwner,
  type Place,
  PLACES,
  SERVICE_FOLDER,
} from "./resident_place.ts";
import { checkLine, quoteWord } from "./quote_word.ts";

/** A file of a service. */
export interface ServiceFile {
  /** Relative to the prefix. */
  path: string;
  text: string;
  isProgram: boolean;
}

/** The user that writes the logs of qmail. */
const LOG_USER = "qmaill";

/** Writes the files of all services. */
export function formatServices(prefix: string, version: string): ServiceFile[] {
  return Object.values(PLACES).flatMap((place) => {
    const folder = `${SERVICE_FOLDER}/${place.name}`;
    const title = formatTitle(place.name, version);
    const user = findOwner(place) === undefined ? undefined : place.user;
    const run = [`${prefix}/bin/dk-resident`, `${prefix}/${place.folder}`];
    return [
      {
        path: `${folder}/run`,
        text: formatRun(title, place, user, run),
        isProgram: true,
      },
      {
        path: `${folder}/log/run`,
        text: formatLogRun(title, place),
        isProgram: true,
      },
      {
        path: `${folder}.service`,
        text: formatUnit(title, place, user, run),
        isProgram: false,
      },
    ];
  });
}

/** Lists the folders of all services. */
export function serviceFolders(): string[] {
  return Object.values(PLACES).map(({ name }) =>
    `${SERVICE_FOLDER}/${name}/log`
  );
}

/** @param user `undefined` for whom the supervisor runs as. */
function formatRun(
  title: string,
  { name }: Place,
  user: string | undefined,
  run: string[],
): string {
  const words = run.map(quoteWord).join(" ");
  const lines = user === undefined ? [`exec ${words}`] : [
    `set -- ${words}`,
    ...becoming(user).map(([tool, as]) => `${has(tool)} && exec ${as} "$@"`),
    `echo '${name}: Cannot find setuidgid, chpst or s6-setuidgid'`,
    "exit 111",
  ];
  return ["#!/bin/sh", `# ${title}`, "exec 2>&1", ...lines, ""].join("\n");
}

/** The log is in `main`, beside this script. */
function formatLogRun(title: string, { name }: Place): string {
  const writers = [
    ["multilog", "multilog t ./main"],
    ["svlogd", "svlogd -tt ./main"],
    ["s6-log", "s6-log t ./main"],
  ];
  return [
    "#!/bin/sh",
    `# ${title}`,
    // s6 gives a name.
    "set --",
    "[ -d main ] || mkdir main || exit",
    `if [ "$(id -u)" = 0 ] && id ${LOG_USER} >/dev/null 2>&1; then`,
    `  chown ${LOG_USER} main`,
    ...becoming(LOG_USER).map(([tool, as], at) =>
      `  ${at === 0 ? "if" : "elif"} ${has(tool!)}; then set -- ${as}`
    ),
    "  fi",
    "fi",
    ...writers.map(([tool, words]) => `${has(tool!)} && exec "$@" ${words}`),
    `echo '${name}: Cannot find multilog, svlogd or s6-log' >&2`,
    "exec cat >/dev/null",
    "",
  ].join("\n");
}

/** The programs that become a user, and how. */
function becoming(user: string): [tool: string, words: string][] {
  return [
    ["setuidgid", `setuidgid ${user}`],
    ["chpst", `chpst -u ${user}`],
    ["s6-setuidgid", `s6-setuidgid ${user}`],
  ];
}

function has(tool: string): string {
  return `command -v ${tool} >/dev/null`;
}

function formatUnit(
  title: string,
  { folder }: Place,
  user: string | undefined,
  run: string[],
): string {
  return `# ${title}
[Unit]
Description=DKIM and DomainKeys for the launchers that meet in ${folder}

[Service]
${user === undefined ? "" : `User=${user}\n`}ExecStart=${
    run.map(quoteForUnit).join(" ")
  }
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
`;
}

/** Quotes a word for ExecStart, where `%` and `$` say something too. */
function quoteForUnit(word: string): string {
  const quoted = checkLine(word).replace(/[\\"]/g, "\\$&")
    .replaceAll("%", "%%").replaceAll("$", () => "$$");
  return `"${quoted}"`;
}
