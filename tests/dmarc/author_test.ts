// Rows: whose mail it is (RFC 9989 sections 5.3.1, 11.5): one domain in one From field, or a permanent
// error, never none, which would be a way around.

import { testRows } from "../support/dmarc_rows.ts";

const EXAMPLE = { "example.com": "p=reject", "example.net": "p=none" };

testRows([
  {
    shows: "5.3.1: an address alone",
    from: "From: alice@example.com",
    dmarc: EXAMPLE,
    says: "fail reject",
  },
  {
    shows: "5.3.1: a folded field",
    from: "From: Alice\n <alice@example.com>",
    dmarc: EXAMPLE,
    says: "fail reject",
  },
  {
    shows: "5.3.1: comments in the domain",
    from: "From: alice@(x)example.com (Alice)",
    dmarc: EXAMPLE,
    says: "fail reject",
  },
  {
    shows: "5.3.1: an address in a quoted name is none",
    from: 'From: "bob@example.net" <alice@example.com>',
    dmarc: EXAMPLE,
    says: "fail reject",
  },
  {
    shows: "5.3.1: an encoded address in the name is none",
    from: "From: =?utf-8?q?bob=40example=2Enet?= <alice@example.com>",
    dmarc: EXAMPLE,
    says: "fail reject",
  },
  {
    shows: "5.3.1: a bare address in the name",
    from: "From: bob@example.net <alice@example.com>",
    dmarc: EXAMPLE,
    says: "permerror",
    comment: "not one domain in From",
    asked: 0,
  },
  {
    shows: "5.3.1: several addresses of one domain",
    from: "From: alice@example.com, bob@EXAMPLE.com",
    dmarc: EXAMPLE,
    says: "fail reject",
  },
  {
    shows: "11.5: several addresses of several domains",
    from: "From: alice@example.com, bob@example.net",
    dmarc: EXAMPLE,
    says: "permerror",
    asked: 0,
  },
  {
    shows: "11.5: several addresses, one of a subdomain",
    from: "From: alice@example.com, bob@a.example.com",
    dmarc: EXAMPLE,
    says: "permerror",
  },
  {
    shows: "11.5: two From fields",
    from: "From: alice@example.com\nFrom: bob@example.net",
    dmarc: EXAMPLE,
    says: "permerror",
    asked: 0,
  },
  {
    shows: "11.5: two From fields of one domain",
    from: "From: alice@example.com\nfrom: bob@example.com",
    dmarc: EXAMPLE,
    says: "permerror",
  },
  {
    shows: "11.5: two From fields, white space before a colon",
    from: "From: alice@example.com\nFrom : bob@example.net",
    dmarc: EXAMPLE,
    says: "permerror",
  },
  {
    shows: "5.3.1: no From field",
    from: "Sender: alice@example.com",
    dmarc: EXAMPLE,
    says: "permerror",
  },
  {
    shows: "5.3.1: an empty From field",
    from: "From: ",
    dmarc: EXAMPLE,
    says: "permerror",
  },
  {
    shows: "5.3.1: an empty group",
    from: "From: Somebody:;",
    dmarc: EXAMPLE,
    says: "permerror",
  },
  {
    shows: "5.3.1: a group of one",
    from: "From: Somebody: alice@example.com;",
    dmarc: EXAMPLE,
    says: "fail reject",
  },
  {
    shows: "5.3.1: a local part alone",
    from: "From: alice",
    dmarc: EXAMPLE,
    says: "permerror",
  },
  {
    shows: "5.3.1: a literal",
    from: "From: alice@[192.0.2.1]",
    dmarc: EXAMPLE,
    says: "permerror",
  },
  {
    shows: "5.3.1: an empty label",
    from: "From: alice@a..example.com",
    dmarc: EXAMPLE,
    says: "permerror",
  },
  {
    shows: "5.3.1: a dot at the end",
    from: "From: alice@example.com.",
    dmarc: EXAMPLE,
    says: "permerror",
  },
  {
    shows: "5.3.1: a label of 64 octets",
    from: `From: alice@${"a".repeat(64)}.example.com`,
    dmarc: EXAMPLE,
    says: "permerror",
  },
  {
    shows: "5.3.1: a label of 63 octets",
    from: `From: alice@${"a".repeat(63)}.example.com`,
    dmarc: EXAMPLE,
    says: "fail reject",
  },
  {
    shows: "5.3.1: what is no domain name",
    from: "From: alice@exa/mple.com",
    dmarc: EXAMPLE,
    says: "permerror",
  },
  {
    shows: "5.3.1: a U-label",
    from: "From: alice@b\u00fccher.example",
    dmarc: { "xn--bcher-kva.example": "p=reject" },
    says: "fail reject",
    asked: 1,
  },
  {
    shows: "5.3.1: an A-label",
    from: "From: alice@xn--bcher-kva.example",
    dmarc: { "xn--bcher-kva.example": "p=reject" },
    dkim: "pass XN--bcher-kva.example",
    says: "pass",
  },
  {
    shows: "5.3.1: a U-label and its A-label are one domain",
    from: "From: a@b\u00fccher.example, b@xn--bcher-kva.example",
    dmarc: { "xn--bcher-kva.example": "p=reject" },
    says: "fail reject",
  },
  {
    shows: "5.3.1: a label that is no U-label",
    from: "From: alice@\u200b.example.com",
    dmarc: EXAMPLE,
    says: "permerror",
  },
  {
    shows: "5.3.1: an organization above a U-label",
    from: "From: alice@b\u00fccher.example.com",
    dmarc: EXAMPLE,
    dkim: "pass example.com",
    says: "pass",
    asked: 3,
  },
  {
    shows: "5.3.1: an underscore, as DNS has it",
    from: "From: alice@a_b.example.com",
    dmarc: EXAMPLE,
    says: "fail reject",
  },
  {
    shows: "5.3.1: a single label",
    from: "From: root@localhost",
    says: "none",
    asked: ["_dmarc.localhost"],
  },
]);
