// dknewkey as a process: what it writes, prints and refuses.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Buffer } from "node:buffer";
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { parsePrivateKey } from "../../lib/dkim/private_key.ts";

const SCRIPT = new URL("../../scripts/dknewkey.ts", import.meta.url).pathname;
const MESSAGE = new TextEncoder().encode("From: a@example.com\r\n");
const MODE_BITS = 0o7777;

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

Deno.test("`dknewkey` makes an RSA key of 2048 bits and prints its record", () =>
  inFolder(async (folder) => {
    const { code, stdout, stderr } = await dknewkey(`${folder}/default`);
    assertEquals(code, 0, stderr);
    const pem = await Deno.readTextFile(`${folder}/default`);
    assertEquals(await modeOf(`${folder}/default`), 0o640);
    assertEquals(parsePrivateKey(pem).bits, 2048);
    assertMatch(stderr, /^dknewkey: made .*\/default \(RSA, 2048 bits\)/);
    assertMatch(stderr, /DKSIGN=\/.*\/default\n$/);

    const record = parseZoneLine(stdout);
    assertEquals(record.name, "default._domainkey");
    assertMatch(record.text, /^v=DKIM1; k=rsa; p=[A-Za-z0-9+/]+=*$/);
    assert(verifies(record.text, pem));
  }));

Deno.test("`dknewkey` makes an RSA key of the size it is given", () =>
  inFolder(async (folder) => {
    const { code, stdout } = await dknewkey(`${folder}/s1.may`, "1024");
    assertEquals(code, 0);
    const pem = await Deno.readTextFile(`${folder}/s1.may`);
    assertEquals(parsePrivateKey(pem).bits, 1024);
    const record = parseZoneLine(stdout);
    assertEquals(record.name, "s1.may._domainkey");
    assert(verifies(record.text, pem));
  }));

Deno.test("`dknewkey --type ed25519` makes an Ed25519 key and prints its 32 bytes", () =>
  inFolder(async (folder) => {
    const { code, stdout } = await dknewkey(
      `${folder}/ed`,
      "--type",
      "ed25519",
    );
    assertEquals(code, 0);
    const pem = await Deno.readTextFile(`${folder}/ed`);
    assertEquals(parsePrivateKey(pem).type, "ed25519");
    const record = parseZoneLine(stdout);
    assertMatch(record.text, /^v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=$/);
    assert(verifies(record.text, pem));
  }));

for (const umask of ["000", "027", "777"]) {
  Deno.test(`\`dknewkey\` gives the key mode 0640 under umask ${umask}`, () =>
    inFolder(async (folder) => {
      const { code } = await shell(
        `umask ${umask}; exec "$@"`,
        `${folder}/default`,
        "1024",
      );
      assertEquals(code, 0);
      assertEquals(await modeOf(`${folder}/default`), 0o640);
    }));
}

const qmailGid = /^qmail:[^:]*:(\d+):/m.exec(
  Deno.readTextFileSync("/etc/group"),
)?.[1];
Deno.test({
  name: "`dknewkey` gives the key to group qmail (needs root and that group)",
  ignore: Deno.uid() !== 0 || qmailGid === undefined,
  fn: () =>
    inFolder(async (folder) => {
      await dknewkey(`${folder}/default`, "1024");
      const { uid, gid } = await Deno.stat(`${folder}/default`);
      assertEquals([uid, gid], [0, Number(qmailGid)]);
    }),
});

Deno.test("`dknewkey` leaves an existing file as it is", () =>
  inFolder(async (folder) => {
    const file = `${folder}/default`;
    await Deno.writeTextFile(file, "an old key\n", { mode: 0o600 });
    const before = await Deno.stat(file);
    const { code, stdout, stderr } = await dknewkey(file);
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, /^dknewkey: Cannot write over ".*\/default"/);
    assertEquals(await Deno.readTextFile(file), "an old key\n");
    const { mode, mtime, ino } = await Deno.stat(file);
    assertEquals([mode, mtime, ino], [before.mode, before.mtime, before.ino]);
  }));

Deno.test("`dknewkey` does not write through a dangling symlink", () =>
  inFolder(async (folder) => {
    await Deno.symlink(`${folder}/elsewhere`, `${folder}/default`);
    const { code, stdout } = await dknewkey(`${folder}/default`);
    assertEquals([code, stdout], [1, ""]);
    assertEquals(namesIn(folder), ["default"]);
    const { isSymlink } = await Deno.lstat(`${folder}/default`);
    assert(isSymlink);
  }));

