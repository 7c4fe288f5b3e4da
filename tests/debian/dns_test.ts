// The records that dknewkey prints, published by servers from Debian as a postmaster would, and
// found by dk-verify through DNSCACHEIP.

import { TRUNCATED_RESPONSE } from "@dnsquery/dns-packet";
import { assertEquals } from "@std/assert";
import { resultsOf } from "../support/incoming.ts";
import { MAIL, toBytes, toText } from "../support/mail.ts";
import { commandOf } from "../support/programs.ts";
import { endToEnd, type Prefix } from "../support/requirements.ts";
import { runFilter } from "../support/queue.ts";
import { RSA_KEYS } from "../support/verifying.ts";
import { runToEnd } from "../support/ended.ts";
import {
  askUdp,
  type DnsDaemon,
  startKnot,
  startNsd,
  startTinydns,
  startUnbound,
} from "./dns_daemons.ts";
import { ignoreUnless, ROOT } from "./requirements.ts";

const DKNEWKEY =
  new URL("../../scripts/dknewkey/main.ts", import.meta.url).pathname;
const NAME = "default._domainkey.example.com";
const GOOD = ["domainkeys=pass", "dkim=pass"];

/** A site that signs, and may publish its key. */
class Signer implements AsyncDisposable {
  readonly folder: string;
  readonly env: Record<string, string>;
  record = "";

  constructor(folder: string) {
    this.folder = folder;
    this.env = {
      DKSIGN: `${folder}/%/default`,
      CONTROLDIR: folder,
      TCPREMOTEIP: "192.0.2.1",
    };
  }

  /** @param args What dknewkey is told, beside the domain. */
  static async open(
    args: string[],
    { pem }: { pem?: string | undefined } = {},
  ): Promise<Signer> {
    const signer = new Signer(await Deno.makeTempDir({ prefix: "dk_zone_" }));
    const keys = `${signer.folder}/example.com`;
    await Deno.mkdir(keys);
    if (pem !== undefined) await Deno.writeTextFile(`${keys}/default`, pem);
    await Deno.writeTextFile(`${signer.folder}/me`, "mx.example.net\n");
    const { code, stdout, stderr } = await runToEnd([
      ...[Deno.execPath(), "run", "-A", DKNEWKEY, "--domain", "example.com"],
      ...(pem === undefined ? [] : ["--print"]),
      ...[`${keys}/default`, ...args],
    ]);
    assertEquals(code, 0, stderr);
    signer.record = stdout;
    return signer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }

  /** Signs a message and verifies it, with a list of servers. */
  async results(servers: string, timeoutSeconds = 10): Promise<string[]> {
    const [signed, verify] = (["dk-sign", "dk-verify"] as const).map(commandOf);
    const { code, stderr, queued } = await runFilter({
      command: signed!,
      message: toBytes(MAIL),
      env: this.env,
    });
    assertEquals(code, 0, stderr);
    const { message } = queued!;
    const result = await runFilter({
      command: verify!,
      message,
      env: {
        ...this.env,
        DKVERIFY: "",
        DNSCACHEIP: servers,
        DNSTIMEOUT: `${timeoutSeconds}`,
      },
    });
    return resultsOf(toText(message), result).slice(1)
      .map((text) => text.split(" ")[0]!);
  }
}

const TINYDNS_KEYS = [
  { name: "an RSA key of 1024 bits", args: ["1024", "--tinydns"] },
  { name: "an RSA key of 2048 bits", args: ["--tinydns"] },
  {
    name: "an RSA key of 2048 bits for RFC 4870",
    args: ["--tinydns", "--domainkeys"],
  },
  {
    name: "an Ed25519 key",
    args: ["--tinydns", "--type", "ed25519"],
    good: ["domainkeys=none", "dkim=pass"],
  },
];

for (const { name, args, good = GOOD } of TINYDNS_KEYS) {
  for (const way of ["tinydns", "tinydns through unbound"]) {
    published(`${name} from ${way}`, [
      ROOT,
      ignoreUnless("tinydns", "tinydns-data", "unbound"),
    ], async () => {
      await using signer = await Signer.open(args);
      await using tinydns = await startTinydns(signer.folder, signer.record);
      if (way === "tinydns") {
        return assertEquals(await signer.results(tinydns.address), good);
      }
      await using unbound = await startUnbound(signer.folder, tinydns.address);
      assertEquals(await signer.results(unbound.address), good);
    });
  }
}

