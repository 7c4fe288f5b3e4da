// A log as multilog writes it, of 5,000 messages that the passes of the filters have seen and that
// the filters' own log has worded, among lines of tcpserver. Always the same.

import { toOctets } from "../../lib/message/octets.ts";
import { InboundPass } from "../../lib/pass/inbound_pass.ts";
import type { Note, Outcome } from "../../lib/pass/pass.ts";
import { PassOn } from "../../lib/pass/pass_on.ts";
import { parseLetters } from "../../lib/policy/letters.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { EXIT, StepFailed } from "../../lib/qmail/exit_code.ts";
import { failureNotes } from "../../lib/system/process/failure.ts";
import { formatLog } from "../../lib/system/process/log.ts";
import { MemoryKeys, NOW, RSA_1024, sign } from "./signing.ts";
import {
  KEY_NAME,
  makeZone,
  MESSAGE,
  P,
  signDkim,
  signDomainKeys,
} from "./verifying.ts";
import { Zone } from "./zone.ts";

/** How many of the lines are ours. */
export const OURS = 5000;

/** The first second of the log, of 1970, and how many there are between two messages. */
export const BEGIN = Date.UTC(2026, 10, 16, 12) / 1000;
export const STEP = 121;

const GOOD = signDkim(MESSAGE);
const CHANGED = GOOD.replace("Bob.", "Eve.");
const DOWN = new Zone({
  [KEY_NAME]: { outcome: "temporary", detail: "SERVFAIL" },
});

/** What happens to messages, each by program, and how it is to be told. */
const EVENTS: [program: string, happen: () => Promise<Outcome>][] = [
  ["dk-sign", () => sign(MESSAGE)],
  ["dk-sign", () => sign(MESSAGE.replace("hello", "again"))],
  [
    "qmail-dk",
    () =>
      sign(MESSAGE.replace("alice@", "alice@mail."), {
        keys: new MemoryKeys({ "/k/mail.example.com/default": RSA_1024 }),
      }),
  ],
  ["dk-sign", () => sign(MESSAGE.replace("example.com", "example.edu"))],
  ["dk-sign", () => sign(MESSAGE.replace("From:", "X-From:"))],
  ["qmail-dk", () => new PassOn("neither RELAYCLIENT nor DKVERIFY").end()],
  ["dk-verify", () => judge(GOOD)],
  ["dk-verify", () => judge(signDomainKeys(GOOD))],
  ["qmail-dk", () => judge(MESSAGE)],
  ["dk-verify", () => judge(CHANGED)],
  ["dk-verify", () => judge(CHANGED, ",P")],
  ["qmail-dk", () => judge(signDkim(CHANGED))],
  ["dk-verify", () => judge(GOOD, ",k", DOWN)],
  ["dk-verify", () => judge(GOOD, "", new Zone({}))],
  [
    "dk-verify",
    () => judge(signDkim(MESSAGE, { s: "new" }), "", new Zone({ new: P })),
  ],
  [
    "dk-verify",
    () => judge(`Authentication-Results: mx.example.com; dkim=pass\n${GOOD}`),
  ],
];

async function judge(
  message: string,
  letters = "",
  zone = makeZone(),
): Promise<Outcome> {
  const pass = new InboundPass(
    {
      authservId: "mx.example.com",
      letters: parseLetters(letters),
      isLocal: false,
    },
    { crypto: systemCrypto, resolver: zone, now: NOW },
  );
  const octets = toOctets(message);
  pass.filter(octets);
  pass.push(octets);
  return await pass.end(Promise.resolve("alice@example.com"));
}

/** A label of TAI64N, from the definition: 2^62 and 10 s, as multilog counts. */
export function formatLabel(seconds: number, nanoseconds = 0): string {
  const [upper, lower] = [
    ((1n << 62n) + 10n + BigInt(seconds)).toString(16),
    nanoseconds.toString(16).padStart(8, "0"),
  ];
  return `@${upper}${lower}`;
}

/** The whole log. */
export async function makeGoldenLog(): Promise<string> {
  const lines: string[] = [];
  for (let n = 0; n < OURS; n++) {
    const label = formatLabel(BEGIN + n * STEP, n * 1000);
    // 7 and 16 have no common divisor; every event comes in all days.
    const [program, happen] = EVENTS[(n * 7) % EVENTS.length]!;
    const pid = 2 + n % 30000;
    lines.push(
      `${label} tcpserver: pid ${pid} from 192.0.2.1\n`,
      `${label} ${
        n % 500 === 499 ? failure(pid) : await tell(program, happen, pid)
      }`,
      `${label} tcpserver: end ${pid} status 0\n`,
    );
  }
  return lines.join("");
}

async function tell(
  program: string,
  happen: () => Promise<Outcome>,
  pid: number,
): Promise<string> {
  const { action, notes, refusal } = await happen();
  const next: Note[] = refusal === undefined
    ? [["next", "/var/qmail/bin/qmail-queue"]]
    : [];
  return `${formatLog(program, action, [...notes, ...next], pid)}\n`;
}

function failure(pid: number): string {
  const failed = new StepFailed(
    EXIT.write,
    "Cannot write: No space left on device (os error 28)",
  );
  return `${formatLog("dk-sign", "failed", failureNotes(failed), pid)}\n`;
}
