// SPF and DMARC by process: rejected, deferred, taken; the text for the SMTP client; whose mail is not
// looked at. tests/pass has every letter in memory.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Zone } from "../../scripts/host/dns_server.ts";
import { makeEnvelope } from "../support/queue.ts";
import { MAIL } from "../support/signed_mail.ts";
import { signDkim } from "../support/verifying.ts";
import {
  assertLogged,
  assertNotQueued,
  Incoming,
  resultsOf,
  VERIFIERS,
} from "../support/incoming.ts";
import { ZONE } from "../support/inbound.ts";
import { endToEnd } from "../support/requirements.ts";

const DNS: Zone = {
  ...ZONE,
  "example.com": ["v=spf1 ip4:198.51.100.1 -all exp=why.example.com"],
  "why.example.com": ["%{i} is not ours"],
  "_dmarc.example.com": ["v=DMARC1; p=reject"],
  "plain.example.com": ["v=spf1 -all"],
  "slow.example.com": { errors: { TXT: "servfail" } },
};

const FROM_ANN = makeEnvelope("ann@example.com", ["bob@example.net"]);
const FROM_SLOW = makeEnvelope("ann@slow.example.com", ["bob@example.net"]);

type Variables = Record<string, string>;

/** What refuses, with which exit code, and what the client is told. */
const REFUSED: [Variables, Uint8Array, code: number, text: string][] = [
  [
    { SPFVERIFY: "B" },
    FROM_ANN,
    31,
    "DSPF check failed for example.com (#5.7.23) Explanation of example.com: 192.0.2.1 is not ours",
  ],
  [
    { SPFVERIFY: "2" },
    FROM_SLOW,
    71,
    "ZSPF check of slow.example.com is not possible now (#4.4.3)",
  ],
  [
    { DMARCVERIFY: "B" },
    FROM_ANN,
    31,
    "DEmail rejected per DMARC policy for example.com (#5.7.1)",
  ],
  [
    { DMARCVERIFY: "b" },
    FROM_ANN,
    71,
    "ZDMARC check of example.com is not possible now (#4.4.3)",
  ],
];

/** A host that asks for nothing but what a test says. */
async function openHost(): Promise<Incoming> {
  const host = await Incoming.open(DNS);
  delete host.env.DKVERIFY;
  return host;
}

