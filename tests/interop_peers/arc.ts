// ARC sets sealed by us and validated by others, and the other way round: every message as it is and
// with an octet changed, chains of 5 sets by sealers in turn, and an octet changed in each part of a set.

import { assert, assertEquals } from "@std/assert";
import { fieldValue, parseHeader } from "../../lib/message/header.ts";
import { parseTagList } from "../../lib/message/tag_list.ts";
import {
  type ArcParty,
  DKIMPY_ARC,
  MAIL_DKIM_ARC,
  MAILAUTH_ARC,
  OURS,
  WAY,
} from "./arc_peers.ts";
import { findDisagreement } from "./disagreements.ts";
import { changeOneOctet, MESSAGES, spell, type Spelling } from "./message.ts";
import { renewed, rsaKeyOf } from "../support/arc_sealing.ts";
import { keyFor } from "./keys.ts";
import type { Ability, Signed } from "./peer.ts";

const PEERS = [MAIL_DKIM_ARC, DKIMPY_ARC, MAILAUTH_ARC];
const ALL = [OURS, ...PEERS];

/** One of the set has an ARC-Seal of its own, without the rest: nothing makes a good chain of it. */
const GIVEN = MESSAGES.filter(({ text }) => !/^ARC-/m.test(text));

for (const peer of PEERS) {
  for (const [sealer, validator] of [[OURS, peer], [peer, OURS]] as const) {
    for (const spelling of sealer.spellings) {
      const how = `lines end in ${spelling}`;
      test(
        `\`${validator.name}\` validates what \`${sealer.name}\` seals: ${how}`,
        [peer],
        async () => {
          assertEquals(await exchange(sealer, validator, spelling), []);
        },
      );
    }
  }
}

/** Seals and validates each message; what is not as it should be. */
async function exchange(
  sealer: ArcParty,
  validator: ArcParty,
  spelling: Spelling,
): Promise<string[]> {
  const texts = GIVEN.map(({ text }) => spell(text, spelling));
  const sealed = (await sealer.seal(texts, 0)).map(textOf);
  const changed = sealed.map((text, n) => {
    const fields = text.slice(0, text.length - texts[n]!.length);
    return fields + spell(changeOneOctet(GIVEN[n]!, n), spelling);
  });
  const said = await validator.validate([...sealed, ...changed]);
  return GIVEN.flatMap(({ name }, n) => {
    const isKnown =
      findDisagreement(abilityOf(sealer), abilityOf(validator), WAY, name) !==
        undefined;
    const isGood = said[n] === "pass";
    const isRefused = said[GIVEN.length + n] !== "pass";
    return [
      ...(isGood === isKnown ? [`"${name}": ${said[n]}`] : []),
      ...(isRefused ? [] : [`"${name}" with an octet changed: pass`]),
    ];
  });
}

/** Messages that everybody takes. */
const COMMON = GIVEN.filter(({ name }) =>
  ALL.every((party) => {
    const ability = abilityOf(party);
    return findDisagreement(ability, ability, WAY, name) === undefined;
  })
).filter((_, n) => n % 4 === 0);

for (const [turn, first] of ALL.entries()) {
  const sealers = Array.from(
    { length: 5 },
    (_, hop) => ALL[(turn + hop) % ALL.length]!,
  );
  test(
    `everybody validates a chain of 5 sets that \`${first.name}\` begins`,
    ALL,
    async () => {
      assert(COMMON.length >= 20, `${COMMON.length} messages`);
      let messages = COMMON.map(({ text }) => spell(text, "CRLF"));
      for (const [hop, sealer] of sealers.entries()) {
        messages = (await sealer.seal(messages, hop)).map(textOf);
      }
      for (const validator of ALL) {
        const said = await validator.validate(messages);
        const wrong = COMMON.filter((_, n) => said[n] !== "pass");
        assertEquals(wrong.map(({ name }) => name), [], validator.name);
      }
    },
  );
}

for (const peer of PEERS) {
  test(
    `nobody validates a chain of \`${peer.name}\` and us with an octet changed in any part of a set`,
    ALL,
    async () => {
      const [{ text }] = COMMON as [typeof COMMON[number]];
      const [one] = await peer.seal([spell(text, "CRLF")], 0);
      const [both] = await OURS.seal([textOf(one!)], 1);
      const chain = textOf(both!);
      const changed = [...changeEachPart(chain)];
      assert(changed.length > 30, `${changed.length} parts`);
      for (const validator of ALL) {
        const [whole, ...said] = await validator.validate([chain, ...changed]);
        assertEquals(whole, "pass", validator.name);
        const fooled = changed.filter((_, n) => said[n] === "pass");
        assertEquals(fooled, [], validator.name);
      }
    },
  );
}

test(
  "everybody validates what a list has changed, and we have sealed anew",
  ALL,
  async () => {
    const { domain, selector, pem } = keyFor(WAY);
    const find = () => ({ key: rsaKeyOf(pem), domain, selector });
    const texts = COMMON.map(({ text }) => text).filter((text) =>
      text.includes("\n\n")
    );
    const sealed = (await OURS.seal(texts, 0)).map(textOf);
    const edited = sealed.map((text) => `${text}-- \nA list.\n`);
    const now = Math.floor(Date.now() / 1000);
    const renewing = edited.map((text) => renewed(text, { find, now }));
    const anew = await Promise.all(renewing);
    for (const validator of ALL) {
      const said = await validator.validate([...edited, ...anew]);
      assertEquals(
        said,
        [...edited.map(() => "fail"), ...anew.map(() => "pass")],
        validator.name,
      );
    }
  },
);

/** With the first octet of each tag's value, or of the results, changed. */
function* changeEachPart(chain: string): Generator<string> {
  const header = spell(chain.slice(0, chain.indexOf("\r\n\r\n") + 2), "LF");
  const body = chain.slice(chain.indexOf("\r\n\r\n") + 2);
  const fields = parseHeader(header);
  for (const [n, field] of fields.entries()) {
    if (!/^ARC-/i.test(field.name)) continue;
    const value = fieldValue(field);
    const places = /Results$/i.test(field.name)
      ? [value.indexOf("mx"), value.indexOf("arc=") + 4]
      : Array.from(
        parseTagList(value)!,
        ([, { start }]) => start + /^\s*/.exec(value.slice(start))![0].length,
      );
    for (const place of places) {
      const at = field.raw.length - value.length + place;
      const raw = field.raw.slice(0, at) + otherThan(field.raw[at]!) +
        field.raw.slice(at + 1);
      const changed = fields.with(n, { ...field, raw });
      const text = changed.map(({ raw }) => `${raw}\n`).join("");
      yield spell(text, "CRLF") + body;
    }
  }
}

function otherThan(char: string): string {
  if (/[0-9]/.test(char)) return char === "3" ? "4" : "3";
  return char === "x" ? "y" : "x";
}

/** What could not be sealed says why where it is validated. */
function textOf(one: Signed): string {
  return "signed" in one ? one.signed : one.error;
}

function abilityOf({ name, spellings }: ArcParty): Ability {
  return { name, spellings, ways: [WAY] };
}

function test(
  name: string,
  parties: readonly ArcParty[],
  fn: () => Promise<void>,
): void {
  const missing = parties.find((party) => party.missing !== undefined)?.missing;
  Deno.test({
    name: missing === undefined ? name : `${name} (ignored: ${missing})`,
    ignore: missing !== undefined,
    fn,
  });
}