const ZONE_SERVERS = [
  { server: "nsd", program: "nsd", start: startNsd },
  { server: "knot", program: "knotd", start: startKnot },
];
const ZONE_KEYS = [
  { name: "an RSA key of 2048 bits", args: [] },
  { name: "an Ed25519 key", args: ["--type", "ed25519"], isEd25519: true },
  { name: "an RSA key of 4096 bits", args: ["4096"] },
  {
    name: "an RSA key of 8192 bits, over TCP,",
    args: [],
    pem: RSA_KEYS["8192 bits, exponent 65537"],
    isTruncated: true,
  },
];

for (const { server, program, start } of ZONE_SERVERS) {
  for (const { name, args, isEd25519, isTruncated, pem } of ZONE_KEYS) {
    published(`${name} from ${server}`, [ignoreUnless(program)], async () => {
      await using signer = await Signer.open(args, { pem });
      await using daemon = await start(signer.folder, signer.record);
      assertEquals(await isCutShort(daemon), isTruncated ?? false);
      assertEquals(
        await signer.results(daemon.address),
        isEd25519 ? ["domainkeys=none", "dkim=pass"] : GOOD,
      );
    });
  }
}

for (const way of ["nsd", "nsd through unbound"]) {
  published(
    `an RSA key of 4096 bits, over TCP for want of room in 512 octets, from ${way}`,
    [ignoreUnless("nsd", "unbound")],
    async () => {
      await using signer = await Signer.open(["4096"]);
      const { folder, record } = signer;
      await using nsd = await startNsd(folder, record, { udpBytes: 512 });
      assertEquals(await isCutShort(nsd), true);
      if (way === "nsd") {
        return assertEquals(await signer.results(nsd.address), GOOD);
      }
      await using unbound = await startUnbound(folder, nsd.address);
      assertEquals(await signer.results(unbound.address), GOOD);
    },
  );
}

/** The answer has no room in a packet of UDP. */
async function isCutShort({ address }: DnsDaemon): Promise<boolean> {
  const { flags = 0 } = await askUdp(address, NAME) ?? {};
  return (flags & TRUNCATED_RESPONSE) !== 0;
}

/** What goes wrong in DNS, and what is made of it. */
const TROUBLES: {
  name: string;
  record: string;
  ask: (nsd: DnsDaemon, unbound: DnsDaemon) => Promise<string>;
  expected: string[];
  timeoutSeconds?: number;
}[] = [
  {
    name: "permerror for a name that is not there",
    record: "",
    ask: (_, { address }) => Promise.resolve(address),
    expected: ["domainkeys=fail", "dkim=permerror"],
  },
  {
    name: "permerror for a name without TXT records",
    record: `${NAME}.\tIN\tA\t192.0.2.1\n`,
    ask: (_, { address }) => Promise.resolve(address),
    expected: ["domainkeys=fail", "dkim=permerror"],
  },
  {
    name: "temperror for a zone whose server is down",
    record: "",
    ask: async (nsd, { address }) => {
      await nsd.end();
      return address;
    },
    expected: ["domainkeys=temperror", "dkim=temperror"],
    timeoutSeconds: 3,
  },
  {
    name: "temperror for a server that is down",
    record: "",
    ask: async (nsd) => {
      await nsd.end();
      return nsd.address;
    },
    expected: ["domainkeys=temperror", "dkim=temperror"],
    timeoutSeconds: 3,
  },
];

for (const { name, record, ask, expected, timeoutSeconds } of TROUBLES) {
  endToEnd(`\`dk-verify\` says ${name} with nsd and unbound`, async () => {
    await using signer = await Signer.open([]);
    await using nsd = await startNsd(signer.folder, record);
    await using unbound = await startUnbound(signer.folder, nsd.address);
    const servers = await ask(nsd, unbound);
    const results = await signer.results(servers, timeoutSeconds);
    assertEquals(results, expected);
  }, ignoreUnless("nsd", "unbound"));
}

endToEnd(
  "`dk-verify` asks the next server when the first is down",
  async () => {
    await using signer = await Signer.open([]);
    await using first = await startNsd(signer.folder, "");
    await first.end();
    await using second = await startNsd(signer.folder, signer.record);
    const servers = `${first.address} ${second.address}`;
    assertEquals(await signer.results(servers), GOOD);
  },
  ignoreUnless("nsd"),
);

/** A test of a key that is published and found. */
function published(
  what: string,
  needs: Prefix[],
  body: () => Promise<void>,
): void {
  endToEnd(`\`dk-verify\` finds ${what}`, body, ...needs);
}
