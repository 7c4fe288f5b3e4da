// qmail-dk: signs or verifies a message on its way into the queue (qmail-queue(8)), as
// RELAYCLIENT, DKVERIFY and DKSIGN decide. The drop-in for the historic program.
Deno.exitCode = 81;

import { PassOn } from "../lib/pass/pass_on.ts";
import { SignPass } from "../lib/pass/sign_pass.ts";
import { chooseAction } from "../lib/policy/action.ts";
import { systemCrypto } from "../lib/system/digest.ts";
import {
  DEFAULT_PATTERN,
  readControlLine,
  readSignOptions,
  readSite,
  readVariable,
} from "../lib/system/environment.ts";
import { KeyFiles } from "../lib/system/keys.ts";
import { relay } from "../lib/system/relay.ts";
import { run } from "../lib/system/run.ts";

await run("qmail-dk", () => {
  const site = readSite(Deno.args);
  const dkSign = readVariable("DKSIGN");
  const action = chooseAction({
    relayClient: readVariable("RELAYCLIENT"),
    dkVerify: readVariable("DKVERIFY"),
    dkSign,
  });
  if (action !== "sign") {
    const reason = action === "verify"
      ? "verifying is not built in"
      : "no order to sign or verify";
    return relay("qmail-dk", site, new PassOn(reason));
  }
  const pattern = dkSign ?? readControlLine("dksign") ?? DEFAULT_PATTERN;
  const keys = new KeyFiles();
  const now = Math.floor(Date.now() / 1000);
  const pass = new SignPass(readSignOptions(pattern), {
    keys,
    crypto: systemCrypto,
    now,
  });
  return relay("qmail-dk", site, pass, () => keys.warnings());
});
