// OpenDKIM in its test mode: the milter itself, fed with files and with keys from a file. And
// opendkim-testmsg, the library without the milter, which signs with rsa-sha1 alone and verifies
// with DNS alone.

import { spell } from "./message.ts";
import { keyFor, RECORDS, SITE, writeMessages } from "./keys.ts";
import {
  CRLF,
  DKIM_ED25519,
  DKIM_RSA,
  LF_AND_CRLF,
  mapAtOnce,
  type Party,
  type Signed,
  type Way,
} from "./peer.ts";
import { probe, run } from "./process.ts";
import { toOctets } from "../../lib/message/octets.ts";

const MILTER = {
  ...await probe(
    "OpenDKIM",
    ["/usr/sbin/opendkim", "-V"],
    /(?<=Filter v)[\d.]+/,
  ),
  ways: [...DKIM_RSA, ...DKIM_ED25519],
  spellings: LF_AND_CRLF,
};

/** The milter. */
export const OPENDKIM: Party = {
  signer: { ...MILTER, sign },
  verifier: { ...MILTER, verify },
};

/** The library. */
export const OPENDKIM_TESTMSG: Party = {
  signer: {
    ...await probe(
      "opendkim-testmsg",
      ["/bin/sh", "-c", "command -v opendkim-testmsg"],
    ),
    ways: [{
      scheme: "dkim",
      algorithm: "rsa-sha1",
      canonicalization: "relaxed/simple",
    }],
    spellings: CRLF,
    sign: signByLibrary,
  },
};

async function sign(messages: string[], way: Way): Promise<Signed[]> {
  const { domain, selector, path } = keyFor(way);
  const output = await runFilter(messages, ["-b", "s", "-v"], {
    Domain: domain,
    SubDomains: "yes",
    Selector: selector,
    KeyFile: path,
    Canonicalization: way.canonicalization,
    SignatureAlgorithm: way.algorithm,
  });
  const fields = new Map(
    output.split(/^opendkim: /m).slice(1).map((text): [string, string] => {
      const [, name = "", field = text] =
        /^(\d+)\.eml:\n(DKIM-Signature:[^]*)/.exec(text) ??
          [];
      return [name, field];
    }),
  );
  return messages.map((message, n) => {
    const field = fields.get(`${n}`);
    return field === undefined ? { error: "not signed" } : {
      signed: (message.includes("\r\n") ? spell(field, "CRLF") : field) +
        message,
    };
  });
}

async function verify(messages: string[], way: Way): Promise<string[]> {
  const { selector } = keyFor(way);
  await SITE.write(
    "opendkim.keys",
    Object.entries(RECORDS).map(([name, text]) => `${name} ${text}\n`).join(""),
  );
  const output = await runFilter(messages, ["-b", "v", "-v"], {
    TestPublicKeys: `${SITE.folder}/opendkim.keys`,
  });
  return messages.map((_, n) => {
    const line = new RegExp(`^opendkim: ${n}\\.eml: (.*)`, "m").exec(output)
      ?.[1];
    const good = new RegExp(`^verification \\(s=${selector}, .*\\) succeeded$`);
    return line !== undefined && good.test(line) ? "pass" : line ?? "no answer";
  });
}

async function runFilter(
  messages: string[],
  args: string[],
  settings: Record<string, string>,
): Promise<string> {
  const { folder, names } = await writeMessages(messages);
  const lines = Object.entries({ ...settings, RequireSafeKeys: "false" });
  await Deno.writeTextFile(
    `${folder}/conf`,
    lines.map(([name, value]) => `${name} ${value}\n`).join(""),
  );
  return await run(
    ["/usr/sbin/opendkim", "-x", "conf", ...args, "-t", names.join()],
    { cwd: folder },
  );
}

function signByLibrary(messages: string[], way: Way): Promise<Signed[]> {
  const { domain, selector, path } = keyFor(way);
  return mapAtOnce(messages, async (message) => {
    try {
      const signed = await run(
        ["opendkim-testmsg", "-C", "-d", domain, "-s", selector, "-k", path],
        { input: toOctets(message) },
      );
      return { signed };
    } catch (error) {
      return { error: String(error) };
    }
  });
}
