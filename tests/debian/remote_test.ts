// Mail that leaves through dk-remote: a stand-in for qmail-remote delivers it by SMTP, and what has
// arrived at Postfix's smtp-sink verifies.

import { assertEquals, assertMatch } from "@std/assert";
import { splitResults } from "../support/split_results.ts";
import { largeMail, MAIL, toBytes, toText } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { Site } from "../support/site.ts";
import { verifyDkim, verifyDomainKeys } from "../support/verifiers.ts";
import { startDnsServer } from "../../scripts/host/dns_server.ts";
import { runFilter } from "../support/queue.ts";
import { runToEnd } from "../support/ended.ts";
import { Daemon, makeAddress } from "./daemon.ts";
import { installedPrograms } from "./installed_programs.ts";
import { NEEDS_CLIENT } from "./mail_host.ts";
import { ignoreUnless, pathOf } from "./requirements.ts";

const PORT = 2525;

const MESSAGES = [
  { name: "a small message", message: toBytes(MAIL) },
  {
    name: "a message of lines with dots, tabs and octets over 127",
    message: toBytes(
      MAIL + "..\n.dot\n\ttab  \n\xe4\xf6\xfc\xff\n\n.\n \nend\n",
    ),
  },
  { name: "a message of lines that end in CR LF", message: crlf(MAIL) },
  { name: "a bounce", message: toBytes(MAIL), sender: "" },
  { name: "a message of 4 MB", message: largeMail(4e6) },
];

for (const { name, message, sender = "ann@example.com" } of MESSAGES) {
  endToEnd(
    `\`dk-remote\` signs ${name}, which arrives by SMTP and verifies`,
    async () => {
      await using site = await Site.open();
      await using sink = await startSink(site.folder);
      await site.write("control/dksign", `${site.env["DKSIGN"]}\n`);
      const programs = await installedPrograms("bundled");
      const { code, stdout, stderr } = await runToEnd([
        ...[`${programs}/dk-remote`, "example.net", sender, "bob@example.net"],
      ], {
        stdin: message,
        clearEnv: true,
        env: {
          CONTROLDIR: site.env["CONTROLDIR"]!,
          TMPDIR: site.env["TMPDIR"]!,
          DKREMOTE: await writeRemote(site, sink.address),
        },
      });
      assertEquals([code, stdout, stderr], [0, "r\0Ksent\n\0", ""]);

      const arrived = await sink.received();
      const good = ["default._domainkey.example.com pass"];
      assertEquals(verifyDkim(arrived, site.records), good);
      assertEquals(verifyDomainKeys(arrived, site.records), "pass");
      // swaks and smtp-sink add line ends of their own.
      const [, rest = ""] = toText(arrived).split(/^(?=From: )/m, 2);
      const sent = toText(message).replaceAll("\r\n", "\n");
      assertEquals(rest.slice(0, sent.length) === sent, true);
      assertMatch(rest.slice(sent.length), /^\n*$/);
      await assertVerified(site, arrived);
    },
    NEEDS_CLIENT,
    ignoreUnless("smtp-sink"),
  );
}

/** By our own program as by others. */
async function assertVerified(site: Site, message: Uint8Array): Promise<void> {
  const zone = [...site.records].map(([name, record]) => [name, [record]]);
  await using dns = startDnsServer(Object.fromEntries(zone));
  await site.write("control/me", "mx.example.net\n");
  const { code, stderr, queued } = await runFilter({
    command: [`${await installedPrograms("bundled")}/dk-verify`],
    message,
    next: "DKQUEUE",
    env: {
      ...site.env,
      DKVERIFY: "",
      DNSCACHEIP: dns.address,
      TCPREMOTEIP: "192.0.2.1",
    },
  });
  assertEquals(code, 0, stderr);
  const length = queued!.message.length - message.length;
  const added = toText(queued!.message.subarray(0, length));
  assertEquals(splitResults(added).map((text) => text.split(" ")[0]), [
    "mx.example.net",
    "domainkeys=pass",
    "dkim=pass",
  ]);
}

/** A stand-in for qmail-remote: swaks delivers, the report is as qmail-rspawn reads it. */
async function writeRemote(site: Site, address: string): Promise<string> {
  const path = await site.write(
    "remote",
    `#!/bin/sh
PATH=/usr/bin:/bin
if swaks --server ${address}:${PORT} --helo example.com --from "\${2:-<>}" \\
  --to "$3" --data - >'${site.folder}/swaks' 2>&1
then printf 'r\\0Ksent\\n\\0'
else printf 'r\\0Znot sent\\n\\0'
fi
`,
  );
  await Deno.chmod(path, 0o755);
  return path;
}

interface Sink extends AsyncDisposable {
  address: string;
  /** The message that has come, from our first field on. */
  received(): Promise<Uint8Array>;
}

async function startSink(folder: string): Promise<Sink> {
  const address = makeAddress();
  const dump = `${folder}/sink`;
  await Deno.mkdir(dump);
  await Deno.chmod(dump, 0o777);
  // As root it wants to become somebody else, who may not enter the folder.
  const user = Deno.uid() === 0 ? ["-u", "nobody", "-R", dump] : [];
  const place = Deno.uid() === 0 ? "" : `${dump}/`;
  const daemon = await Daemon.start({
    command: [
      ...[pathOf("smtp-sink"), ...user, "-d", `${place}mail.`],
      ...[`inet:${address}:${PORT}`, "10"],
    ],
    isReady: () => isListening(address),
  });
  return {
    address,
    received: async () => {
      const [file] = await Array.fromAsync(Deno.readDir(dump));
      const text = toText(await Deno.readFile(`${dump}/${file!.name}`));
      assertMatch(text, /^X-Client-Addr: /);
      return toBytes(text.slice(text.search(/^DKIM-Signature: /m)));
    },
    [Symbol.asyncDispose]: () => daemon.end(),
  };
}

async function isListening(hostname: string): Promise<boolean> {
  try {
    (await Deno.connect({ hostname, port: PORT })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

function crlf(text: string): Uint8Array {
  return toBytes(text.replaceAll("\n", "\r\n"));
}
