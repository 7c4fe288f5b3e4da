// dknewkey as a process: the keys that it makes, and the records that it prints.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { parsePrivateKey } from "../../lib/keys/private_key.ts";
import {
  dknewkey,
  inFolder,
  modeOf,
  parseZoneLine,
  verifies,
} from "../support/dknewkey.ts";

Deno.test("`dknewkey` makes an RSA key of 2048 bits and prints its record", () =>
  inFolder(async (folder) => {
    const { code, stdout, stderr } = await dknewkey(`${folder}/default`);
    assertEquals(code, 0, stderr);
    const pem = await Deno.readTextFile(`${folder}/default`);
    assertEquals(await modeOf(`${folder}/default`), 0o400);
    assertEquals(parsePrivateKey(pem).bits, 2048);
    assertMatch(stderr, /^dknewkey: made .*\/default \(RSA, 2048 bits\)/);
    assertMatch(
      stderr,
      /next: move it into a folder with the name of its domain, .*: DKSIGN=\/.*\/default would sign the mail of every domain with it\n$/,
    );

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

for (
  const [folderName, pattern] of [
    ["example.com", "%/default"],
    ["b\u00fccher.example", "%/default"],
    ["%", undefined],
    ["keys", undefined],
    ["Example.COM", undefined],
  ] as const
) {
  Deno.test(`\`dknewkey\` advises to sign by the domain of the folder "${folderName}", or with no key for all`, () =>
    inFolder(async (folder) => {
      await Deno.mkdir(`${folder}/${folderName}`);
      const { stderr } = await dknewkey(
        `${folder}/${folderName}/default`,
        "1024",
      );
      const advised = /sign with DKSIGN=(.*)\n$/.exec(stderr)?.[1];
      const expected = pattern &&
        `${await Deno.realPath(folder)}/${pattern}`;
      assertEquals(advised, expected, stderr);
    }));
}

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

for (const name of ["b\u00fccher.example.org", "xn--bcher-kva.example.org"]) {
  Deno.test(`\`dknewkey --domain\` takes U-labels, prints A-labels and names the pattern of ${name}`, () =>
    inFolder(async (folder) => {
      await Deno.mkdir(`${folder}/${name}`);
      const { stdout, stderr } = await dknewkey(
        `${folder}/${name}/default`,
        "--type=ed25519",
        "--domain=B\u00dcCHER.example.org.",
      );
      assertEquals(
        parseZoneLine(stdout).name,
        "default._domainkey.xn--bcher-kva.example.org.",
      );
      assertMatch(stderr, /DKSIGN=\/[^%]*\/%\/default\n$/);
    }));
}

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

function rsaKey(modulusLength: number): KeyObject {
  return generateKeyPairSync("rsa", { modulusLength }).privateKey;
}
