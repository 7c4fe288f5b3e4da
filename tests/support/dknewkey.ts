// dknewkey as a process, and what becomes of the record that it prints.

import { assertMatch } from "@std/assert";
import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";

export const SCRIPT =
  new URL("../../scripts/dknewkey/main.ts", import.meta.url).pathname;
const MESSAGE = new TextEncoder().encode("From: a@example.com\r\n");
const MODE_BITS = 0o7777;

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

export async function inFolder(
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "dknewkey_" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

export function dknewkey(...args: string[]): Promise<Ended> {
  return run(Deno.execPath(), ["run", "-A", SCRIPT, ...args]);
}

export function dknewkeyIn(cwd: string, ...args: string[]): Promise<Ended> {
  return run(Deno.execPath(), ["run", "-A", SCRIPT, ...args], cwd);
}

/** Runs a line of shell that finds the command in "$@". */
export function shell(line: string, ...args: string[]): Promise<Ended> {
  const command = [Deno.execPath(), "run", "-A", SCRIPT, ...args];
  return run("/bin/sh", ["-c", line, "sh", ...command]);
}

export async function run(
  program: string,
  args: string[],
  cwd = ".",
): Promise<Ended> {
  const command = new Deno.Command(program, {
    args,
    cwd,
    stdin: "null",
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

/** One TXT record as BIND reads it, its strings joined. */
export function parseZoneLine(line: string): { name: string; text: string } {
  assertMatch(
    line,
    /^[^\t\n]+\tIN\tTXT\t"[^"\n]{1,255}"(?: "[^"\n]{1,255}")*\n$/,
  );
  const [name = "", , , strings = ""] = line.trimEnd().split("\t");
  return { name, text: strings.slice(1, -1).replaceAll('" "', "") };
}

/** Whether the key in p= verifies what the private key signs. */
export function verifies(text: string, pem: string): boolean {
  const p = Uint8Array.fromBase64(text.slice(text.indexOf("p=") + 2));
  const publicKey = text.includes("k=ed25519")
    ? createPublicKey({
      format: "jwk",
      key: {
        kty: "OKP",
        crv: "Ed25519",
        x: p.toBase64({ alphabet: "base64url", omitPadding: true }),
      },
    })
    : createPublicKey({ key: Buffer.from(p), type: "spki", format: "der" });
  const hash = text.includes("k=ed25519") ? null : "sha256";
  return verify(
    hash,
    MESSAGE,
    publicKey,
    sign(hash, MESSAGE, createPrivateKey(pem)),
  );
}

export async function modeOf(file: string): Promise<number> {
  const { mode } = await Deno.stat(file);
  return (mode ?? 0) & MODE_BITS;
}

export function namesIn(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name);
}
