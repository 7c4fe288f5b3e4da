// Shows the programs at work in a temporary folder, without a mail server: makes a key, sends a message
// through dk-sign into a Maildir, verifies it with dk-verify, and prints the new fields and the record.

import { startDnsServer } from "../host/dns_server.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const MESSAGE = `${ROOT}scripts/demo/demo.eml`;
const DENO_RUN = [Deno.execPath(), "run", "--quiet", "--allow-all"];

async function demonstrate(folder: string): Promise<void> {
  const keys = `${folder}/domainkeys/example.com`;
  await Deno.mkdir(keys, { recursive: true });
  const envelope = `${folder}/envelope`;
  await Deno.writeTextFile(
    envelope,
    "Falice@example.com\0Tbob@example.net\0\0",
  );

  heading(
    "A key for example.com",
    "dknewkey /etc/domainkeys/example.com/default",
  );
  const record = await run([
    ...DENO_RUN,
    `${ROOT}scripts/dknewkey/main.ts`,
    `${keys}/default`,
  ]);
  console.log("The record to publish in the zone of example.com:\n");
  console.log(abbreviate(record));

  heading(
    "A message, signed on its way into the queue",
    "dk-sign qmail-queue <message 1<envelope",
  );
  const delivered = await send({
    filter: "dk_sign",
    message: MESSAGE,
    envelope,
    maildir: `${folder}/sent`,
    env: { DKSIGN: `${folder}/domainkeys/%/default` },
  });
  const sent = await Deno.readTextFile(MESSAGE);
  if (!delivered.endsWith(sent)) {
    throw new Error("The message is not what was sent");
  }
  console.log("Below these fields it is byte for byte what was sent:\n");
  console.log(indent(withoutTrace(delivered).slice(0, -sent.length)));

  heading(
    "The message comes in, as it was and changed",
    "dk-verify qmail-queue <message 1<envelope",
  );
  const [, text = ""] = /"(.*)"/.exec(record) ?? [];
  await using dns = await startDnsServer({
    "default._domainkey.example.com": [text.replaceAll('" "', "")],
  });
  const versions = {
    "as it was": withoutTrace(delivered),
    "changed on the way": withoutTrace(delivered).replace("red", "mauve"),
  };
  for (const [name, message] of Object.entries(versions)) {
    await Deno.writeTextFile(`${folder}/message`, message);
    const received = await send({
      filter: "dk_verify",
      message: `${folder}/message`,
      envelope,
      maildir: `${folder}/${name}`,
      env: { DKVERIFY: "", DNSCACHEIP: dns.address, CONTROLDIR: folder },
    });
    console.log(`${name}:\n`);
    console.log(indent(withoutTrace(received).slice(0, -message.length)));
  }

  heading("The same on your server", "");
  console.log(
    indent(
      `dknewkey /etc/domainkeys/YOUR.DOMAIN/default      and publish what it prints
in tcp.smtp, for those whose mail you relay, and for everybody else:
  10.:allow,RELAYCLIENT="",QMAILQUEUE="/var/qmail/bin/qmail-dk"
  :allow,DKVERIFY="",QMAILQUEUE="/var/qmail/bin/qmail-dk"
qmail-dk looks for /etc/domainkeys/%/default, where % is the domain of From.
`,
    ),
  );
}

interface Sending {
  filter: string;
  message: string;
  envelope: string;
  maildir: string;
  env: Record<string, string>;
}

/** Sends a message through a filter into a Maildir, shows the log, and returns what was delivered. */
async function send(
  { filter, message, envelope, maildir, env }: Sending,
): Promise<string> {
  const queue = [...DENO_RUN, `${ROOT}scripts/host/maildir_queue.ts`];
  const log = await run(
    [...DENO_RUN, `${ROOT}filters/${filter}.ts`, ...queue],
    {
      env: { ...env, MAILDIR: maildir },
      files: [message, envelope],
    },
  );
  console.log(`The log says:\n\n  ${log}`);
  return await readOnlyFile(`${maildir}/new`);
}

/** Drops the fields that the queue and the delivery have added. */
function withoutTrace(message: string): string {
  return message.replace(
    /^(?:(?:Return-Path|Delivered-To|Received): .*\n)*/,
    "",
  );
}

/** Runs a command, its fds 0 and 1 from files where they are given, and returns what it printed. */
async function run(
  command: string[],
  { env = {}, files }: {
    env?: Record<string, string>;
    files?: [string, string];
  } = {},
): Promise<string> {
  // Only a shell gives a program a descriptor 1 to read.
  const line = files === undefined ? 'exec "$@"' : 'exec "$@" <"$FD0" 1<"$FD1"';
  const [FD0 = "", FD1 = ""] = files ?? [];
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", line, "sh", ...command],
    env: { ...env, FD0, FD1 },
    // /tmp is open to every user.
    cwd: "/",
  });
  const { success, stdout, stderr } = await child.output();
  const printed = new TextDecoder().decode(
    files === undefined ? stdout : stderr,
  );
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return printed;
}

async function readOnlyFile(folder: string): Promise<string> {
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  if (names.length !== 1) {
    throw new Error(`"${folder}" has ${names.length} files`);
  }
  return await Deno.readTextFile(`${folder}/${names[0]}`);
}

function heading(title: string, command: string): void {
  console.log(`\n== ${title}`);
  if (command !== "") console.log(`   ${command}`);
  console.log();
}

/** Shortens a long record in its middle. */
function abbreviate(record: string): string {
  return indent(
    record.replace(
      /([A-Za-z0-9+/]{24})[A-Za-z0-9+/" ]+([A-Za-z0-9+/]{12}=*")/,
      "$1...$2",
    ),
  );
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}

const folder = await Deno.realPath(
  await Deno.makeTempDir({ prefix: "dk-demo-" }),
);
try {
  await demonstrate(folder);
} finally {
  await Deno.remove(folder, { recursive: true });
}
