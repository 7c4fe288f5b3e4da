// Checks before the measurement that each subject does its task. Our library must find its signatures
// good, and it must refuse a message with one octet changed.

import { verify } from "../../mod.ts";
import type { Key } from "./fixtures.ts";
import { type Mail, messageFor } from "./mails.ts";
import { type Runner, SubjectFailed } from "./process.ts";
import type { Subject } from "./subjects.ts";

/** @throws {SubjectFailed} */
export async function checkSubject(
  subject: Subject,
  mail: Mail,
  tampered: Mail,
  runner: Runner,
  key: Key,
): Promise<void> {
  runner.run(subject, mail, { keep: true });
  if (
    ["signature field", "signed message"].includes(subject.result as string)
  ) {
    await checkSignature(subject, mail, runner, key);
  }
  if (subject.task.startsWith("sign") || subject.kind === "empty") return;
  try {
    runner.run(subject, tampered, { keep: true });
  } catch (error) {
    if (error instanceof SubjectFailed) return;
    throw error;
  }
  throw new SubjectFailed(`${subject.name} takes a changed body for good`);
}

async function checkSignature(
  subject: Subject,
  mail: Mail,
  runner: Runner,
  { records }: Key,
): Promise<void> {
  const output = await Deno.readFile(runner.output);
  const message = subject.result === "signed message" ? output : concat(
    findField(new TextDecoder().decode(output)),
    await Deno.readFile(messageFor(subject, mail)),
  );
  const { dkim, domainKeys } = await verify(message, {
    allowRsaSha1: true,
    resolver: {
      txt: (name) =>
        Promise.resolve({
          outcome: "records",
          records: records[name.toLowerCase()] ?? [],
        }),
    },
  });
  const { result, reason } = subject.task === "sign, DKIM" ? dkim : domainKeys;
  if (result !== "pass") {
    throw new SubjectFailed(
      `${subject.name} makes a signature that is "${result} (${reason})"`,
    );
  }
}

/** Gives the signature field with LF, without the lines that OpenDKIM prints before it. */
function findField(text: string): string {
  const lines = text.replaceAll("\r\n", "\n").trimEnd() + "\n";
  const field = /^(DKIM|DomainKey)-Signature:.*\n([ \t].*\n)*/mi.exec(lines);
  return field?.[0] ?? "";
}

function concat(field: string, message: Uint8Array): Uint8Array {
  const start = new TextEncoder().encode(field);
  const whole = new Uint8Array(start.length + message.length);
  whole.set(start);
  whole.set(message, start.length);
  return whole;
}
