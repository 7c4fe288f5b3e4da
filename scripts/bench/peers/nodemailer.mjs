// nodemailer's DKIM as a process under Node: nodemailer.mjs sign dkim KEY, the message on stdin.
// Prints the signature field, the first of the chunks that nodemailer makes of the message.

import { createReadStream, readFileSync } from "node:fs";
import process from "node:process";

const { default: DKIM } = await import("nodemailer/lib/dkim/index.js");
const [, , , , path] = process.argv;
const signer = new DKIM({
  domainName: "example.com",
  keySelector: "default",
  privateKey: readFileSync(path, "utf8"),
});
const message = createReadStream("", { fd: 0, highWaterMark: 1 << 20 });

let field;
for await (const chunk of signer.sign(message)) field ??= chunk;
process.stdout.write(field);
