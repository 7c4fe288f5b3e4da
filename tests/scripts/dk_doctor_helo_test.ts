// dk-doctor and HELO, which SPF needs for bounces: it is looked for in a message that the site's SMTP
// server hands on, and nothing of that message is queued.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Status } from "../../scripts/dk_doctor/finding.ts";
import { currentAccount } from "../../scripts/dk_doctor/accounts.ts";
import { trySmtp } from "../../scripts/dk_doctor/smtp_trial.ts";
import { Installation, pick, pickOne } from "../support/doctor.ts";

/** A server that takes one message, and writes the field of a test. It knows QMAILQUEUE. */
function serverOf(field: string, queue = 'exec "$QMAILQUEUE"'): string {
  return `#!/bin/sh
say() { printf '%s\\r\\n' "$1"; read -r line; }
printf '220-wait\\r\\n'; say '220 mx.example.com'
helo=\${line#HELO }; helo=\${helo%?}
say '250 hello'; say '250 ok'; say '250 ok'
printf '354 go\\r\\n'
cr=$(printf '\\r')
exec 3<&0
{ printf '${field}\\n' "$helo" "$TCPREMOTEIP"
  while read -r line && [ "$line" != ".$cr" ]; do printf '%s\\n' "\${line%?}"; done <&3
} >message
printf 'F\\0Tpostmaster@example.com\\0\\0' >envelope
( ${queue} ) <message 1<envelope 2>/dev/null || { say '451 qq'; exit; }
say '250 ok'; say '221 bye'
`;
}

const QMAIL =
  "Received: from unknown (HELO %s) (%s)\\n  by mx.example.com with SMTP; 27 Nov 2026 12:00:00 -0000";

/** A site whose server is checked by SPF, with a run script. */
async function openSite(
  name: string,
  server: string,
  variables = 'SPFVERIFY=""',
): Promise<[site: Installation, args: string[]]> {
  const site = await Installation.open(["dk-verify"]);
  const path = server.startsWith("/")
    ? server
    : await site.write(`server/${name}`, server, 0o755);
  const run = await site.write(
    "run",
    `#!/bin/sh
QMAILQUEUE=${site.folder}/bin/dk-verify ${variables}
exec tcpserver 0 smtp ${path}
`,
  );
  return [site, ["--run", run]];
}

const SERVERS: Record<
  string,
  [name: string, server: string, status: Status, detail: RegExp]
> = {
  "a qmail-smtpd": [
    "qmail-smtpd",
    serverOf(QMAIL),
    "ok",
    /^HELO is found in its mail/,
  ],
  "a server that writes another field": [
    "qmail-smtpd",
    serverOf("Received: from (HELO:%s) [%s] by mx.example.com"),
    "warn",
    /^HELO is not found in "Received: from \(HELO:client\.dk-doctor\.invalid\) \[192\.0\.2\.1\]/,
  ],
  "a server that exports it": [
    "qmail-smtpd",
    serverOf(
      "Received: by mx.example.com%.0s%.0s",
      'SMTPHELOHOST=$helo exec "$QMAILQUEUE"',
    ),
    "ok",
    /^HELO is found/,
  ],
  "a server that takes no mail": [
    "qmail-smtpd",
    "#!/bin/sh\n# QMAILQUEUE\nprintf '554 go away\\r\\n'\n",
    "warn",
    /^not tried .*: it says 554 go away$/,
  ],
  "a server that ends": [
    "smtpfront-qmail",
    "#!/bin/sh\nexit 1\n",
    "warn",
    /^not tried .*: it ends without an answer$/,
  ],
  "a server that queues by itself": [
    "smtpfront-qmail",
    serverOf(QMAIL, ":"),
    "warn",
    /^not tried .*: it does not start what QMAILQUEUE names$/,
  ],
  "qmail 1.03, which would queue it": [
    "qmail-smtpd",
    serverOf(QMAIL).replaceAll("QMAILQUEUE", "QUEUE"),
    "warn",
    /^not tried .*: it does not know QMAILQUEUE$/,
  ],
};
for (const [what, [name, server, status, detail]] of Object.entries(SERVERS)) {
  Deno.test(`\`dk-doctor\` says ${status} of HELO with ${what}`, async () => {
    const [site, args] = await openSite(name, inTemporary(server));
    await using _ = site;
    const finding = pickOne(await site.examine(args), "helo");
    assertMatch(finding.detail, detail);
    assertEquals(finding.status, status);
    assertEquals(finding.advice === null, status === "ok");
  });
}

Deno.test("`dk-doctor` says nothing of HELO where SPF is not checked", async () => {
  const server = inTemporary(serverOf(QMAIL));
  const [site, args] = await openSite("qmail-smtpd", server, 'DKVERIFY=""');
  await using _ = site;
  assertEquals(pick(await site.examine(args), "helo"), []);
});

Deno.test("`trySmtp()` waits for no server longer than it is told", async () => {
  const sleeper = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(sleeper, "#!/bin/sh\nexec sleep 60\n");
    await Deno.chmod(sleeper, 0o755);
    const account = await currentAccount();
    const start = performance.now();
    const outcome = await trySmtp([sleeper], account, {}, 100);
    assert(performance.now() - start < 30_000);
    assertEquals(outcome, { reason: "it does not answer within 0.1 s" });
  } finally {
    await Deno.remove(sleeper);
  }
});

const SMTPFRONT = "/usr/sbin/smtpfront-qmail";
const isThere = await Deno.stat(SMTPFRONT).then(() => true, () => false);
Deno.test({
  name: `\`dk-doctor\` finds HELO in the mail of smtpfront-qmail${
    isThere ? "" : ` (ignored: no ${SMTPFRONT})`
  }`,
  ignore: !isThere,
  async fn() {
    const [site, args] = await openSite(
      "",
      SMTPFRONT,
      'SPFVERIFY="" QMAILHOME=/tmp',
    );
    await using _ = site;
    const finding = pickOne(await site.examine(args), "helo");
    assertEquals([finding.detail, finding.status], [
      "HELO is found in its mail, as SPF needs it",
      "ok",
    ]);
  },
});

/** A script whose files are in a folder of their own. */
function inTemporary(script: string): string {
  return script.replace(
    "\n",
    '\nfolder=$(mktemp -d) && cd "$folder" && trap \'rm -r "$folder"\' EXIT\n',
  );
}
