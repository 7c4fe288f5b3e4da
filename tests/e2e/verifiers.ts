// Verifiers that share nothing with this project: mailauth for DKIM, and for DomainKeys a check
// by node:crypto, line by line as the prose of RFC 4870 section 3.4 has it.

import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { createPublicKey, createVerify } from "node:crypto";
import { toText } from "./mail.ts";
import { dkimVerify } from "../support/npm_peers.ts";

const LF = 10;
const CR = 13;

/** The key's name and the result of each DKIM-Signature, from the top down. */
export async function verifyDkim(
  message: Uint8Array,
  records: ReadonlyMap<string, string>,
): Promise<string[]> {
  const resolver = (name: string, type: string): Promise<string[][]> => {
    const record = type === "TXT" ? records.get(name) : undefined;
    return record === undefined
      ? Promise.reject(Object.assign(new Error(name), { code: "ENOTFOUND" }))
      : Promise.resolve([record.match(/.{1,255}/g) ?? []]);
  };
  const wire = Buffer.from(wireForm(message));
  // It takes no header that no empty line ends; a missing body and an empty one are the same.
  const whole = wire.includes("\r\n\r\n")
    ? wire
    : Buffer.concat([wire, Buffer.from("\r\n")]);
  const { results } = await dkimVerify(whole, { resolver });
  return results.map(({ signingDomain, selector, status }) =>
    `${selector}._domainkey.${signingDomain} ${status.result}`
  );
}

/** What the topmost DomainKey-Signature is worth: `pass`, `fail`, or `none` without one. */
export function verifyDomainKeys(
  message: Uint8Array,
  records: ReadonlyMap<string, string>,
): "pass" | "fail" | "none" {
  const lines = linesOf(message);
  const separator = lines.indexOf("");
  const headerLines = separator === -1 ? lines : lines.slice(0, separator);
  const fields: string[][] = [];
  for (const line of headerLines) {
    if (/^[ \t]/.test(line)) fields.at(-1)?.push(line);
    else fields.push([line]);
  }
  const isSignature = (field: string[]) =>
    /^domainkey-signature[ \t]*:/i.test(field[0] ?? "");
  const at = fields.findIndex(isSignature);
  if (at === -1) return "none";

  const tags = new Map<string, string>();
  const value = fields[at]!.join("").replace(/^[^:]*:/, "");
  for (const tag of value.replace(/[ \t]/g, "").split(";")) {
    tags.set(tag.slice(0, tag.indexOf("=")), tag.slice(tag.indexOf("=") + 1));
  }
  assertEquals([tags.get("a"), tags.get("q")], ["rsa-sha1", "dns"]);
  const isSimple = tags.get("c") === "simple";
  if (!isSimple) assertEquals(tags.get("c"), "nofws");
  const names = tags.get("h")?.toLowerCase().split(":");

  // Only lines that follow the signature are signed, and of those the ones that h= names.
  const signed = fields.slice(at + 1).filter(([first = ""]) =>
    names?.includes(first.split(":", 1)[0]!.trimEnd().toLowerCase()) ?? true
  );
  const withoutFws = (line: string) => line.replace(/[\t\n\r ]/g, "");
  const canonical = isSimple
    ? signed.flat()
    : signed.map((field) => withoutFws(field.join("")));
  if (separator !== -1) {
    const body = lines.slice(separator);
    const bodyLines = isSimple ? body : body.map(withoutFws);
    let length = bodyLines.length;
    // The empty line between header and body goes too, when all after it are empty.
    while (length > 0 && bodyLines[length - 1] === "") length--;
    for (let n = 0; n < length; n++) canonical.push(bodyLines[n]!);
  }

  const record = records.get(`${tags.get("s")}._domainkey.${tags.get("d")}`);
  const key = createPublicKey({
    key: Buffer.from(/p=([^;]*)/.exec(record ?? "")?.[1] ?? "", "base64"),
    format: "der",
    type: "spki",
  });
  const verifier = createVerify("RSA-SHA1");
  for (const line of canonical) verifier.update(`${line}\r\n`, "latin1");
  const isGood = verifier.verify(key, tags.get("b") ?? "", "base64");
  return isGood ? "pass" : "fail";
}

/** Lines without their local line terminators, LF or CRLF; what follows the last one is a line too. */
function linesOf(message: Uint8Array): string[] {
  const lines: string[] = [];
  for (let start = 0; start < message.length;) {
    const found = message.indexOf(LF, start);
    const end = found === -1 ? message.length : found;
    const line = message.subarray(start, end);
    const hasCr = found !== -1 && line.at(-1) === CR;
    const content = hasCr ? line.subarray(0, -1) : line;
    lines.push(toText(content));
    start = end + 1;
  }
  return lines;
}

/** The message as qmail-remote sends it: every line ends in CRLF, the last one too. */
function wireForm(message: Uint8Array): Uint8Array {
  const wire = new Uint8Array(2 * message.length + 2);
  let length = 0;
  for (let at = 0; at < message.length; at++) {
    if (message[at] === LF && message[at - 1] !== CR) wire[length++] = CR;
    wire[length++] = message[at]!;
  }
  if (message.length > 0 && message.at(-1) !== LF) {
    wire[length++] = CR;
    wire[length++] = LF;
  }
  return wire.subarray(0, length);
}