Deno.test({
  name:
    "`dknewkey` leaves no key when the record cannot be printed (needs /dev/full)",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (folder) => {
      const { code, stderr } = await shell(
        'exec "$@" > /dev/full',
        `${folder}/default`,
        "1024",
      );
      assertEquals(code, 1);
      assertMatch(stderr, /removed again: ENOSPC/);
      assertEquals(namesIn(folder), []);
    }),
});

Deno.test("`dknewkey --print` prints again what was printed when the key was made", () =>
  inFolder(async (folder) => {
    const file = `${folder}/default`;
    for (const args of [["1024"], ["--type", "ed25519"]]) {
      const made = await dknewkey(file, ...args, "--domain", "example.com");
      const printed = await dknewkey("--print", file, "--domain=example.com");
      assertEquals(printed, { code: 0, stdout: made.stdout, stderr: "" });
      await Deno.remove(file);
    }
  }));

Deno.test("`dknewkey --print` prints the record of a PKCS#1 key", () =>
  inFolder(async (folder) => {
    const pem = rsaKey(2048).export({ type: "pkcs1", format: "pem" });
    await Deno.writeTextFile(`${folder}/default`, pem.toString());
    const { stdout } = await dknewkey("--print", `${folder}/default`);
    assert(verifies(parseZoneLine(stdout).text, pem.toString()));
  }));

Deno.test("`dknewkey --print` refuses what is no key to sign with", () =>
  inFolder(async (folder) => {
    const pem = rsaKey(512).export({ type: "pkcs8", format: "pem" });
    await Deno.writeTextFile(`${folder}/default`, pem.toString());
    const { code, stdout, stderr } = await dknewkey(
      "--print",
      `${folder}/default`,
    );
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, /at least 1024 bits, this one has 512\n$/);
  }));

Deno.test("`dknewkey --domain` prints a full name and names the pattern", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/example.com`);
    const { stdout, stderr } = await dknewkey(
      `${folder}/example.com/default`,
      "1024",
      "--domain",
      "Example.COM.",
    );
    assertEquals(
      parseZoneLine(stdout).name,
      "default._domainkey.example.com.",
    );
    assertMatch(stderr, /DKSIGN=\/.*\/%\/default\n$/);
  }));

Deno.test("`dknewkey --tinydns` prints the same text for tinydns-data", () =>
  inFolder(async (folder) => {
    const file = `${folder}/default`;
    const plain = await dknewkey(file);
    const { code, stdout, stderr } = await dknewkey(
      "--print",
      file,
      "--tinydns",
      "--domain",
      "example.com",
    );
    assertEquals([code, stderr], [0, ""]);
    const { text } = parseZoneLine(plain.stdout);
    assertEquals(text.includes(":") || text.includes("\\"), false);
    assertEquals(
      stdout,
      `'default._domainkey.example.com:${text}:3600\n`,
    );
  }));

Deno.test("`dknewkey --tinydns` warns of a record that tinydns cannot send", () =>
  inFolder(async (folder) => {
    const pem = rsaKey(3072).export({ type: "pkcs8", format: "pem" });
    await Deno.writeTextFile(`${folder}/default`, pem.toString());
    const { code, stderr } = await dknewkey(
      "--print",
      `${folder}/default`,
      "--tinydns",
      "--domain",
      "example.com",
    );
    assertEquals(code, 0);
    assertMatch(stderr, /^dknewkey: the answer has 6\d\d bytes/);
  }));

Deno.test("`dknewkey --domainkeys` leaves the version out", () =>
  inFolder(async (folder) => {
    const file = `${folder}/default`;
    const made = await dknewkey(file, "1024", "--domainkeys");
    const printed = await dknewkey("--print", file);
    const { text } = parseZoneLine(made.stdout);
    assertMatch(text, /^k=rsa; p=/);
    assertEquals(parseZoneLine(printed.stdout).text, `v=DKIM1; ${text}`);
  }));

Deno.test("`dknewkey --help` prints the usage", async () => {
  for (const option of ["--help", "-h"]) {
    const { code, stdout, stderr } = await dknewkey(option);
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^usage: dknewkey .* FILE \[BITS\]\n/);
  }
});

