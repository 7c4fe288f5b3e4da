// DNS on the wire: what each answer leads to, and how long none is waited for.

import { assert, assertEquals } from "@std/assert";
import { signDkim, signDomainKeys } from "../support/verifying.ts";
import type { Zone } from "../../scripts/host/dns_server.ts";
import {
  assertNotQueued,
  Incoming,
  resultsOf,
  VERIFIERS,
} from "../support/incoming.ts";
import { MAIL, recordOf } from "../support/signed_mail.ts";
import {
  endToEnd,
  MOUNTING,
  privilegeOf,
  wordsOf,
} from "../support/requirements.ts";

const NAME = "default._domainkey.example.com";
const SIGNED = signDkim(signDomainKeys(MAIL));
const RECORD = recordOf();

/** `DNSCACHEIP` of a server that is not there: it has had its port, and given it back. */
function closedAddress(): string {
  const socket = Deno.listenDatagram({
    transport: "udp",
    hostname: "127.0.0.1",
    port: 0,
  });
  const { port } = socket.addr as Deno.NetAddr;
  socket.close();
  return `127.0.0.1:${port}`;
}

/** What DNS says of the key, and the results it leads to. */
const ANSWERS: Record<
  string,
  { zone: Zone; domainKeys: string; dkim: string; transports?: string[] }
> = {
  "SERVFAIL": {
    zone: { [NAME]: { error: "servfail" } },
    domainKeys: "temperror",
    dkim: "temperror",
    // Each attempt is one.
    transports: ["udp", "udp"],
  },
  "REFUSED": {
    zone: { [NAME]: { error: "refused" } },
    domainKeys: "temperror",
    dkim: "temperror",
    transports: ["udp", "udp"],
  },
  "NXDOMAIN": { zone: {}, domainKeys: "fail", dkim: "permerror" },
  "no TXT": {
    zone: { [NAME]: { error: "nodata" } },
    domainKeys: "fail",
    dkim: "permerror",
  },
  "an alias of a name with the key": {
    zone: { [NAME]: { cname: "a.example" }, "a.example": [RECORD] },
    domainKeys: "pass",
    dkim: "pass",
  },
  "an alias of a name that is not there": {
    zone: { [NAME]: { cname: "a.example" } },
    domainKeys: "fail",
    dkim: "permerror",
  },
  "aliases in a circle": {
    zone: { [NAME]: { cname: "a.example" }, "a.example": { cname: NAME } },
    domainKeys: "temperror",
    dkim: "temperror",
  },
  "two records, the first with the key": {
    zone: { [NAME]: [RECORD, "v=spf1 -all"] },
    domainKeys: "pass",
    dkim: "pass",
  },
  "two records, the second with the key": {
    zone: { [NAME]: ["some text", RECORD] },
    domainKeys: "pass",
    dkim: "pass",
  },
  "an empty record": {
    zone: { [NAME]: [""] },
    domainKeys: "fail",
    dkim: "neutral",
  },
  "a record of 3 KB, over TCP": {
    zone: { [NAME]: [recordOf(`n=${"x".repeat(3000)}; `)] },
    domainKeys: "pass",
    dkim: "pass",
    transports: ["udp", "tcp"],
  },
  "twenty records, over TCP": {
    zone: {
      [NAME]: [...Array(20).fill(`v=spf1 ${"x".repeat(90)}`), RECORD],
    },
    domainKeys: "pass",
    dkim: "pass",
    transports: ["udp", "tcp"],
  },
};

for (const program of VERIFIERS) {
  for (const [name, row] of Object.entries(ANSWERS)) {
    const { zone, domainKeys, dkim, transports = ["udp"] } = row;
    endToEnd(`\`${program}\` says ${dkim} when DNS says ${name}`, async () => {
      await using host = await Incoming.open(zone);
      const result = await host.run(program, { message: SIGNED });
      const words = resultsOf(SIGNED, result).slice(1).map((text) =>
        text.split(" ")[0]
      );
      assertEquals(words, [`domainkeys=${domainKeys}`, `dkim=${dkim}`]);
      // Both signatures have the same key; an alias may take another question.
      const asked = host.dns.questions.map(({ transport }) => transport);
      if (!name.includes("circle")) assertEquals(asked, transports);
    });
  }

  const NOBODY: Record<string, (host: Incoming) => string> = {
    "no server is there": closedAddress,
    "the server does not answer": (host) => host.dns.address,
    "two servers do not answer": (host) =>
      `${host.dns.address} ${host.dns.address}`,
  };
  for (const [name, addressOf] of Object.entries(NOBODY)) {
    endToEnd(
      `\`${program}\` says temperror after DNSTIMEOUT when ${name}`,
      async () => {
        await using host = await Incoming.open({
          [NAME]: { error: "timeout" },
        });
        const run = { message: SIGNED };
        const env = { DNSCACHEIP: addressOf(host), DNSTIMEOUT: "1" };
        const [taken, ...refused] = await Promise.all(
          ["", "F", "f", ",K", ",k"].map((DKVERIFY) =>
            host.run(program, { ...run, env: { ...env, DKVERIFY } })
          ),
        );
        const [, domainKeys, dkim] = resultsOf(SIGNED, taken!);
        assert(domainKeys?.startsWith("domainkeys=temperror (can't verify)"));
        assert(dkim?.startsWith("dkim=temperror (dns)"));
        for (const [n, code] of [31, 71, 31, 71].entries()) {
          assertNotQueued(refused[n]!, code);
        }
      },
    );
  }

  const privilege = privilegeOf("chmod");
  endToEnd(
    `\`${program}\` says temperror when it cannot read resolv.conf, logs that, and asks nobody`,
    async () => {
      await using host = await Incoming.open();
      const resolvConf = `${host.folder}/resolv.conf`;
      await Deno.writeTextFile(resolvConf, "nameserver 192.0.2.53\n");
      await Deno.chmod(resolvConf, 0);
      const prefix = [
        ...wordsOf(MOUNTING),
        ...["/bin/sh", "-c", BIND, "sh", resolvConf],
        ...wordsOf(privilege),
      ];
      const run = { prefix, message: SIGNED };
      const result = await host.run(program, {
        ...run,
        env: { DNSCACHEIP: "" },
      });
      const [, domainKeys, dkim] = resultsOf(SIGNED, result);
      assert(domainKeys?.startsWith("domainkeys=temperror (can't verify)"));
      assert(dkim?.startsWith("dkim=temperror (dns)"));
      const { stderr } = result;
      assert(
        stderr.includes("Cannot read \\x22/etc/resolv.conf\\x22: "),
        stderr,
      );
      // Where DNSCACHEIP says whom to ask, the file does not count.
      const [, , good] = resultsOf(SIGNED, await host.run(program, run));
      assert(good?.startsWith("dkim=pass"));
    },
    MOUNTING,
    privilege,
  );
}

const BIND = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"';
