// dk-sign: signs a message on its way into the queue (qmail-queue(8)), with the key that DKSIGN
// or control/dksign names. Without either, passes it on.
Deno.exitCode = 81;

import { PassOn } from "../lib/pass/pass_on.ts";
import { SignPass } from "../lib/pass/sign_pass.ts";
import { systemCrypto } from "../lib/system/digest.ts";
import {
  readControlLine,
  readSignOptions,
  readSite,
  readVariable,
} from "../lib/system/environment.ts";
import { KeyFiles } from "../lib/system/keys.ts";
import { relay } from "../lib/system/relay.ts";
import { run } from "../lib/system/run.ts";

await run("dk-sign", () => {
  const site = readSite(Deno.args);
  const pattern = readVariable("DKSIGN") ?? readControlLine("dksign");
  if (pattern === undefined) {
    return relay("dk-sign", site, new PassOn("DKSIGN is not set"));
  }
  const keys = new KeyFiles();
  const now = Math.floor(Date.now() / 1000);
  const pass = new SignPass(readSignOptions(pattern), {
    keys,
    crypto: systemCrypto,
    now,
  });
  return relay("dk-sign", site, pass, () => keys.warnings());
});
