// `dktest -s` as a process: the fields that it prints, and what the command line may not be.

import { assertEquals, assertMatch } from "@std/assert";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { dktest } from "../support/dktest.ts";
import type { Ended } from "../support/ended.ts";

const MESSAGE = "From: Joe <joe@Mail.Example.com>\nSubject: hi\n\n  two  \n\n";
const NOW = "1800000000";
const RSA = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ED25519 = generateKeyPairSync("ed25519");

/** Makes a folder with the keys `example.com/rsa` and `ed`, and the message `message`. */
async function inFolder(
  use: (
    run: (args: string[], stdin?: string) => Promise<Ended>,
    folder: string,
  ) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "dktest_" });
  try {
    await Deno.mkdir(`${folder}/example.com`);
    await writeKey(`${folder}/example.com/rsa`, RSA.privateKey);
    await writeKey(`${folder}/ed`, ED25519.privateKey);
    await Deno.writeTextFile(`${folder}/message`, MESSAGE);
    await use(
      (args, stdin = MESSAGE) => dktest(args, { stdin, cwd: folder }),
      folder,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function writeKey(path: string, key: KeyObject): Promise<void> {
  const pem = key.export({ type: "pkcs8", format: "pem" }).toString();
  return Deno.writeTextFile(path, pem, { mode: 0o640 });
}

/** `--key` for a public key. */
function published(name: string, { publicKey }: { publicKey: KeyObject }) {
  const der = publicKey.export({ type: "spki", format: "der" });
  const { x = "" } = publicKey.export({ format: "jwk" });
  const text = publicKey.asymmetricKeyType === "ed25519"
    ? `k=ed25519; p=${
      Uint8Array.fromBase64(x, { alphabet: "base64url" }).toBase64()
    }`
    : `p=${der.toString("base64")}`;
  return ["--key", `${name}=${text}`];
}

/** The value of one tag in the first field that has it. */
function tagOf(fields: string, name: string): string | undefined {
  const [, value] = new RegExp(`[;:]\\s+${name}=([^;]*)`).exec(fields) ?? [];
  return value?.replace(/\s/g, "");
}

Deno.test("`dktest -s` prints both fields for the domain of From, and `dktest -v` lets them pass", () =>
  inFolder(async (run) => {
    const { code, stdout, stderr } = await run(["-s", "example.com/rsa"]);
    assertEquals([code, stderr], [0, ""]);
    assertMatch(
      stdout,
      /^DKIM-Signature: [^]*\nDomainKey-Signature: (?:.+\n)+$/,
    );
    assertEquals(tagOf(stdout, "d"), "mail.example.com");
    assertEquals(tagOf(stdout, "s"), "rsa");
    const key = published("rsa._domainkey.mail.example.com", RSA);
    const verified = await run(["-v", "--json", ...key], stdout + MESSAGE);
    const { dkim, domainkeys } = JSON.parse(verified.stdout);
    assertEquals([dkim.letter, domainkeys.letter], ["A", "A"]);
    assertEquals(verified.code, 0);
  }));

Deno.test("`dktest -s` finds the key of a parent domain for a pattern", () =>
  inFolder(async (run, folder) => {
    const { code, stdout } = await run(["-s", `${folder}/%/rsa`, "message"]);
    assertEquals([code, tagOf(stdout, "d")], [0, "example.com"]);
  }));

Deno.test("`dktest -s` signs with an Ed25519 key", () =>
  inFolder(async (run) => {
    const { code, stdout } = await run(["-s", "ed", "message"]);
    assertEquals(code, 0);
    assertMatch(stdout, /^DKIM-Signature: v=1; a=ed25519-sha256;(?:.+\n)+$/);
    const key = published("ed._domainkey.mail.example.com", ED25519);
    assertEquals((await run(["-v", ...key], stdout + MESSAGE)).code, 0);
  }));

Deno.test("`dktest -s --domain` takes U-labels, finds their key by either spelling, and writes A-labels", () =>
  inFolder(async (run, folder) => {
    const domain = ["--domain", "Mail.B\u00dcCHER.example.org"];
    const d = async (key: string) =>
      tagOf((await run(["-s", key, ...domain])).stdout, "d");
    assertEquals(await d("ed"), "mail.xn--bcher-kva.example.org");
    for (const name of ["b\u00fccher", "xn--bcher-kva"]) {
      await Deno.mkdir(`${folder}/${name}.example.org`);
      await writeKey(`${folder}/${name}.example.org/s`, ED25519.privateKey);
      assertEquals(await d("%/s"), "xn--bcher-kva.example.org", name);
      await Deno.remove(`${folder}/${name}.example.org`, { recursive: true });
    }
  }));

Deno.test("`dktest -s --domain --selector` signs for another place", () =>
  inFolder(async (run) => {
    const { stdout } = await run([
      ...["-s", "ed", "--domain", "Example.NET", "--selector", "s1"],
      "message",
    ]);
    assertEquals(tagOf(stdout, "d"), "example.net");
    assertEquals(tagOf(stdout, "s"), "s1");
    const key = published("s1._domainkey.example.net", ED25519);
    assertEquals((await run(["-v", ...key], stdout + MESSAGE)).code, 0);
  }));

Deno.test("`dktest -s --with` prints the schemes it is given", () =>
  inFolder(async (run) => {
    const names = async (schemes: string) => {
      const args = ["-s", "example.com/rsa", "--with", schemes];
      return (await run(args)).stdout.match(/^[\w-]+(?=:)/gm);
    };
    assertEquals(await names("dkim"), ["DKIM-Signature"]);
    assertEquals(await names("domainkeys"), ["DomainKey-Signature"]);
    assertEquals(await names("domainkeys dkim"), [
      "DKIM-Signature",
      "DomainKey-Signature",
    ]);
  }));

const CANONS: Record<string, string> = {
  "r": "relaxed/relaxed",
  "s": "simple/simple",
  "t": "relaxed/simple",
  "u": "simple/relaxed",
  "relaxed": "relaxed/relaxed",
  "simple": "simple/simple",
  "relaxed/relaxed": "relaxed/relaxed",
  "simple/simple": "simple/simple",
  "relaxed/simple": "relaxed/simple",
  "simple/relaxed": "simple/relaxed",
};
for (const [canon, expected] of Object.entries(CANONS)) {
  Deno.test(`\`dktest -s --canon ${canon}\` signs ${expected}`, () =>
    inFolder(async (run) => {
      const { stdout } = await run(["-s", "ed", "--canon", canon]);
      assertEquals(tagOf(stdout, "c"), expected);
      const key = published("ed._domainkey.mail.example.com", ED25519);
      assertEquals((await run(["-v", ...key], stdout + MESSAGE)).code, 0);
    }));
}

Deno.test("`dktest -s` takes the letters of the filters' options", () =>
  inFolder(async (run) => {
    const { stdout } = await run([
      ...["-s", "example.com/rsa", "--now", NOW, "--canon", "t"],
      ...["--dkim-options=-c s -l -q -x 60", "--domainkeys-options=-c simple"],
    ]);
    const [dkim = "", domainKeys = ""] = stdout.split("DomainKey-");
    const tags = ["c", "l", "q", "t", "x"].map((name) => tagOf(dkim, name));
    assertEquals(tags, ["relaxed/simple", "9", "dns/txt", NOW, "1800000060"]);
    assertEquals(tagOf(domainKeys, "c"), "simple");
  }));

Deno.test("`dktest -v --now` sees that a signature has expired", () =>
  inFolder(async (run) => {
    const { stdout } = await run([
      ...["-s", "ed", "--now", NOW, "--dkim-options=-x 60"],
    ]);
    const key = published("ed._domainkey.mail.example.com", ED25519);
    const letter = async (now: string) => {
      const args = ["-v", "--json", "--now", now, ...key];
      return JSON.parse((await run(args, stdout + MESSAGE)).stdout).dkim.letter;
    };
    assertEquals([await letter("1800000060"), await letter("1800000061")], [
      "A",
      "F",
    ]);
  }));

Deno.test("`dktest -s` prints nothing and says so when the message is signed with the key", () =>
  inFolder(async (run) => {
    const { stdout } = await run(["-s", "ed"]);
    const again = await run(["-s", "ed"], stdout + MESSAGE);
    assertEquals(again, {
      code: 0,
      stdout: "",
      stderr: "dktest: signed before\n",
    });
  }));

const UNSIGNED: Record<string, [args: string[], stdin: string, why: RegExp]> = {
  "no From": [["-s", "ed"], "Subject: hi\n\n", /reason: no usable From/],
  "DomainKeys with an Ed25519 key": [
    ["-s", "ed", "--with=domainkeys"],
    MESSAGE,
    /unsigned\ndktest: reason: no key\n/,
  ],
  "no key in a pattern": [["-s", "nix/%/k"], MESSAGE, /reason: no key/],
  "no such key": [["-s", "nix"], MESSAGE, /No private key "nix"/],
  "no such file": [["-s", "ed", "nix"], MESSAGE, /No such file.*'nix'/],
  "a key that is none": [["-s", "message"], MESSAGE, /private key "message"/],
  "no such zone": [["-v", "--zone", "nix"], MESSAGE, /ENOENT.*'nix'/],
  "a zone that is no JSON": [["-v", "--zone", "ed"], MESSAGE, /JSON/],
};
for (const [name, [args, stdin, why]] of Object.entries(UNSIGNED)) {
  Deno.test(`\`dktest\` exits 1 for ${name}`, () =>
    inFolder(async (run) => {
      const { code, stdout, stderr } = await run(args, stdin);
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, /^dktest: /);
      assertMatch(stderr, why);
    }));
}

for (const entry of ['"text"', "[1]", "{}", '{"error":"lost"}', "null"]) {
  Deno.test(`\`dktest -v --zone\` refuses the entry ${entry}`, () =>
    inFolder(async (run, folder) => {
      await Deno.writeTextFile(`${folder}/zone`, `{"a.b": ${entry}}`);
      const { code, stderr } = await run(["-v", "--zone", "zone"]);
      assertEquals(code, 1);
      assertMatch(stderr, /entry for "a\.b": expected a list of texts/);
    }));
}

const USAGE_ERRORS: Record<string, [args: string[], message: RegExp]> = {
  "neither -s nor -v": [["message"], /Give one of -s KEY, -v and --seal KEY/],
  "both -s and -v": [
    ["-v", "-s", "ed"],
    /Give one of -s KEY, -v and --seal KEY/,
  ],
  "-s without a key": [["-s"], /Option "sign" needs a value/],
  "an unknown option": [["-v", "--strict"], /Unknown option --strict/],
  "an option of -v with -s": [["-s", "ed", "--json"], /Cannot use --json/],
  "a key record with -s": [["-s", "ed", "--key=a=b"], /Cannot use --key/],
  "an option of -s with -v": [["-v", "--canon=r"], /Cannot use --canon/],
  "a second file to sign": [["-s", "ed", "a", "b"], /a second file "b"/],
  "a path that ends in no selector": [["-s", "k/"], /for -s: give a path/],
  "a selector that is none": [["-s", "ed", "--selector=a b"], /selector "a b"/],
  "a domain that is none": [["-s", "ed", "--domain=a..b"], /domain "a\.\.b"/],
  "a domain with a slash beside a U-label": [
    ["-s", "ed", "--domain=a.b/\u00fc"],
    /domain "a\.b\/\\xfc"/,
  ],
  "an unknown canonicalization": [["-s", "ed", "--canon=x"], /"x": give rel/],
  "an unknown scheme": [["-s", "ed", "--with=arc"], /"arc" for --with/],
  "rsa-sha1": [["-s", "ed", "--dkim-options=-z 1"], /"1" for -z/],
  "an unknown letter": [["-s", "ed", "--domainkeys-options=-x"], /"-x" is unk/],
  "two files to dump": [["-v", "--dump=d", "a", "b"], /Cannot dump several/],
  "a key record without a name": [["-v", "--key", "=b"], /"=b": give NAME=TXT/],
  "an empty key record": [["-v", "--key", "a"], /"a": give NAME=TXT/],
  "a time that is none": [["-v", "--now=soon"], /"soon" for --now/],
  "bits that are none": [["-v", "--min-rsa-bits=1e3"], /"1e3" for --min-rsa/],
  "an escape": [["-v", "--now=\x1b[31m"], /"\\x1b\[31m" for --now/],
};
for (const [name, [args, message]] of Object.entries(USAGE_ERRORS)) {
  Deno.test(`\`dktest\` refuses ${name} as wrong usage`, () =>
    inFolder(async (run) => {
      const { code, stdout, stderr } = await run(args);
      assertEquals([code, stdout], [2, ""]);
      assertMatch(stderr, message);
      assertMatch(stderr, /\nTry "dktest --help"\n$/);
    }));
}

Deno.test("`dktest --help` prints the usage", async () => {
  const { code, stdout, stderr } = await dktest(["--help"]);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^usage: dktest -s KEY .*\n {7}dktest -v .*\n/);
});
