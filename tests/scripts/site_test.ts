// What is read of a machine that has qmail: run scripts, rules of tcpserver and their cdb. What
// tcprules(1) makes of a text is held against what we make of it.

import { assertEquals, assertThrows } from "@std/assert";
import { listCdb } from "../../scripts/site/cdb.ts";
import {
  compareRules,
  parseRules,
  readRulesCdb,
} from "../../scripts/site/rules.ts";
import { parseRunScript } from "../../scripts/site/run_script.ts";
import { ignoreUnless } from "../debian/requirements.ts";
import { endToEnd } from "../support/requirements.ts";
import { Random } from "../support/random.ts";

const TCPRULES = ignoreUnless("tcprules");

/** What tcprules makes of a text; `undefined` where it refuses it. */
async function compile(text: string): Promise<Uint8Array | undefined> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/text`, text);
    const { success } = await new Deno.Command("/bin/sh", {
      args: ["-c", "exec tcprules cdb tmp <text 2>/dev/null"],
      cwd: folder,
    }).output();
    return success ? await Deno.readFile(`${folder}/cdb`) : undefined;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const TEXTS: Record<string, string> = {
  "nothing": "",
  "a comment alone": "# 1.2.3.4:allow\n\nno rule\n",
  "a line that nothing ends": ':allow,DKVERIFY=""',
  "every kind of address": "1.2.3.4:allow\n1.2.3.:deny\n=.example.com:allow\n" +
    "=:deny\njoe@1.2.3.4:allow\njoe@=host:deny\n:allow\n",
  "ranges": "1.2.3.4-6:allow,A=/b/\n10.0-2.:deny\n1-3:allow\n5-4.:allow\n",
  "other quotes, and quotes in a value":
    `1.:allow,A=/b"c/,B=,d,,C="x, y=z",D="",E=xyx\n`,
  "variables of what is denied": '1.:deny,A="b"\n',
  "blanks at the end": '1.:allow  \n2.:allow\t\n3.:allow,A="b" \n',
  "two rules for an address": '1.:allow,A="1"\n1.:allow,A="2"\n',
  "a comma and nothing": ":allow,\n",
  "a name and nothing": ":allow,A\n",
  "a value that nothing ends": ':allow,A="b\n',
  "another word": ":permit\n",
  "letters after the word": ":allowed\n",
  "octets that are no ASCII": '1.:allow,A="\u00fc\u0085"\n',
};

for (const [name, text] of Object.entries(TEXTS)) {
  endToEnd(
    `\`parseRules()\` reads ${name} as tcprules does`,
    async () => {
      const cdb = await compile(text);
      const octets = new TextDecoder("utf-8");
      if (cdb === undefined) {
        assertThrows(() => parseRules(text), SyntaxError);
        return;
      }
      const found = readRulesCdb(cdb).map((rule) => ({
        ...rule,
        env: Object.fromEntries(
          Object.entries(rule.env).map(([name, value]) => [
            name,
            octets.decode(
              Uint8Array.from(value, (char) => char.charCodeAt(0)),
            ),
          ]),
        ),
      }));
      assertEquals(compareRules(parseRules(text), found), []);
    },
    TCPRULES,
  );
}

endToEnd(
  "`compareRules()` names the addresses of which text and cdb say something else",
  async () => {
    const cdb = readRulesCdb(
      (await compile(
        '1.:allow\n2.:deny\n3.:allow,A="b"\n4.:allow\n:allow\n',
      ))!,
    );
    const text = parseRules(
      '1.:allow\n2.:allow\n3.:allow,A="c"\n5.:deny\n:allow\n',
    );
    assertEquals(compareRules(text, cdb), ["2.", "3.", "5.", "4."]);
  },
  TCPRULES,
);

endToEnd(
  "`listCdb()` refuses a cdb that is cut or damaged, and throws nothing else",
  async () => {
    const whole = (await compile(TEXTS["every kind of address"]!))!;
    const random = new Random(11);
    for (let n = 0; n < 300; n++) {
      assertThrows(
        () => listCdb(whole.subarray(0, random.below(whole.length))),
        SyntaxError,
      );
      const damaged = Uint8Array.from(whole);
      damaged[random.below(damaged.length)] = random.below(256);
      try {
        readRulesCdb(damaged);
      } catch (error) {
        assertEquals((error as Error).name, "SyntaxError");
      }
    }
  },
  TCPRULES,
);