const USAGE_ERRORS: Record<string, [args: string[], message: RegExp]> = {
  "no file": [[], /The file of the private key is missing/],
  "an unknown option": [["k", "--bits", "2048"], /Unknown option --bits/],
  "an unknown letter": [["k", "-x"], /Unknown option -x/],
  "a third argument": [["k", "2048", "3"], /Unexpected argument "3"/],
  "1023 bits": [["k", "1023"], /of "1023" bits: give 1024 to 8192/],
  "8193 bits": [["k", "8193"], /of "8193" bits: give 1024 to 8192/],
  "bits that are no number": [["k", "2048x"], /of "2048x" bits/],
  "bits in another form": [["k", "0x800"], /of "0x800" bits/],
  "an unknown type": [["k", "--type", "dsa"], /of type "dsa"/],
  "bits for Ed25519": [["k", "256", "--type=ed25519"], /of "256" bits/],
  "DomainKeys for Ed25519": [
    ["k", "--type=ed25519", "--domainkeys"],
    /Ed25519 key for DomainKeys/,
  ],
  "a type with --print": [["--print", "k", "--type=rsa"], /type with --print/],
  "bits with --print": [["--print", "k", "2048"], /argument "2048"/],
  "--print without a file": [["--print"], /private key is missing/],
  "--tinydns without a domain": [["k", "--tinydns"], /give --domain as well/],
  "an empty domain": [["k", "--domain"], /domain ""/],
  "a domain with an empty label": [["k", "--domain=a..b"], /domain "a..b"/],
  "a domain that is not in ASCII": [["k", "--domain=ä.de"], /domain "ä.de"/],
  "a domain that is too long": [
    ["k", `--domain=${"a.".repeat(121)}`],
    /it has 254 characters/,
  ],
  "a folder for a file": [["k/"], /selector ""/],
  "a selector with a space": [["my key"], /selector "my key"/],
  "a selector that ends in a dot": [["k."], /selector "k\."/],
  "a selector that begins with a hyphen": [["./-k"], /selector "-k"/],
  "a selector that is too long": [["a".repeat(64)], /selector "a{64}"/],
  "the folder above": [[".."], /selector "\.\."/],
};
for (const [name, [args, message]] of Object.entries(USAGE_ERRORS)) {
  Deno.test(`\`dknewkey\` refuses ${name} as wrong usage`, () =>
    inFolder(async (folder) => {
      const { code, stdout, stderr } = await dknewkeyIn(folder, ...args);
      assertEquals([code, stdout], [2, ""]);
      assertMatch(stderr, message);
      assertMatch(stderr, /\nTry "dknewkey --help"\n$/);
      assertEquals(namesIn(folder), []);
    }));
}

const FAILURES: Record<string, [args: string[], message: RegExp]> = {
  "a folder that is missing": [["a/k"], /Cannot find the folder "a\/"/],
  "a file for a folder": [["/etc/passwd/k"], /\/etc\/passwd/],
  "a folder that cannot be written": [["/sys/k", "1024"], /\/sys\//],
  "a key that is missing": [["--print", "k"], /ENOENT.*'k'/],
  "a folder for a key": [["--print", "/tmp"], /EISDIR/],
};
for (const [name, [args, message]] of Object.entries(FAILURES)) {
  Deno.test(`\`dknewkey\` fails for ${name}`, () =>
    inFolder(async (folder) => {
      const { code, stdout, stderr } = await dknewkeyIn(folder, ...args);
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, message);
      assertEquals(namesIn(folder), []);
    }));
}

async function inFolder(
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "dknewkey_" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function dknewkey(...args: string[]): Promise<Ended> {
  return run(Deno.execPath(), ["run", "-A", SCRIPT, ...args]);
}

function dknewkeyIn(cwd: string, ...args: string[]): Promise<Ended> {
  return run(Deno.execPath(), ["run", "-A", SCRIPT, ...args], cwd);
}

/** Runs a line of shell that finds the command in "$@". */
function shell(line: string, ...args: string[]): Promise<Ended> {
  const command = [Deno.execPath(), "run", "-A", SCRIPT, ...args];
  return run("/bin/sh", ["-c", line, "sh", ...command]);
}

async function run(
  program: string,
  args: string[],
  cwd?: string,
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
function parseZoneLine(line: string): { name: string; text: string } {
  assertMatch(
    line,
    /^[^\t\n]+\tIN\tTXT\t"[^"\n]{1,255}"(?: "[^"\n]{1,255}")*\n$/,
  );
  const [name = "", , , strings = ""] = line.trimEnd().split("\t");
  return { name, text: strings.slice(1, -1).replaceAll('" "', "") };
}

/** Whether the key in p= verifies what the private key signs. */
function verifies(text: string, pem: string): boolean {
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

function rsaKey(modulusLength: number): KeyObject {
  return generateKeyPairSync("rsa", { modulusLength }).privateKey;
}

async function modeOf(file: string): Promise<number> {
  const { mode } = await Deno.stat(file);
  return (mode ?? 0) & MODE_BITS;
}

function namesIn(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name);
}
