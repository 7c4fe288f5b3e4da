// dk-doctor and what qmail-remote makes of a bare CR: it is seen at the wire, and DKBARECR recommended
// where a message would become two.

import { assertEquals, assertMatch } from "@std/assert";
import { Installation, pick, pickOne } from "../support/doctor.ts";
import { runToEnd } from "../support/ended.ts";
import { endToEnd } from "../support/requirements.ts";
import { ROOT } from "./requirements.ts";

const STANDIN =
  new URL("../support/standin_remote.ts", import.meta.url).pathname;

/** A site with a qmail-remote that does so. */
async function openSite(way: string): Promise<[Installation, string]> {
  const site = await Installation.open(["dk-sign"]);
  const deno = await Deno.realPath(Deno.execPath());
  const path = await site.write(
    "bin/real-remote",
    `#!/bin/sh\nexec ${deno} run -A ${STANDIN} ${way} "$@"\n`,
    0o755,
  );
  site.env.DKREMOTE = path;
  return [site, path];
}

const LETS = "lets bare CRs pass, of which ";
const ADVICE = "DKBARECR=reject, where it is set: tcp.smtp, envdir or run";

const WAYS: Record<string, ["ok" | "warn", detail: string, advice?: string]> = {
  breaks: [
    "warn",
    "PATH makes line breaks: with a dot between two of them a message becomes two",
    ADVICE,
  ],
  keeps: ["ok", "PATH makes no line breaks"],
};

for (const [way, [status, detail, advice]] of Object.entries(WAYS)) {
  endToEnd(
    `\`dk-doctor\` sees at the wire that a qmail-remote ${way} bare CRs`,
    async () => {
      const [site, path] = await openSite(way);
      await using _ = site;
      assertEquals(pickOne(await site.examine(), "bare CR"), {
        check: "bare CR",
        status,
        subject: "DKBARECR",
        detail: LETS + detail.replace("PATH", path),
        advice: advice ?? null,
      });
    },
    ROOT,
  );
}

endToEnd(
  "`dk-doctor` asks no qmail-remote where DKBARECR refuses, or where none is there",
  async () => {
    const [site, path] = await openSite("breaks");
    await using _ = site;
    for (
      const env of [
        { DKBARECR: "reject" },
        { DKBARECR: "defer" },
        { DKREMOTE: `${path}.none` },
      ]
    ) {
      assertEquals(pick(await site.examine([], env), "bare CR"), []);
    }
  },
  ROOT,
);

endToEnd(
  "`dk-doctor` says why a qmail-remote was not tried: a route for all mail, or it sends nothing",
  async () => {
    const [site, path] = await openSite("breaks");
    await using _ = site;
    await site.write("control/smtproutes", "a.example:b\n:smarthost.example\n");
    const routed = pickOne(await site.examine(), "bare CR");
    assertEquals([routed.status, routed.advice], ["ok", ADVICE]);
    assertMatch(routed.detail, /not tried: control\/smtproutes would have/);
    await site.write("control/smtproutes", "a.example:b\n");
    await site.write(
      "bin/real-remote",
      "#!/bin/sh\necho 'Zno such thing'\n",
      0o755,
    );
    const silent = pickOne(await site.examine(), "bare CR");
    assertEquals([silent.status, silent.advice], ["ok", ADVICE]);
    assertEquals(
      silent.detail.split(`${path} was not tried: `)[1],
      "Zno such thing",
    );
  },
  ROOT,
);

/** Where a site switches dk-sign on, and what of it is said. */
const PLACES: Record<
  string,
  (site: Installation) => Promise<{ args: string[] }>
> = {
  "a run script": async (site) => {
    const run = await site.write(
      "service/smtpd/run",
      `#!/bin/sh\nQMAILQUEUE=${site.folder}/bin/dk-sign; export QMAILQUEUE\nexec tcpserver 0 25 qmail-smtpd\n`,
      0o755,
    );
    return { args: ["--run", run] };
  },
  "a unit of systemd": async (site) => {
    const unit = await site.write(
      "smtpd.service",
      `[Unit]\nDescription=mail\n[Service]\nEnvironment=QMAILQUEUE=${site.folder}/bin/dk-sign\nExecStart=/usr/bin/tcpserver 0 25 qmail-smtpd\n`,
    );
    return { args: ["--run", unit] };
  },
  "an envdir": async (site) => {
    await site.write(
      "service/smtpd/env/QMAILQUEUE",
      `${site.folder}/bin/dk-sign\n`,
    );
    const run = await site.write(
      "service/smtpd/run",
      `#!/bin/sh\nexec envdir ${site.folder}/service/smtpd/env tcpserver 0 25 qmail-smtpd\n`,
      0o755,
    );
    return { args: ["--run", run] };
  },
  "the text of tcprules": async (site) => {
    const rules = await site.write(
      "tcp.smtp",
      `127.:allow,RELAYCLIENT="",QMAILQUEUE="${site.folder}/bin/dk-sign"\n:deny\n`,
    );
    return { args: ["--rules", rules] };
  },
};

for (const [place, prepare] of Object.entries(PLACES)) {
  endToEnd(
    `\`dk-doctor\` recommends DKBARECR for ${place}, and its remedy helps`,
    async () => {
      const [site] = await openSite("breaks");
      await using _ = site;
      const { args } = await prepare(site);
      const { status, advice } = pickOne(await site.examine(args), "bare CR");
      assertEquals(status, "warn");
      // The text alone is looked at here, and systemd may not run.
      const typed = advice!.replace(/ && (tcprules|systemctl) .*/, "");
      const { code, stderr } = await runToEnd(["sh", "-c", typed]);
      assertEquals([code, stderr], [0, ""]);
      assertEquals(pick(await site.examine(args), "bare CR"), []);
    },
    ROOT,
  );
}