interface Script {
  text: string;
  kind: string;
  user?: string;
  env?: Record<string, string>;
  envdirs?: string[];
  rules?: string[];
}

const SCRIPTS: Record<string, Script> = {
  "the one of Life with qmail": {
    text: `#!/bin/sh
QMAILDUID=\`id -u qmaild\`
if [ -z "$QMAILDUID" ]; then
    echo "not set # here"; exit 1
fi
exec /usr/local/bin/softlimit -m 2000000 \\
    /usr/local/bin/tcpserver -v -R -l "$LOCAL" -x /etc/tcp.smtp.cdb -c "$MAX" \\
        -u "$QMAILDUID" -g "$NOFILESGID" 0 smtp /var/qmail/bin/qmail-smtpd 2>&1
`,
    kind: "server",
    user: "qmaild",
    env: { QMAILDUID: "`id -u qmaild`" },
    rules: ["/etc/tcp.smtp.cdb"],
  },
  "variables of its own": {
    text:
      `BIN="/var/qmail/bin" # why\nexport QMAILQUEUE=$BIN/qmail-dk DKSIGN='a b'\nqmail-smtpd`,
    kind: "server",
    env: {
      BIN: "/var/qmail/bin",
      QMAILQUEUE: "/var/qmail/bin/qmail-dk",
      DKSIGN: "a b",
    },
  },
  "qmail's rc, with env -": {
    text:
      'A=b; exec env - PATH="/var/qmail/bin:$PATH" \\\nqmail-start ./Mailbox splogger qmail\n',
    kind: "send",
    env: { PATH: "/var/qmail/bin:$PATH" },
  },
  "chpst and tcpsvd": {
    text:
      "exec chpst -u qmaild:nofiles -e ./env tcpsvd -vx rules.cdb 0 25 qmail-smtpd",
    kind: "server",
    user: "qmaild",
    envdirs: ["/service/x/env"],
    rules: ["/service/x/rules.cdb"],
  },
  "tinydns, beside mail": {
    text:
      "# as qmail-smtpd\nexec envuidgid tinydns envdir ./env softlimit -d300000 /usr/local/bin/tinydns",
    kind: "other",
    user: "tinydns",
    envdirs: ["/service/x/env"],
  },
  "a log of qmail-smtpd": {
    text: "exec setuidgid qmaill multilog t /var/log/qmail/smtpd\n",
    kind: "other",
    user: "qmaill",
  },
};

for (const [name, { text, kind, ...expected }] of Object.entries(SCRIPTS)) {
  Deno.test(`\`parseRunScript()\` reads a run script: ${name}`, () => {
    const script = parseRunScript("/service/x/run", text);
    const { words, wordSources, sources, ...rest } = script;
    assertEquals(wordSources, words.map(() => "/service/x/run"));
    assertEquals(
      sources,
      Object.fromEntries(
        Object.keys(expected.env ?? {}).map((name) => [name, "/service/x/run"]),
      ),
    );
    assertEquals(rest, {
      path: "/service/x/run",
      included: [],
      kind: kind as typeof script.kind,
      user: expected.user,
      env: expected.env ?? {},
      envdirs: expected.envdirs ?? [],
      rules: expected.rules ?? [],
    });
  });
}

Deno.test("`parseRunScript()` reads the script that a run script goes on with", () => {
  const script = parseRunScript(
    "/service/qmail-send/run",
    "#!/bin/sh\nDKSIGN=/k/%/a\nexport DKSIGN\nexec /var/qmail/rc\n",
    (path) =>
      path === "/var/qmail/rc" ? "PATH=/p:$PATH qmail-start ./Mailbox" : "",
  );
  assertEquals([script.kind, script.included], ["send", ["/var/qmail/rc"]]);
  assertEquals(script.env, { DKSIGN: "/k/%/a", PATH: "/p:$PATH" });
  assertEquals(script.sources, {
    DKSIGN: "/service/qmail-send/run",
    PATH: "/var/qmail/rc",
  });
});
