// Which letter of DKVERIFY decides: the order in which letters are asked, letters that mean nothing, and
// which of several signatures counts.

import { assertEquals } from "@std/assert";
import { judge } from "../support/inbound.ts";
import { MAIL } from "../support/signed_mail.ts";
import { splitResults } from "../support/split_results.ts";
import { signDkim, signDomainKeys } from "../support/verifying.ts";

/** A good signature of each kind. */
const GOOD = signDkim(signDomainKeys(MAIL));
/** Neither is good: letters B and P. */
const BAD = GOOD.replace("Hello", "Hallo");

type Action = "accept" | "reject" | "defer";

/** Neither signature of the message is good: DomainKeys letter B, DKIM letter P. */
const ORDERS: { letters: string; action: Action; text?: string }[] = [
  { letters: "", action: "accept" },
  { letters: "B", action: "reject", text: "DDomainKeys permanently" },
  { letters: "b", action: "defer", text: "ZDomainKeys temporarily" },
  { letters: "B,", action: "reject", text: "DDomainKeys permanently" },
  { letters: ",P", action: "reject", text: "DDomainKeys Identified Mail" },
  { letters: ",p", action: "defer", text: "ZDomainKeys Identified Mail" },
  // Upper case before lower.
  { letters: "Bb", action: "reject" },
  { letters: "bB", action: "reject" },
  { letters: ",pP", action: "reject", text: "DDomainKeys Identified Mail" },
  // DomainKeys before DKIM, also when it is only lower case.
  { letters: "B,p", action: "reject", text: "DDomainKeys permanently" },
  { letters: "b,P", action: "defer", text: "ZDomainKeys temporarily" },
  { letters: "B,P", action: "reject", text: "DDomainKeys permanently" },
  { letters: "b,p", action: "defer", text: "ZDomainKeys temporarily" },
  // Without a comma all are letters of DomainKeys; P is none of them.
  { letters: "P", action: "accept" },
  { letters: "Pp", action: "accept" },
  { letters: "ACDEFGHIJKLacdefghijkl", action: "accept" },
  { letters: "ACDEFGHIJKL,ABCDEFGHIJKLMNOQRS", action: "accept" },
  { letters: ",B", action: "accept" },
  { letters: ",,P", action: "reject", text: "DDomainKeys Identified Mail" },
  { letters: "P,B", action: "accept" },
  // What stands for nothing does nothing.
  { letters: "XYZ019 -*.%\t;:=?\\\"'", action: "accept" },
  { letters: "?.*B*.?", action: "reject" },
  {
    letters: "X Y,Z Tt P",
    action: "reject",
    text: "DDomainKeys Identified Mail",
  },
  { letters: "[A-Z],[A-Z]", action: "accept" },
  { letters: "\u0392,\u03a1\u{1d401}", action: "accept" },
  { letters: " B ", action: "reject" },
];

for (const { letters, action, text } of ORDERS) {
  Deno.test(`\`InboundPass\` ${action}s B and P with DKVERIFY="${letters}"`, async () => {
    const { refusal, newFields } = await judge({ message: BAD, letters });
    assertEquals(refusal?.action ?? "accept", action);
    if (action === "accept") assertEquals(splitResults(newFields).length, 3);
    if (text === undefined) return;
    assertEquals(refusal!.text.slice(0, text.length), text);
  });
}

/** Of several DKIM signatures: what they are for, and the one whose letter counts. */
const SEVERAL = [
  {
    name: "of the first when none is of the domain of From",
    message: signDkim(
      signDkim(MAIL, { d: "b.example", bh: "AAAA" }),
      { d: "a.example", v: "2" },
    ),
    letter: "R",
  },
  {
    name: "of the first of the domain of From, when another is above it",
    message: signDkim(
      signDkim(MAIL, { bh: "AAAA" }),
      { d: "a.example" },
    ),
    letter: "P",
  },
  {
    name: "A when one of two is good, and it is the lower one",
    message: signDkim(GOOD, { bh: "AAAA" }),
    letter: "A",
  },
];

for (const { name, message, letter } of SEVERAL) {
  Deno.test(`\`InboundPass\` takes the letter ${name}`, async () => {
    const others = [..."ABCDEFGHIJKLMNOPQRS"].filter((l) => l !== letter);
    const rejected = await judge({ message, letters: `,${letter}` });
    assertEquals(rejected.refusal?.action, "reject");
    const taken = await judge({ message, letters: `,${others.join("")}` });
    assertEquals(splitResults(taken.newFields).length, 4);
  });
}
