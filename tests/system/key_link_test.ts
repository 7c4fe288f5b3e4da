// A key pattern whose last component is a link: a bare name in its folder is the selector, whatever
// else a link points to is a path like any other.

import { assertEquals, assertThrows } from "@std/assert";
import { StepFailed } from "../../lib/qmail/exit_code.ts";
import { KeyFiles } from "../../lib/system/keys/key_files.ts";
import { makeRsaKey, pemOf, Site } from "../support/site.ts";

const OLD = pemOf(makeRsaKey(1024).privateKey);
const NEW = pemOf(makeRsaKey(1152).privateKey);

/** The size of the key, which tells which one it is, with its domain and selector. */
function find(site: Site, domain = "example.com", pattern = "keys/%/link") {
  const found = new KeyFiles().find(`${site.folder}/${pattern}`, domain);
  return found && [found.key.bits, found.domain, found.selector];
}

async function openSite(target: string): Promise<Site> {
  const site = await Site.open();
  await site.write("keys/example.com/old", OLD);
  await site.write("keys/example.com/new.2026-b_1", NEW);
  await site.write("keys/elsewhere", OLD);
  await Deno.symlink(target, `${site.folder}/keys/example.com/link`);
  return site;
}

Deno.test("`KeyFiles` takes the selector from a link to a name in its folder", async () => {
  for (
    const [target, bits] of [["old", 1024], ["new.2026-b_1", 1152]] as const
  ) {
    await using site = await openSite(target);
    assertEquals(find(site), [bits, "example.com", target]);
    assertEquals(find(site, "a.example.com"), [bits, "example.com", target]);
    const one = "keys/example.com/link";
    assertEquals(find(site, "a.example.org", one), [
      bits,
      "a.example.org",
      target,
    ]);
  }
});

Deno.test("`KeyFiles` takes the other key from a link that was switched, at once", async () => {
  await using site = await openSite("old");
  assertEquals(find(site), [1024, "example.com", "old"]);
  const folder = `${site.folder}/keys/example.com`;
  await Deno.symlink("new.2026-b_1", `${folder}/next`);
  await Deno.rename(`${folder}/next`, `${folder}/link`);
  assertEquals(find(site), [1152, "example.com", "new.2026-b_1"]);
});

Deno.test("`KeyFiles` follows any other link, and the selector is the link's name", async () => {
  for (const target of ["./old", "../elsewhere", "../example.com/old"]) {
    await using site = await openSite(target);
    assertEquals(find(site), [1024, "example.com", "link"], target);
  }
});

Deno.test("`KeyFiles` follows a link of a folder, and a link of a link once", async () => {
  await using site = await openSite("old");
  const { folder } = site;
  await Deno.symlink(
    `${folder}/keys/example.com`,
    `${folder}/keys/example.org`,
  );
  assertEquals(find(site, "example.org"), [1024, "example.org", "old"]);
  await Deno.symlink("link", `${folder}/keys/example.com/again`);
  assertEquals(find(site, "example.com", "keys/%/again"), [
    1024,
    "example.com",
    "link",
  ]);
});

Deno.test("`KeyFiles` fails with 55 for a selector that is not there, and signs by no parent", async () => {
  await using site = await openSite("none");
  for (const pattern of ["keys/%/link", "keys/example.com/link"]) {
    const error = assertThrows(
      () => find(site, "example.com", pattern),
      StepFailed,
      "/keys/example.com/link",
    );
    assertEquals(error.code, 55);
  }
});

Deno.test("`KeyFiles` takes any other link that points nowhere for no key", async () => {
  await using site = await openSite("../none");
  assertEquals(find(site), undefined);
});