for (const program of VERIFIERS) {
  for (const [env, envelope, code, text] of REFUSED) {
    const [[name, value]] = Object.entries(env) as [[string, string]];
    endToEnd(`\`${program}\` exits ${code} for ${name}=${value}`, async () => {
      await using host = await openHost();
      const run = { message: MAIL, envelope };
      const plain = await host.run(program, { ...run, env });
      assertNotQueued(plain, code);
      assertLogged(plain, code === 31 ? "rejected" : "deferred");
      const told = await host.run(program, {
        ...run,
        errorFd: 6,
        env: { ...env, ERROR_FD: "6" },
      });
      assertNotQueued(told, 82);
      assertEquals(told.errorText, text);
    });
  }

  endToEnd(
    `\`${program}\` says what SPF and DMARC say, and takes the message`,
    async () => {
      await using host = await openHost();
      const message = signDkim(MAIL);
      const result = await host.run(program, {
        message,
        envelope: FROM_ANN,
        env: { SPFVERIFY: "B", DMARCVERIFY: "B" },
      });
      const [, dkim, ...others] = resultsOf(message, result);
      assert(dkim?.startsWith("dkim=pass (ok) header.d=example.com"), dkim);
      assertEquals(others, [
        "spf=fail (-all) smtp.mailfrom=example.com",
        "dmarc=pass (p=reject) header.from=example.com",
      ]);
      assertMatch(
        result.stderr,
        / spf=fail reason=-all spf_domain=example.com dmarc=pass reason=p=reject questions=3 /,
      );
    },
  );

  /** Whose mail is not looked at, and what the log says. */
  const UNTOUCHED: [who: string, Variables, Uint8Array, reason: string][] = [
    ["a relay client", { RELAYCLIENT: "" }, FROM_ANN, "RELAYCLIENT is set"],
    ["this host", { TCPREMOTEIP: "" }, FROM_ANN, "no client address"],
    [
      "qmail-send: a bounce",
      { TCPREMOTEIP: "" },
      makeEnvelope("", ["bob@example.net"]),
      "no client address",
    ],
    ["nobody's address", { TCPREMOTEIP: "x" }, FROM_ANN, "no client address"],
  ];
  for (const [who, env, envelope, reason] of UNTOUCHED) {
    // What qmail-dk does for a relay client is to sign.
    if (program === "qmail-dk" && "RELAYCLIENT" in env) continue;
    endToEnd(
      `\`${program}\` passes on mail of ${who}, and asks nothing`,
      async () => {
        await using host = await openHost();
        const { code, stderr, queued } = await host.run(program, {
          message: MAIL,
          envelope,
          env: { SPFVERIFY: "ABCDEFG", DMARCVERIFY: "ABCDEFGH", ...env },
        });
        assertEquals(code, 0, stderr);
        assertEquals(new TextDecoder().decode(queued!.message), MAIL);
        assertEquals(host.dns.questions, []);
        assertMatch(stderr, new RegExp(`passed on reason="${reason}"`));
      },
    );
  }

  endToEnd(
    `\`${program}\` knows a client by PROTO and SSLREMOTEIP`,
    async () => {
      await using host = await openHost();
      delete host.env.TCPREMOTEIP;
      const result = await host.run(program, {
        message: MAIL,
        envelope: FROM_ANN,
        env: { SPFVERIFY: "", PROTO: "SSL", SSLREMOTEIP: "198.51.100.1" },
      });
      assertEquals(resultsOf(MAIL, result).slice(1), [
        "spf=pass (ip4:198.51.100.1) smtp.mailfrom=example.com",
      ]);
    },
  );

  for (
    const [what, env, files] of [
      ["SPFVERIFY=7", { SPFVERIFY: "7" }, {}],
      ["SPFRULES that do not parse", { SPFVERIFY: "", SPFRULES: "x" }, {}],
      ["control/spfrules that do not parse", { SPFVERIFY: "" }, {
        spfrules: "x\n",
      }],
      ["a bad macro in control/spfexp", { SPFVERIFY: "" }, { spfexp: "%x\n" }],
    ] as [string, Variables, Record<string, string>][]
  ) {
    endToEnd(`\`${program}\` exits 55 for ${what}`, async () => {
      await using host = await openHost();
      for (const [name, text] of Object.entries(files)) {
        await host.write(`control/${name}`, text);
      }
      assertNotQueued(await host.run(program, { message: MAIL, env }), 55);
      assertEquals(host.dns.questions, []);
    });
  }
}

endToEnd(
  "`qmail-dk` prefers to verify by SPFVERIFY and DMARCVERIFY as by DKVERIFY",
  async () => {
    await using host = await openHost();
    for (const name of ["SPFVERIFY", "DMARCVERIFY"]) {
      const result = await host.run("qmail-dk", {
        message: MAIL,
        env: { [name]: "", DKSIGN: "/nonexistent" },
      });
      assertEquals(resultsOf(MAIL, result).length > 1, true);
    }
  },
);

endToEnd(
  "`dk-verify` takes SPFRULES and SPFEXP out of control files",
  async () => {
    await using host = await openHost();
    await host.write("control/spfrules", "ip4:203.0.113.1\n");
    await host.write("control/spfexp", "ask %{r}\n");
    const judge = (ip: string) =>
      host.run("dk-verify", {
        message: MAIL,
        envelope: makeEnvelope("ann@plain.example.com", ["bob@example.net"]),
        errorFd: 6,
        env: { SPFVERIFY: "B", TCPREMOTEIP: ip, ERROR_FD: "6" },
      });
    assertEquals(resultsOf(MAIL, await judge("203.0.113.1")).slice(1), [
      "spf=fail (local rules) smtp.mailfrom=plain.example.com",
    ]);
    const { errorText } = await judge("203.0.113.2");
    assertEquals(
      errorText,
      "DSPF check failed for plain.example.com (#5.7.23) Explanation of plain.example.com: ask mx.example.net",
    );
  },
);
