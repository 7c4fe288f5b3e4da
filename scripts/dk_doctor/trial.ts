// Sends one small message through an installed program, as its user and under its resource limits. The
// next program queues nothing and checks what arrives. The descriptors are pipes, as those of
// qmail-smtpd and qmail-rspawn.

import { type Account, commandAs, runCommand } from "./accounts.ts";
import { commandUnder, type ResourceLimits } from "./limits.ts";

/** A message, the program that it goes through, and the field that must arrive. */
export interface Trial {
  /** The path of the program. */
  program: string;
  isRemote: boolean;
  /** The domain of the sender. */
  domain: string;
  /** A field that the program adds, as a pattern of the shell; "*" for none. */
  expected: string;
  /** Variables of the program; `undefined` for one that must not be set. */
  env: Record<string, string | undefined>;
}

/** The outcome of a trial. */
export interface Outcome {
  /** The message arrived with all that was expected. */
  arrived: boolean;
  /** The exit code as a shell gives it: 128 and more for a signal. */
  code: number;
  /** The words of the program, or of the next one about the message. */
  said: string;
  ms: number;
}

/** The time limit of a trial. It is longer than that of DNS: a slower program hangs. */
const LIMIT_SECONDS = 30;
/** The exit code of the next program if all is well. A program of ours that exits with 0 has lost the message. */
const ARRIVED = 42;
/** The report of the fake qmail-remote: `r`, the recipient is accepted (qmail-remote(8)). */
const REPORT = "rdk-doctor";
const TEXT = "The last line of dk-doctor's message.";

const TO_QUEUE = `message=$1 envelope=$2; shift 2
cat "$envelope" | { exec 3<&0; cat "$message" | "$@" 1<&3 3<&-; }`;
const TO_REMOTE = `message=$1; shift 2; cat "$message" | "$@"`;

/** Raises the soft limits: the next program has those of the caller, which may be too low for cat(1). */
const RAISE = `{ ulimit -S -v unlimited || ulimit -S -v "$(ulimit -H -v)"
ulimit -S -d unlimited || ulimit -S -d "$(ulimit -H -d)"; } 2>/dev/null`;

/** Checks that the message has the expected field and its last line. */
const LOOK = `${RAISE}
case "$(cat)" in
$1"${TEXT}") ;;
*"${TEXT}") echo 'dk-doctor: the message went on without the field that was to be added' >&2; exit 102 ;;
*) echo 'dk-doctor: the message did not arrive whole' >&2; exit 100 ;;
esac`;

const QUEUE = `exec 3<&1 1>&2
${LOOK}
case "$(tr '\\0' ' ' <&3)" in
"F$2 T$2  ") exit ${ARRIVED} ;;
*) echo 'dk-doctor: the envelope did not arrive whole' >&2; exit 101 ;;
esac`;

/** Makes a trial. */
export async function runTrial(
  trial: Trial,
  limit: ResourceLimits,
  account: Account,
  limitSeconds = LIMIT_SECONDS,
): Promise<Outcome> {
  // TMPDIR has a check of its own.
  const folder = await Deno.makeTempDir({ dir: "/tmp", prefix: "dk_doctor_" });
  try {
    return await runIn(folder, trial, limit, account, limitSeconds);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function runIn(
  folder: string,
  { program, isRemote, domain, expected, env: added }: Trial,
  limit: ResourceLimits,
  account: Account,
  limitSeconds: number,
): Promise<Outcome> {
  const address = `dk-doctor@${domain}`;
  const remote =
    `#!/bin/sh\nset -- '${expected}'\n${LOOK}\nprintf '${REPORT}'\n`;
  await writeForAll(`${folder}/message`, messageOf(address));
  await writeForAll(`${folder}/envelope`, `F${address}\0T${address}\0\0`);
  await writeForAll(`${folder}/remote`, remote, 0o755);
  await Deno.chmod(folder, 0o755);

  const args = isRemote
    ? [domain, address, address]
    : ["/bin/sh", "-c", QUEUE, "sh", expected, address];
  const env = Deno.env.toObject();
  for (const [name, value] of Object.entries(added)) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  if (isRemote) env.DKREMOTE = `${folder}/remote`;
  const command = [
    "sh",
    "-c",
    isRemote ? TO_REMOTE : TO_QUEUE,
    "sh",
    `${folder}/message`,
    `${folder}/envelope`,
    ...commandUnder(limit, [program, ...args]),
  ];
  const words = commandAs(account, command) ?? command;
  const start = performance.now();
  const { code, stdout, stderr } = await runCommand(
    ["timeout", "-k", "1", String(limitSeconds), ...words],
    { env, clearEnv: true },
  );
  const ms = performance.now() - start;
  const said = firstLine(isRemote ? `${stderr}\n${stdout}` : stderr, program);
  const arrived = isRemote ? stdout === REPORT : code === ARRIVED;
  return { arrived, code, said, ms };
}

function messageOf(address: string): string {
  return `From: ${address}
To: ${address}
Subject: A trial of dk-doctor
Date: ${new Date().toUTCString().replace("GMT", "+0000")}
Message-ID: <${crypto.randomUUID()}@${address.split("@")[1]}>

${TEXT}
`;
}

/** Finds the line of the program itself, else the first line with a word in it. */
function firstLine(text: string, program: string): string {
  const name = program.slice(program.lastIndexOf("/") + 1);
  const lines = text.replaceAll("\0", "").split("\n");
  const own = lines.findLast((line) => line.startsWith("dk-doctor: ")) ??
    lines.find((line) => line.startsWith(`${name}: `)) ??
    lines.find((line) => /\w{3}/.test(line));
  return own?.trim().slice(0, 300) ?? "it said nothing";
}

async function writeForAll(
  path: string,
  text: string,
  mode = 0o644,
): Promise<void> {
  await Deno.writeTextFile(path, text);
  await Deno.chmod(path, mode);
}
