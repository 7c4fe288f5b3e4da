// OpenDMARC as Debian has it: its library, through Debian's Python. It asks the server of resolv.conf(5)
// alone, so it gets one of its own, in a namespace, and a server there. Refuses to know what is right.

import { startDnsServerAt } from "../../scripts/host/dns_server.ts";
import { type CorpusRow, zoneOf } from "../support/dmarc_corpus.ts";
import { MOUNTING, wordsOf } from "../support/requirements.ts";
import { type DmarcParty, joined } from "./dmarc_peers.ts";
import { askEach } from "./driven.ts";
import { probe } from "./process.ts";

const NAME = "OpenDMARC";
/** On loopback, and another one for another process or thread. */
const SERVER = `127.53.${octet()}.${octet()}`;
const BIND = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"';
const SCRIPT = ["/usr/bin/python3", `${import.meta.dirname}/opendmarc.py`];

/** The library. */
export const OPENDMARC: DmarcParty = {
  ...await probeAll(),
  async evaluate(rows) {
    const folder = await Deno.makeTempDir();
    try {
      const resolvConf = `${folder}/resolv.conf`;
      await Deno.writeTextFile(resolvConf, `nameserver ${SERVER}\n`);
      const namespace = [...wordsOf(MOUNTING), "/bin/sh", "-c", BIND, "sh"];
      const command = [...namespace, resolvConf, ...SCRIPT];
      const words: string[] = [];
      for (const row of rows) words.push(await evaluateOne(row, command));
      return words;
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
};

async function evaluateOne(
  { from_domain: domain, spf, dkim, dns }: CorpusRow,
  command: string[],
): Promise<string> {
  await using _server = startDnsServerAt(zoneOf(withFailures(dns)), SERVER);
  const requests = [{ domain, spf, dkim }];
  const [{ result, policy }] = await askEach(NAME, command, requests);
  return joined(result, policy);
}

/** A server that says that it cannot answer, where none does: for one that waits long. */
function withFailures(dns: CorpusRow["dns"]): CorpusRow["dns"] {
  return Object.fromEntries(
    Object.entries(dns).map(([name, { error, ...records }]) => [name, {
      ...records,
      ...(error === undefined ? {} : { error: { "*": "servfail" } }),
    }]),
  );
}

async function probeAll(): Promise<{ name: string; missing?: string }> {
  if ("missing" in MOUNTING) return { name: NAME, missing: MOUNTING.missing };
  try {
    await startDnsServerAt({}, SERVER).close();
  } catch (error) {
    return { name: NAME, missing: `port 53: ${error}` };
  }
  return await probe(NAME, [...SCRIPT, "--version"], /[\d.]+/);
}

function octet(): number {
  return 1 + Math.floor(254 * Math.random());
}
