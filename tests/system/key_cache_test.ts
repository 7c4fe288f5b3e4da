// Keys that a process keeps: a file is read again whenever it may be another one.

import { assertEquals, assertNotEquals, assertStrictEquals } from "@std/assert";
import { KeyCache } from "../../lib/system/keys/key_cache.ts";
import { RSA_KEYS } from "../support/verifying.ts";

const [ONE, OTHER] = [
  RSA_KEYS["1024 bits, exponent 65537"],
  RSA_KEYS["2048 bits, exponent 65537"],
];

/** A file that has not changed for so long counts as settled. */
const SETTLED_MS = 2100;

async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
}

Deno.test("`KeyCache` gives one key while its file stays as it is", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, ONE);
    const cache = new KeyCache();
    const { key } = cache.read(path);
    assertStrictEquals(cache.read(path).key, key, "just written");
    await settle();
    assertStrictEquals(cache.read(path).key, key, "read again");
    assertStrictEquals(cache.read(path).key, key, "not read again");
    await Deno.chmod(path, 0o640);
    assertEquals(cache.read(path).mode & 0o777, 0o640);
    assertStrictEquals(cache.read(path).key, key, "another mode");
  } finally {
    await Deno.remove(path);
  }
});

const CHANGES: [name: string, change: (path: string) => void][] = [
  ["is written in place", (path) => Deno.writeTextFileSync(path, OTHER)],
  ["is replaced by another one with its time", (path) => {
    const { mtime } = Deno.statSync(path);
    Deno.writeTextFileSync(`${path}.new`, OTHER);
    Deno.utimeSync(`${path}.new`, mtime!, mtime!);
    Deno.renameSync(`${path}.new`, path);
  }],
  ["gets its time back", (path) => {
    const { mtime } = Deno.statSync(path);
    Deno.writeTextFileSync(path, OTHER);
    Deno.utimeSync(path, mtime!, mtime!);
  }],
];

for (const [name, change] of CHANGES) {
  Deno.test(`\`KeyCache\` reads a settled file anew that ${name}`, async () => {
    const path = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(path, ONE);
      await settle();
      const cache = new KeyCache();
      const { key } = cache.read(path);
      change(path);
      assertNotEquals(cache.read(path).key.pkcs8, key.pkcs8);
    } finally {
      await Deno.remove(path);
    }
  });
}
