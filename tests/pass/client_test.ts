// The HELO name out of the Received field on top of a message: as each SMTP server writes it, and
// nothing gained by a client that lies.

import { assertEquals } from "@std/assert";
import { parseHeader } from "../../lib/message/header.ts";
import { findHelo } from "../../lib/pass/client.ts";
import { parseClientAddress } from "../../lib/spf/address.ts";
import { fuzz } from "../support/fuzz.ts";

const IP = "192.0.2.1";

function helo(header: string, ip = IP): string | undefined {
  return findHelo(parseHeader(header), parseClientAddress(ip)!);
}

const BY = "\n  by mx.example.net with SMTP; 27 Nov 2026 01:00:00 -0000\n";

/** Who writes it, the field from its colon on, and the name. */
const FOUND: [who: string, value: string, name: string, ip?: string][] = [
  [
    "qmail-smtpd",
    ` from unknown (HELO mail.example.com) (192.0.2.1)${BY}`,
    "mail.example.com",
  ],
  [
    "qmail-smtpd with ident",
    ` from relay.example.com (HELO mail.example.com) (7@192.0.2.1)${BY}`,
    "mail.example.com",
  ],
  [
    "qmail-smtpd, HELO is the host's name",
    ` from mail.example.com (192.0.2.1)${BY}`,
    "mail.example.com",
  ],
  [
    "qmail-smtpd, the same with ident",
    ` from mail.example.com (user@192.0.2.1)${BY}`,
    "mail.example.com",
  ],
  [
    "netqmail over IPv6",
    ` from unknown (HELO mail.example.com) (2001:db8::1)${BY}`,
    "mail.example.com",
    "2001:DB8:0:0:0:0:0:1",
  ],
  [
    "a server that tells EHLO",
    ` from unknown (EHLO mail.example.com) (192.0.2.1)${BY}`,
    "mail.example.com",
  ],
  [
    "sagredo's, with the user who has signed in",
    " from unknown (HELO mail.example.com) (ann@example.org@192.0.2.1)" +
    "\n  by mx.example.net with ESMTPSA (TLS_AES_256_GCM_SHA384 encrypted); 27 Nov 2026 01:00:00 -0000\n",
    "mail.example.com",
  ],
  [
    "indimail",
    ` indimail-mta smtpd 4711 from unknown (HELO mail.example.com) (@192.0.2.1)${BY}`,
    "mail.example.com",
  ],
  [
    "mailfront",
    " from mail.example.com (relay.example.com [192.0.2.1])" +
    "\n  by mx.example.net ([198.51.100.1])\n  with ESMTP via TCP; 27 Nov 2026 01:00:00 -0000\n",
    "mail.example.com",
  ],
  [
    "mailfront without a host",
    ` from mail.example.com ([192.0.2.1])${BY}`,
    "mail.example.com",
  ],
  [
    "mailfront, an IPv4-mapped address",
    ` from mail.example.com ([::ffff:192.0.2.1])${BY}`,
    "mail.example.com",
  ],
];
for (const [who, value, name, ip] of FOUND) {
  Deno.test(`\`findHelo()\` finds the name that is written by ${who}`, () => {
    assertEquals(helo(`Received:${value}From: a@b.c\n`, ip), name);
  });
}

const QMAIL = `Received: from unknown (HELO a.example) (192.0.2.1)${BY}`;

Deno.test("`findHelo()` looks below what filters have put on top", () => {
  const above = "received-spf: none\nAuthentication-Results: x; none\n";
  assertEquals(helo(above + QMAIL), "a.example");
});

const UNKNOWN: [what: string, header: string][] = [
  ["no field", ""],
  ["another field on top", `X-A: b\n${QMAIL}`],
  ["a line that is no field on top", `x\n${QMAIL}`],
  ["a Received field of another hop on top", `Received: x\n${QMAIL}`],
  ["another client's address", QMAIL.replace("2.1)", "2.2)")],
  [
    "an address in brackets, as qmail-ldap has it",
    QMAIL.replace("(192.0.2.1)", "([192.0.2.1])"),
  ],
  ["no address", `Received: from unknown (HELO a.example)${BY}`],
  ["no HELO and no host", `Received: from unknown (192.0.2.1)${BY}`],
  ["a message of this host", "Received: (qmail 1 invoked by uid 2); 3\n"],
  [
    "a question mark: qmail took something out",
    QMAIL.replace("a.example", "?192.0.2.9?"),
  ],
  ["a space in HELO, which indimail leaves", QMAIL.replace("a.example", "a b")],
  ["a line break in HELO", QMAIL.replace("a.example", "a\n b")],
  ["a bracket after HELO", QMAIL.replace("a.example", "a) (HELO b")],
  ["text after the address", QMAIL.replace("2.1)", "2.1)x")],
];
for (const [what, header] of UNKNOWN) {
  Deno.test(`\`findHelo()\` knows no name with ${what}`, () => {
    assertEquals(helo(header), undefined);
  });
}

/** What a client says to mailfront, which writes it as it is; and the name that is made of it. */
const LIES: [said: string, name: string | undefined][] = [
  ["[192.0.2.9]", "[192.0.2.9]"],
  ["b.example (x [192.0.2.1])", "b.example"],
  ["b.example ([192.0.2.9])", undefined],
  ["unknown (HELO b.example) (192.0.2.1)", "b.example"],
  ["unknown (HELO b.example) (192.0.2.9)", undefined],
  ["b.example\0", "b.example\0"],
  ["caf\xe9.example", "caf\xe9.example"],
  ["a b", undefined],
  ["", undefined],
];
for (const [said, name] of LIES) {
  Deno.test(`\`findHelo()\` makes ${JSON.stringify(name)} of a client that says ${JSON.stringify(said)}`, () => {
    assertEquals(
      helo(`Received: from ${said} (h.example [192.0.2.1])${BY}`),
      name,
    );
  });
}

Deno.test("`findHelo()` reads a field of 1 MiB in no time that grows with its square", () => {
  for (const piece of ["@", "(", " ", "a@", "(a", "[", "a ("]) {
    const text = piece.repeat((1 << 20) / piece.length);
    assertEquals(helo(`Received: from ${text}\n`), undefined);
    assertEquals(helo(`Received: from x (${text}\n`), undefined);
  }
});

fuzz({
  name: "findHelo",
  parse: helo,
  seeds: [
    QMAIL,
    ...FOUND.map(([, value]) => `Received:${value}`),
    `received-spf: none\nAuthentication-Results: x; none\n${QMAIL}`,
  ],
  frames: [["Received: from ", ""], ["Received: from x (", " [192.0.2.1])\n"]],
}, 506);
