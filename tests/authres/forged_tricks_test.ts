// WithoutForgedResults against whoever wants to fool a reader: in what it leaves nobody sees a field
// of ours, and where nobody did before it leaves everything.

import { assert, assertEquals } from "@std/assert";
import { toOctets } from "../../lib/message/octets.ts";
import { claimsAuthservId } from "../../lib/authres/authentication_results.ts";
import { withoutForgedResults } from "../../lib/authres/forged_results_text.ts";
import { clean, cleanChunks, HOST } from "../support/cleaning.ts";
import {
  fieldsSeen,
  isNested,
  splitHeader,
  suspectsIn,
} from "../support/forged_results_reference.ts";
import { tricksFor } from "../support/forged_tricks.ts";
import { assertSameForEverySplit } from "../support/laws.ts";
import { Random } from "../support/random.ts";

const FORGED = "Authentication-Results: mx.example.com; dkim=pass\n";
const FOREIGN = "Authentication-Results: mx.example.net; dkim=pass\n";

for (const { name, text, kept } of tricksFor(HOST)) {
  Deno.test(`\`WithoutForgedResults\` drops a field ${name}, for every split`, async () => {
    const message = `Received: x\n${text}A: b\n\n${text}`;
    const left = `Received: x\n${kept}A: b\n\n${text}`;
    assertEquals(clean(message), `1 ${left}`);
    if (text.length > 1000) return;
    await assertSameForEverySplit(message, cleanChunks, 2);
  });
}

/** Behind an empty line of CRLF the header goes on where other lines end in LF. */
const ENDS: Record<string, [message: string, kept: string, dropped: number]> = {
  "after a CRLF among LFs": [
    `A: b\n\r\n${FORGED}C: d\r\n\r\n${FORGED}\n${FORGED}`,
    `A: b\n\r\nC: d\r\n\r\n\n${FORGED}`,
    2,
  ],
  "after a CRLF after a line of LF": [
    `A: b\r\nC: d\n\r\n${FORGED}`,
    "A: b\r\nC: d\n\r\n",
    1,
  ],
  "not after a CRLF among CRLFs": [
    `A: b\r\n\r\n${FORGED}\n${FORGED}`,
    `A: b\r\n\r\n${FORGED}\n${FORGED}`,
    0,
  ],
  "not after a CRLF alone": [`\r\n${FORGED}`, `\r\n${FORGED}`, 0],
};
for (const [name, [message, kept, dropped]] of Object.entries(ENDS)) {
  Deno.test(`\`WithoutForgedResults\` drops a field ${name}, for every split`, async () => {
    assertEquals(clean(message), `${dropped} ${kept}`);
    await assertSameForEverySplit(message, cleanChunks, 2);
  });
}

/** What headers by chance are made of. */
const PIECES = [
  FORGED,
  FORGED.trimEnd(),
  FOREIGN,
  "Authentication-Results",
  "Authentication-Results:",
  "AUTHENTICATION-RESULTS",
  "mx.example.com",
  "(",
  ")",
  '"',
  "\\",
  "a",
  "A: b",
  ":",
  ";",
  " ",
  "\t",
  "\r",
  "\n",
  "\r\n",
  "\n ",
  "\xa0",
  "\v",
];

const claimsHost = (raw: string) => claimsAuthservId({ name: "", raw }, HOST);

Deno.test("`WithoutForgedResults` leaves nothing that a reader takes for ours, and else everything", () => {
  const random = new Random(8601);
  const rounds = Deno.env.get("FUZZ_FULL") === "1" ? 500_000 : 30_000;
  let hostile = 0;
  for (let round = 0; round < rounds; round++) {
    const message = random.text(PIECES, 0, 24);
    const left = withoutForgedResults(message, HOST);
    const note = `seed 8601, round ${round}: ${JSON.stringify(message)}`;
    assertEquals(fieldsSeen(left).filter(claimsHost), [], note);
    assertEquals(withoutForgedResults(left, HOST), left, note);
    assert(left.endsWith(splitHeader(message)[1]), note);
    const suspects = [...suspectsIn(message), ...fieldsSeen(message)];
    if (suspects.some((text) => claimsHost(text) || isNested(text))) hostile++;
    else assertEquals(left, message, note);
  }
  assert(hostile > rounds / 20 && hostile < rounds * 0.9, `${hostile} hostile`);
});

Deno.test("`WithoutForgedResults` gives the same for headers cut into many chunks", () => {
  const random = new Random(1);
  for (let round = 0; round < 20_000; round++) {
    const header = random.text(PIECES, 0, 24);
    const chunks: Uint8Array[] = [];
    for (let rest = toOctets(header); rest.length > 0;) {
      const length = random.below(6);
      chunks.push(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    assertEquals(cleanChunks(chunks), clean(header), `round ${round}`);
  }
});
