// SPF records, reverse zones and ARC chains that are made to cost, through the installed dk-verify and a
// DNS server on loopback: each takes the questions that it may and no more, the time and memory of an
// ordinary message, and the message is queued.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { installedPrograms } from "../debian/installed_programs.ts";
import { AMS, sealTimes } from "../support/arc_sets.ts";
import { Incoming } from "../support/incoming.ts";
import { MAIL, toBytes, toText } from "../support/mail.ts";
import { makeEnvelope } from "../support/queue.ts";
import { endToEnd } from "../support/requirements.ts";
import { LIMIT_ROWS } from "../support/spf_limit_rows.ts";
import { CLIENT, zoneOf } from "../support/spf_rows.ts";
import { MESSAGE, P } from "../support/verifying.ts";
import type { Zone } from "../../scripts/host/zone.ts";
import { assertBounded, type Cost, isQuick, measure } from "./costs.ts";

type Variables = Record<string, string>;

const FROM = makeEnvelope(CLIENT.mailFrom, ["bob@example.net"]);
const SPF: Variables = { SPFVERIFY: "" };
const ARC: Variables = { ARCVERIFY: "" };

/** Sends a message from the client of the rows through dk-verify, with one method. */
async function verify(host: Incoming, method: Variables, message: Uint8Array) {
  const { DKVERIFY: _, ...usual } = host.env;
  const env = { ...usual, TCPREMOTEIP: CLIENT.ip, ...method };
  const { result, cost } = await measure({
    command: [`${await installedPrograms("bundled")}/dk-verify`],
    env,
    envelope: FROM,
    message,
  });
  const { code, stderr, queued } = result;
  assertEquals(code, 0, stderr);
  return { text: toText(queued!.message), stderr, cost };
}

/** By method: the most that an ordinary message takes. */
const usual = new Map<string, Cost>();

async function usualOf(method: Variables): Promise<Cost> {
  const [name = ""] = Object.keys(method);
  const known = usual.get(name);
  if (known !== undefined) return known;
  await using host = await Incoming.open({ "example.com": ["v=spf1 -all"] });
  const costs: Cost[] = [];
  while (costs.length < 3) {
    costs.push((await verify(host, method, toBytes(MAIL))).cost);
  }
  const most = {
    ms: Math.max(...costs.map(({ ms }) => ms)),
    mb: Math.max(...costs.map(({ mb }) => mb)),
  };
  usual.set(name, most);
  return most;
}

/** Verifies, and holds the cost against that of an ordinary message. */
async function verifyBounded(
  name: string,
  host: Incoming,
  method: Variables,
  message: Uint8Array,
) {
  const limit = await usualOf(method);
  let run = await verify(host, method, message);
  // The machine does other things too.
  for (let n = 0; n < 3 && !isQuick(run.cost, limit, message.length); n++) {
    host.dns.questions.length = 0;
    run = await verify(host, method, message);
  }
  assertBounded(name, run.cost, limit, message.length);
  return run;
}

for (const [name, row] of Object.entries(LIMIT_ROWS)) {
  const { zone, result, asked, mailFrom, ip, explain } = row;
  // A sender of a megabyte is in no envelope, and nobody is told why.
  if (mailFrom !== undefined || explain) continue;
  endToEnd(`\`dk-verify\` says spf=${result}, bounded: ${name}`, async () => {
    await using host = await Incoming.open(zoneOf(zone));
    const method = ip === undefined ? SPF : { ...SPF, TCPREMOTEIP: ip };
    const run = await verifyBounded(name, host, method, toBytes(MAIL));
    assertMatch(run.text, new RegExp(`\\tspf=${result} `));
    const questions = host.dns.questions
      .filter(({ transport }) => transport === "udp")
      .map(({ type, name }) => `${type} ${name}`);
    if (typeof asked === "number") assertEquals(questions.length, asked);
    else if (asked !== undefined) assertEquals(questions, asked);
    assert(questions.length <= 13, `${questions.length} questions`);
  });
}

const FIFTY = sealTimes(50);
const CHAINS: Record<string, [message: string, result: string]> = {
  "50 sets": [FIFTY, "pass"],
  "51 sets": [sealTimes(51), "fail"],
  "1,050 fields": [FIFTY.slice(0, -MESSAGE.length).repeat(7) + MESSAGE, "fail"],
  "1,050 seals": [
    FIFTY.slice(0, FIFTY.indexOf(`\n${AMS}:`) + 1).repeat(1050) + MESSAGE,
    "fail",
  ],
};

for (const [name, [message, result]] of Object.entries(CHAINS)) {
  endToEnd(`\`dk-verify\` says arc=${result}, bounded: ${name}`, async () => {
    await using host = await Incoming.open({
      "default._domainkey.example.com": [P],
    });
    const run = await verifyBounded(name, host, ARC, toBytes(message));
    assertMatch(run.text, new RegExp(`\\tarc=${result} `));
    assertEquals(host.dns.questions.length, result === "pass" ? 1 : 0);
  });
}

/** Ever one more term, each of which has to be asked for. */
const CHAIN: Zone = Object.fromEntries(
  Array.from({ length: 11 }, (_, n) => [
    n === 0 ? "example.com" : `i${n}.example.com`,
    [`v=spf1 include:i${n + 1}.example.com -all`],
  ]),
);

endToEnd(
  "`dk-verify` gives SPF no more time than DNSTIMEOUT, however late each answer is",
  async () => {
    await using host = await Incoming.open(CHAIN);
    host.dns.delayMs = 400;
    const method = { ...SPF, DNSTIMEOUT: "2" };
    const { text, cost } = await verify(host, method, toBytes(MAIL));
    assertMatch(text, /\tspf=temperror /);
    const spent = cost.ms - (await usualOf(SPF)).ms;
    assert(spent < 2000 + 1500, `${spent} ms`);
    assert(host.dns.questions.length <= 6, `${host.dns.questions.length}`);
  },
);
