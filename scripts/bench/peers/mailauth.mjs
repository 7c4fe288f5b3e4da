// mailauth as a process under Node: mailauth.mjs sign|verify dkim KEY|RECORDS, the message on
// stdin. Prints the signature field; verifying, exits with 0 if the signature is good.

import { createReadStream, readFileSync } from "node:fs";
import process from "node:process";

const [, , what, , path] = process.argv;
const text = readFileSync(path, "utf8");
const message = createReadStream("", { fd: 0 });

if (what === "sign") {
  const { dkimSign } = await import("mailauth/lib/dkim/sign.js");
  const { signatures, errors } = await dkimSign(message, {
    canonicalization: "relaxed/relaxed",
    algorithm: "rsa-sha256",
    signatureData: [
      { signingDomain: "example.com", selector: "default", privateKey: text },
    ],
  });
  if (errors.length > 0) throw new Error(String(errors[0].err));
  process.stdout.write(signatures);
} else {
  const { dkimVerify } = await import("mailauth/lib/dkim/verify.js");
  const [line] = text.split("\n");
  const record = line.slice(line.indexOf(" ") + 1);
  const { results } = await dkimVerify(message, {
    resolver: () => Promise.resolve([[record]]),
  });
  process.exitCode = results[0]?.status.result === "pass" ? 0 : 1;
}
