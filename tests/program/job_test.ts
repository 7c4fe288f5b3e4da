// Messages with different variables in one process at the same time.

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { generateKeyPairSync } from "node:crypto";
import { joinOctets, toOctets, toText } from "../../lib/message/octets.ts";
import type { Pass } from "../../lib/pass/pass.ts";
import {
  chooseEither,
  chooseSigning,
  chooseVerifying,
} from "../../lib/program/choose_pass.ts";
import { Job } from "../../lib/program/job.ts";
import { Environment } from "../../lib/system/configuration/environment.ts";
import { failureOf } from "../../lib/system/process/failure.ts";
import type { MessageSpool } from "../../lib/system/process/handover.ts";
import { formatLog } from "../../lib/system/process/log.ts";

/** Keeps a message in memory. */
class MemorySpool implements MessageSpool<string> {
  #chunks: Uint8Array[] = [];

  append(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(chunk.slice());
    return Promise.resolve();
  }

  seal(newFields: Uint8Array): Promise<string> {
    return Promise.resolve(toText(joinOctets([newFields, ...this.#chunks])));
  }
}

/** A message that arrives in small chunks, between which the other messages have their turn. */
async function* arriving(message: string): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < message.length; at += 7) {
    yield toOctets(message.slice(at, at + 7));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** What the caller of one program would see: the queued message, the log line. */
async function work(
  choose: (environment: Environment) => Pass | Promise<Pass>,
  variables: Record<string, string>,
  message: string,
): Promise<{ queued?: string; refused?: string; log: string }> {
  const environment = new Environment({ get: (name) => variables[name] });
  const job = new Job(new MemorySpool(), await choose(environment));
  await job.read(arriving(message));
  const answer = await job.end(Promise.resolve("alice@example.com"));
  const log = formatLog("dk", answer.action, answer.notes, 1);
  return answer.refusal === undefined
    ? { queued: answer.file, log }
    : { refused: answer.refusal.action, log };
}

const MESSAGE = "From: alice@example.com\nSubject: hello\n\nHello, world.\n";

/** A folder with a key, and a control folder that names it. */
function makeSite(selector: string): { control: string; key: string } {
  const folder = Deno.makeTempDirSync({ prefix: "dk_job_" });
  const key = `${folder}/${selector}`;
  const { privateKey } = generateKeyPairSync("ed25519", {
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  Deno.writeTextFileSync(key, privateKey, { mode: 0o600 });
  Deno.writeTextFileSync(`${folder}/dksign`, `${folder}/%/${selector}\n`);
  Deno.writeTextFileSync(`${folder}/me`, `${selector}.example.net\n`);
  Deno.mkdirSync(`${folder}/example.com`);
  Deno.renameSync(key, `${folder}/example.com/${selector}`);
  return { control: folder, key: `${folder}/example.com/${selector}` };
}

Deno.test("`Job` works for messages with different variables at the same time", async () => {
  const [one, two] = [makeSite("one"), makeSite("two")];
  try {
    const [bySite, byVariable, refused, deferred, untouched, unsigned] =
      await Promise.all([
        work(chooseSigning, { CONTROLDIR: one.control }, MESSAGE),
        work(chooseEither, {
          CONTROLDIR: one.control,
          RELAYCLIENT: "",
          DKSIGN: two.key,
          DKIMSIGNOPTIONS: "-c s -t",
          DKIMSIGNHEADERS: "Subject",
        }, MESSAGE),
        work(chooseEither, {
          CONTROLDIR: one.control,
          DKVERIFY: ",N",
          TCPREMOTEIP: "192.0.2.1",
        }, MESSAGE),
        work(chooseVerifying, {
          CONTROLDIR: two.control,
          DKVERIFY: ",n",
          TCPREMOTEIP: "192.0.2.1",
        }, MESSAGE),
        work(chooseEither, { CONTROLDIR: two.control }, MESSAGE),
        work(chooseVerifying, {
          CONTROLDIR: two.control,
          DKVERIFY: "",
          TCPREMOTEIP: "192.0.2.1",
        }, MESSAGE),
      ]);
    assertMatch(bySite.queued!, /^DKIM-Signature: [^]*s=one;[^]* t=/);
    assertMatch(
      bySite.log,
      /^dk: signed d=example.com s=one a=ed25519-sha256 /,
    );
    assertMatch(byVariable.queued!, /c=simple\/simple;[^]*s=two;/);
    assertEquals(/ t=/.test(byVariable.queued!), false);
    assertMatch(byVariable.log, / s=two /);
    assertEquals(refused.refused, "reject");
    assertMatch(refused.log, /^dk: rejected /);
    assertEquals(deferred.refused, "defer");
    assertMatch(deferred.log, /^dk: deferred /);
    assertEquals(untouched.queued, MESSAGE);
    assertMatch(untouched.log, /^dk: passed on /);
    assertMatch(
      unsigned.queued!,
      /^Authentication-Results: two.example.net;[^]*dkim=none/,
    );
  } finally {
    for (const { control } of [one, two]) {
      await Deno.remove(control, { recursive: true });
    }
  }
});

Deno.test("`Job` of a key that is not there fails alone", async () => {
  const site = makeSite("one");
  try {
    const failing = work(chooseSigning, { DKSIGN: "/nonexistent" }, MESSAGE);
    const [, good] = await Promise.all([
      assertRejects(() => failing),
      work(chooseSigning, { CONTROLDIR: site.control }, MESSAGE),
    ]);
    assertMatch(good.log, /^dk: signed /);
    const { code, message } = failureOf(await failing.catch((error) => error));
    assertEquals([code, message], [32, 'No private key "/nonexistent"']);
  } finally {
    await Deno.remove(site.control, { recursive: true });
  }
});
