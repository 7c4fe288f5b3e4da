// Other implementations from npm. They are named here and not in deno.json, whose packages everybody
// fetches who runs anything; the benchmark's versions are these (scripts/bench/npm_versions.ts).

export { arc, sealMessage } from "npm:mailauth@4.13.3/lib/arc/index.js";
export { dkimSign } from "npm:mailauth@4.13.3/lib/dkim/sign.js";
export { dkimVerify } from "npm:mailauth@4.13.3/lib/dkim/verify.js";
export { default as Nodemailer } from "npm:nodemailer@10.6.0/lib/dkim";
