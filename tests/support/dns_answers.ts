// Answers made by hand, each with what it is to be taken for.

import type { DnsReply } from "../../lib/dns/message.ts";
import {
  alias,
  ASKED,
  chain,
  CNAME,
  FIRST_ANSWER,
  ID,
  LONGEST,
  MALFORMED,
  MANY_LABELS,
  NAME,
  NODATA,
  noEdns,
  octets,
  one,
  OPT,
  opt,
  OTHER,
  type Parts,
  pointer,
  QUESTION,
  record,
  records,
  soa,
  string,
  temporary,
  text,
  TXT,
  wireName,
} from "./dns_packets.ts";

/** By what is in them. */
export const ANSWERS: Record<string, [Parts, DnsReply]> = {
  "a record": [{ answers: [one] }, records("v=DKIM1")],
  "two records in their order": [
    { answers: [one, text(NAME, "second")] },
    records("v=DKIM1", "second"),
  ],
  "the strings of one record joined": [
    { answers: [text(NAME, "a".repeat(255), "", "b")] },
    records("a".repeat(255) + "b"),
  ],
  "each octet as one char": [
    { answers: [text(NAME, "\0\x80\xc3\xa9\xff")] },
    records("\0\x80\xc3\xa9\xff"),
  ],
  "a record without strings": [{ answers: [text(NAME)] }, records("")],
  "a record with an empty string": [{ answers: [text(NAME, "")] }, records("")],
  "an owner in capitals": [
    { answers: [text(NAME.toUpperCase(), "x")] },
    records("x"),
  ],
  "a question in capitals": [
    {
      questions: [[...wireName(NAME.toUpperCase()), 0, 16, 0, 1]],
      answers: [one],
    },
    records("v=DKIM1"),
  ],
  "records beside SOA and OPT": [
    { answers: [one], authorities: [soa], additionals: [opt] },
    records("v=DKIM1"),
  ],
  "trailing bytes": [
    { answers: [one], additionals: [[...opt, 1, 2, 3]] },
    records("v=DKIM1"),
  ],
  "an answer for another name": [
    { answers: [text("example.com", "x")] },
    NODATA,
  ],
  "a name with a dot inside a label": [
    {
      answers: [
        record([14, ...octets("s_2048._domain"), 0], TXT, string("x")),
        record(
          [...string("s_2048._domainkey"), ...wireName("example.com")],
          TXT,
          string("x"),
        ),
      ],
    },
    NODATA,
  ],
  "an owner that differs in case beyond ASCII alone": [
    { answers: [alias(ASKED, "\xc0.example"), text("\xe0.example", "x")] },
    NODATA,
  ],
  "a record of class CH": [
    { answers: [record(ASKED, TXT, string("x"), { class: 3 })] },
    NODATA,
  ],
  "a TXT record in the authority section": [{ authorities: [one] }, NODATA],
  "a TXT record in the additional section": [{ additionals: [one] }, NODATA],
  "only a record of another type": [
    { answers: [record(ASKED, 1, [192, 0, 2, 1])] },
    NODATA,
  ],
  "nothing": [{}, NODATA],
  "nothing, with authority": [{ flags: 0x8500 }, NODATA],
  "a referral": [
    { flags: 0x8100, authorities: [record(wireName("example.com"), 2, [0])] },
    temporary("a referral"),
  ],
  "a CNAME out of the server's authority": [
    { flags: 0x8500, answers: chain(1) },
    temporary("a referral"),
  ],
  "NXDOMAIN": [
    { flags: 0x8183, authorities: [soa] },
    { outcome: "nxdomain" },
  ],
  "NXDOMAIN of a CNAME's target": [
    { flags: 0x8183, answers: chain(1), authorities: [soa] },
    { outcome: "nxdomain" },
  ],
  "NXDOMAIN with another name's record": [
    { flags: 0x8183, answers: [text("example.com", "x")] },
    { outcome: "nxdomain" },
  ],
  "NXDOMAIN with the name's record": [
    { flags: 0x8183, answers: [one] },
    temporary("NXDOMAIN with records"),
  ],
  "FORMERR": [{ flags: 0x8181 }, noEdns("FORMERR")],
  "SERVFAIL": [{ flags: 0x8182 }, temporary("SERVFAIL")],
  "NOTIMP": [{ flags: 0x8184 }, noEdns("NOTIMP")],
  "REFUSED": [{ flags: 0x8185 }, temporary("REFUSED")],
  "an rcode without a name": [{ flags: 0x818f }, temporary("rcode 15")],
  "SERVFAIL with records": [
    { flags: 0x8182, answers: [one] },
    temporary("SERVFAIL"),
  ],
  "FORMERR as a bare header": [
    { flags: 0x8181, questions: [] },
    noEdns("FORMERR"),
  ],
  "BADVERS in the OPT record": [
    { additionals: [record([0], OPT, [], { ttl: [1, 0, 0, 0] })] },
    temporary("rcode 16"),
  ],
  "a CNAME and its target": [
    { answers: [...chain(1), text("c1.example", "x")] },
    records("x"),
  ],
  "a CNAME after its target": [
    { answers: [text("c1.example", "x"), ...chain(1)] },
    records("x"),
  ],
  "a CNAME in capitals": [
    { answers: [...chain(1), text("C1.EXAMPLE", "x")] },
    records("x"),
  ],
  "a CNAME without its target": [{ answers: chain(1) }, NODATA],
  "8 CNAMEs": [
    { answers: [...chain(8), text("c8.example", "x")] },
    records("x"),
  ],
  "9 CNAMEs": [
    { answers: [...chain(9), text("c9.example", "x")] },
    temporary("more than 8 CNAMEs"),
  ],
  "a CNAME that names itself": [
    { answers: [alias(ASKED, NAME)] },
    temporary("more than 8 CNAMEs"),
  ],
  "two CNAMEs in a circle": [
    { answers: [...chain(1), alias(wireName("c1.example"), NAME)] },
    temporary("more than 8 CNAMEs"),
  ],
  "TC": [{ flags: 0x8380, answers: [one] }, { outcome: "truncated" }],
  "TC with counts of what is not there": [
    { flags: 0x8380, answers: [[], [], []] },
    { outcome: "truncated" },
  ],
  "a string longer than its record": [
    { answers: [record(ASKED, TXT, [9, ...octets("abc")])] },
    MALFORMED,
  ],
  "a string that runs into the next record": [
    { answers: [record(ASKED, TXT, [20, ...octets("abc")]), one] },
    MALFORMED,
  ],
  "a record longer than the packet": [
    { answers: [record(ASKED, TXT, string("abc"), { length: 500 })] },
    MALFORMED,
  ],
  "another type's record longer than the packet": [
    { answers: [one, record(ASKED, 1, [], { length: 500 })] },
    MALFORMED,
  ],
  "a CNAME shorter than its record": [
    { answers: [record(ASKED, CNAME, [...wireName("a.example"), 0])] },
    MALFORMED,
  ],
  "a CNAME longer than its record": [
    { answers: [record(ASKED, CNAME, wireName("a.example"), { length: 4 })] },
    MALFORMED,
  ],
  "more records counted than there are": [{ answers: [one, []] }, MALFORMED],
  "an owner that points at itself": [
    { answers: [record(pointer(FIRST_ANSWER), TXT, string("x"))] },
    MALFORMED,
  ],
  "an owner with a label that points back at it": [
    { answers: [record([1, 97, ...pointer(FIRST_ANSWER)], TXT, string("x"))] },
    MALFORMED,
  ],
  "an owner that points forward": [
    { answers: [record(pointer(FIRST_ANSWER + 2), TXT, string("x"))] },
    MALFORMED,
  ],
  "an owner that points past the end": [
    { answers: [record(pointer(0x3fff), TXT, string("x"))] },
    MALFORMED,
  ],
  "two CNAMEs whose names point at each other": [
    {
      answers: [
        record(ASKED, CNAME, pointer(FIRST_ANSWER + 14 + 12)),
        record(ASKED, CNAME, pointer(FIRST_ANSWER + 12)),
      ],
    },
    MALFORMED,
  ],
  "a pointer to a pointer": [
    {
      answers: [
        record(pointer(12), 1, [192, 0, 2, 1]),
        record(pointer(FIRST_ANSWER), TXT, string("x")),
      ],
    },
    records("x"),
  ],
  "a pointer into the middle of a name": [
    {
      answers: [
        record(ASKED, CNAME, [1, 120, ...pointer(12 + 7)]),
        text("x._domainkey.example.com", "y"),
      ],
    },
    records("y"),
  ],
  "an owner that points into a circle of pointers": [
    {
      answers: [
        record(ASKED, 1, [
          ...pointer(FIRST_ANSWER + 14),
          ...pointer(FIRST_ANSWER + 12),
        ]),
        record(pointer(FIRST_ANSWER + 12), TXT, string("x")),
      ],
    },
    MALFORMED,
  ],
  "a label of the reserved kind 0x40": [
    { answers: [record([0x41, ...Array(65).fill(97), 0], TXT, string("x"))] },
    MALFORMED,
  ],
  "a label of the reserved kind 0x80": [
    { answers: [record([0x81, ...Array(129).fill(97), 0], TXT, string("x"))] },
    MALFORMED,
  ],
  "a CNAME of 127 labels": [
    {
      answers: [
        alias(ASKED, MANY_LABELS),
        record(pointer(FIRST_ANSWER + 12), TXT, string("x")),
      ],
    },
    records("x"),
  ],
  "a CNAME of 255 octets": [
    { answers: [alias(ASKED, LONGEST), text(LONGEST, "x")] },
    records("x"),
  ],
  "a CNAME of 256 octets": [
    { answers: [alias(ASKED, `${LONGEST}x`)] },
    MALFORMED,
  ],
  "another id": [{ id: ID ^ 1, answers: [one] }, OTHER],
  "a query": [{ flags: 0x0100, answers: [one] }, OTHER],
  "another opcode": [{ flags: 0xa180, answers: [one] }, OTHER],
  "another name in the question": [
    { questions: [[...wireName("example.com"), 0, 16, 0, 1]], answers: [one] },
    OTHER,
  ],
  "another type in the question": [
    { questions: [[...wireName(NAME), 0, 1, 0, 1]], answers: [one] },
    OTHER,
  ],
  "another class in the question": [
    { questions: [[...wireName(NAME), 0, 16, 0, 3]], answers: [one] },
    OTHER,
  ],
  "SERVFAIL to another question": [
    { flags: 0x8182, questions: [[...wireName("x.example"), 0, 16, 0, 1]] },
    OTHER,
  ],
  "no question": [{ questions: [], answers: [one] }, OTHER],
  "NXDOMAIN without a question": [{ flags: 0x8183, questions: [] }, OTHER],
  "two questions": [{ questions: [QUESTION, QUESTION], answers: [one] }, OTHER],
  "a question that points at itself": [
    { questions: [[...pointer(12), 0, 16, 0, 1]], answers: [one] },
    OTHER,
  ],
};
