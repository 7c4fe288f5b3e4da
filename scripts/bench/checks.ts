// Before anything is measured: whether each subject does its task. What it signs this project has
// to find good, by its library; what it verifies it has to refuse when one octet is changed.

import { verify } from "../../mod.ts";
import type { Key } from "./fixtures.ts";
import { type Mail, messageFor } from "./mails.ts";
import { Broken, type Desk } from "./process.ts";
import type { Subject } from "./subjects.ts";

/** @throws {Broken} */
export async function checkSubject(
  subject: Subject,
  mail: Mail,
  tampered: Mail,
  desk: Desk,
  key: Key,
): Promise<void> {
  desk.run(subject, mail, { keep: true });
  if (
    ["signature field", "signed message"].includes(subject.result as string)
  ) {
    await checkSignature(subject, mail, desk, key);
  }
  if (subject.task.startsWith("sign") || subject.kind === "empty") return;
  try {
    desk.run(subject, tampered, { keep: true });
  } catch (error) {
    if (error instanceof Broken) return;
    throw error;
  }
  throw new Broken(`${subject.name} takes a changed body for good`);
}

async function checkSignature(
  subject: Subject,
  mail: Mail,
  desk: Desk,
  { records }: Key,
): Promise<void> {
  const output = await Deno.readFile(desk.output);
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
    throw new Broken(
      `${subject.name} makes a signature that is "${result} (${reason})"`,
    );
  }
}

/** With LF; OpenDKIM prints lines of its own before it. */
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
