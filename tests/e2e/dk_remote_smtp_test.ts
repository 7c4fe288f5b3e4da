// What dk-remote has signed verifies on the other side of a real SMTP conversation, whatever line
// ends the message had, and the report says what the server has said.

import { assertEquals } from "@std/assert";
import { verify } from "../../lib/api/verify.ts";
import { DnsTable } from "../support/dns_table.ts";
import { rspawnReport, runRemote } from "../support/remote.ts";
import { SmtpSink } from "../support/smtp_sink.ts";
import { largeMail, MAIL, toBytes, toText } from "../support/mail.ts";
import { commandOf } from "../support/programs.ts";
import { endToEnd } from "../support/requirements.ts";
import { Site } from "../support/site.ts";

const SMTP_REMOTE =
  new URL("../support/smtp_remote.ts", import.meta.url).pathname;

async function send(
  site: Site,
  sink: SmtpSink,
  message: string,
  args: string[],
  env: Record<string, string> = {},
) {
  const program = await site.write(
    "qmail-remote",
    `#!/bin/sh\nexec '${Deno.execPath()}' run -A '${SMTP_REMOTE}' "$@"\n`,
  );
  await Deno.chmod(program, 0o755);
  return await runRemote({
    command: [...commandOf("dk-remote"), `127.0.0.1:${sink.port}`, ...args],
    message: toBytes(message),
    env: { ...site.env, ...env, DKREMOTE: program },
  });
}

function resolverOf({ records }: Site): DnsTable {
  return new DnsTable(
    Object.fromEntries(
      Array.from(records, ([name, record]) => [name, [record]]),
    ),
  );
}

const MESSAGES = [
  { name: "LF line ends", message: MAIL },
  { name: "CRLF line ends", message: MAIL.replaceAll("\n", "\r\n") },
  { name: "both", message: `${MAIL}a\r\nb\nc\r\n\r\n\n` },
  { name: "dots", message: `${MAIL}.\n..\n.a\n\n.\r\n` },
  { name: "8-bit bytes and NULs", message: `${MAIL}\xe9\xff\0\n` },
  { name: "no final line end", message: `${MAIL}the end` },
  { name: "no blank line", message: MAIL.slice(0, MAIL.indexOf("\n\n") + 1) },
  { name: "5 MB", message: toText(largeMail(5_000_000)) },
];

for (const { name, message } of MESSAGES) {
  for (const form of ["r", "s"]) {
    endToEnd(
      `what \`dk-remote\` signs with -c ${form} verifies when it was sent: ${name}`,
      async () => {
        await using site = await Site.open();
        await using sink = new SmtpSink();
        const { report, code, signal } = await send(
          site,
          sink,
          message,
          ["ann@example.com", "bob@example.net"],
          {
            DKIMSIGNOPTIONS: `-c ${form}`,
            DKSIGNOPTIONS: `-c ${form === "s" ? "simple" : "nofws"}`,
          },
        );
        const text = rspawnReport({ code, signal }, report);
        assertEquals(text.startsWith("K127.0.0.1:"), true, text);
        const [wire = ""] = sink.messages;
        const { dkim, domainKeys } = await verify(toBytes(wire), {
          resolver: resolverOf(site),
        });
        assertEquals([dkim.result, domainKeys.result], ["pass", "pass"]);
        const changed = wire.replace("Hello Bob", "Hello Rob")
          .replace("the first", "the worst");
        const after = await verify(toBytes(changed), {
          resolver: resolverOf(site),
        });
        assertEquals(
          [after.dkim.result, after.domainKeys.result],
          ["fail", "fail"],
        );
      },
    );
  }
}

endToEnd(
  "`dk-remote` leaves what the server said of three recipients as it is",
  async () => {
    await using site = await Site.open();
    await using sink = new SmtpSink();
    const recipients = ["bob@example.net", "unknown@example.net", "later@b"];
    const { report, code, stderr } = await send(site, sink, MAIL, [
      "",
      ...recipients,
    ]);
    const host = `127.0.0.1:${sink.port}`;
    assertEquals([code, stderr], [0, ""]);
    assertEquals(
      report,
      `r\0h${host} does not like recipient.\nRemote host said: 550 no such user\n\0` +
        `s${host} does not like recipient.\nRemote host said: 451 try again later\n\0` +
        `K${host} accepted message.\nRemote host said: 250 kept\n\0`,
    );
    assertEquals(sink.commands.slice(1), [
      "MAIL FROM:<>",
      ...recipients.map((recipient) => `RCPT TO:<${recipient}>`),
      "DATA",
      "QUIT",
    ]);
  },
);
