// This project as one party among the others: its library, and its filters as real processes with
// DNS over a socket.

import { sign } from "../../lib/api/sign.ts";
import { verify } from "../../lib/api/verify.ts";
import { toOctets, toText } from "../../lib/message/octets.ts";
import { startDnsServer } from "../../scripts/host/dns_server.ts";
import { Zone } from "../support/zone.ts";
import { keyFor, RECORDS, SELECTORS, SITE } from "./keys.ts";
import type { Spelling } from "./message.ts";
import {
  CANONICALIZATION_LETTERS,
  DKIM_ED25519,
  DKIM_RSA,
  DOMAINKEYS,
  LF_AND_CRLF,
  mapAtOnce,
  type Party,
  type Signed,
  type Way,
} from "./peer.ts";

const WAYS = [...DKIM_RSA, ...DKIM_ED25519, ...DOMAINKEYS];

/** What opendkim-testmsg signs with, and nobody else. */
const RSA_SHA1: Way = {
  scheme: "dkim",
  algorithm: "rsa-sha1",
  canonicalization: "relaxed/simple",
};

/** As lines end in a queue. */
const LF: readonly Spelling[] = ["LF"];

/** All messages in this process. */
export const LIBRARY = {
  signer: {
    name: "sign()",
    ways: WAYS,
    spellings: LF,
    sign: (messages, way) =>
      Promise.all(messages.map((message) => signInMemory(message, way))),
  },
  verifier: {
    name: "verify()",
    ways: [...WAYS, RSA_SHA1],
    spellings: LF_AND_CRLF,
    verify: (messages, way) =>
      Promise.all(messages.map((message) => verifyInMemory(message, way))),
  },
} satisfies Party;

const PROCESSES = {
  ...(Deno.build.os === "linux" ? {} : { missing: "not Linux" }),
  // A selection, since each message is a process.
  ways: [DKIM_RSA[0]!, DKIM_ED25519[0]!, DOMAINKEYS[0]!],
  spellings: LF,
};

/** Each message in a process of its own. */
export const FILTERS = {
  signer: {
    name: "dk-sign",
    ...PROCESSES,
    sign: (messages, way) =>
      mapAtOnce(messages, (message) => signByFilter(message, way)),
  },
  verifier: { name: "dk-verify", ...PROCESSES, verify: verifyByFilter },
} satisfies Party;

async function signInMemory(message: string, way: Way): Promise<Signed> {
  const { domain, selector, pem } = keyFor(way);
  const fields = await sign(toOctets(message), {
    domain,
    selector,
    privateKey: pem,
    schemes: [way.scheme],
    ...optionsOf(way),
  });
  return fields === "" ? { error: "not signed" } : { signed: fields + message };
}

function optionsOf({ scheme, canonicalization }: Way) {
  return scheme === "dkim"
    ? { dkimOptions: `-c ${CANONICALIZATION_LETTERS[canonicalization]}` }
    : { domainKeysOptions: `-c ${canonicalization}` };
}

async function verifyInMemory(message: string, way: Way): Promise<string> {
  const { domainKeys, signatures } = await verify(toOctets(message), {
    resolver: new Zone(RECORDS),
    allowRsaSha1: way.scheme === "dkim" && way.algorithm === "rsa-sha1",
  });
  const verdict = way.scheme === "domainkeys"
    ? domainKeys
    : signatures.find(({ selector }) => SELECTORS.includes(selector ?? ""));
  if (verdict === undefined) return "not found";
  const { result, reason, detail } = verdict;
  return result === "pass" ? result : `${result} (${reason}) ${detail ?? ""}`;
}

async function signByFilter(message: string, way: Way): Promise<Signed> {
  const { dkimOptions, domainKeysOptions } = {
    dkimOptions: "",
    domainKeysOptions: "",
    ...optionsOf(way),
  };
  const { code, stderr, queued } = await SITE.run("dk-sign", {
    message: toOctets(message),
    env: {
      DKSIGN: `${SITE.folder}/keys/%/${keyFor(way).selector}`,
      DKSIGNWITH: way.scheme,
      DKIMSIGNOPTIONS: dkimOptions,
      DKSIGNOPTIONS: domainKeysOptions,
    },
  });
  return code === 0 && queued !== undefined
    ? { signed: toText(queued.message) }
    : { error: `exit ${code}: ${stderr}` };
}

async function verifyByFilter(
  messages: string[],
  { scheme }: Way,
): Promise<string[]> {
  await using dns = startDnsServer(
    Object.fromEntries(
      Object.entries(RECORDS).map(([name, text]) => [name, [text]]),
    ),
  );
  const isOurs = scheme === "domainkeys"
    ? () => true
    : (result: string) =>
      SELECTORS.some((selector) => result.includes(` header.s=${selector} `));
  return await mapAtOnce(messages, async (message) => {
    const { code, stderr, queued } = await SITE.run("dk-verify", {
      message: toOctets(message),
      env: { DKVERIFY: "", DNSCACHEIP: dns.address },
    });
    if (code !== 0 || queued === undefined) return `exit ${code}: ${stderr}`;
    const [field] = toText(queued.message).split(/\n(?![ \t])/);
    const result = field!.replace(/\s+/g, " ").split("; ").find((result) =>
      result.startsWith(`${scheme}=`) && isOurs(`${result} `)
    );
    return result?.startsWith(`${scheme}=pass `) ? "pass" : result ?? field!;
  });
}
