// Whole fields added, moved, doubled or taken out, above the signature and below it, and the place
// where header and body part.

import { parseHeader } from "../../../lib/message/header.ts";
import type { Random } from "../../support/random.ts";
import { makeField, makeLine } from "./hostile_fields.ts";
import { headerEnd, type Mutations, splice } from "./edits.ts";

interface Parts {
  /** Each with its line end. */
  fields: string[];
  /** The empty line and what follows. */
  rest: string;
}

function partsOf(text: string): Parts {
  const end = headerEnd(text);
  const fields = parseHeader(text.slice(0, end)).map(({ raw }) => `${raw}\n`);
  return { fields, rest: text.slice(end) };
}

function join({ fields, rest }: Parts): string {
  return fields.join("") + rest;
}

/** Changes the list of fields. */
function withFields(
  change: (fields: string[], random: Random) => string[],
): Mutations[string] {
  return (text, random) => {
    const { fields, rest } = partsOf(text);
    return join({ fields: change(fields, random), rest });
  };
}

function put(fields: string[], at: number, field: string): string[] {
  return fields.toSpliced(at, 0, field);
}

const BODIES = [
  "Pay at once.\n",
  "--x\nContent-Type: text/html\n\n<p>Pay at once.\n--x--\n",
  "--=_a\n\nPay at once.\n--=_a--\n",
  "UGF5IGF0IG9uY2Uu\n",
];

export const FIELD_MUTATIONS: Mutations = {
  "a field on top": (text, random) => makeField(random) + text,
  "a field on top, and its like": (text, random) =>
    makeField(random) + makeField(random) + text,
  "a field below the signature": withFields((fields, random) =>
    put(fields, 1, makeField(random))
  ),
  "a field at the end": withFields((fields, random) =>
    put(fields, fields.length, makeField(random))
  ),
  "a field somewhere": withFields((fields, random) =>
    put(fields, random.below(fields.length + 1), makeField(random))
  ),
  "a field and a body at the end": withFields((fields, random) =>
    put(
      fields,
      fields.length,
      makeField(random) + makeLine(random) + random.pick(BODIES),
    )
  ),
  "a field on top, and no h=": (text, random) =>
    makeField(random) + text.replace(/(?<=;)\s*h=[^;]*;/, ""),
  "a line on top": (text, random) => makeLine(random) + text,
  "a line in the header": withFields((fields, random) =>
    put(fields, random.below(fields.length + 1), makeLine(random))
  ),
  "a line at the end of the header": withFields((fields, random) =>
    put(fields, fields.length, makeLine(random))
  ),
  "a field doubled": withFields((fields, random) => {
    const field = random.pick(fields);
    return put(fields, random.below(fields.length + 1), field);
  }),
  "a field taken out": withFields((fields, random) =>
    fields.toSpliced(random.below(fields.length), 1)
  ),
  "a field moved": withFields((fields, random) => {
    const at = random.below(fields.length);
    const without = fields.toSpliced(at, 1);
    return put(without, random.below(fields.length), fields[at]!);
  }),
  "the signature moved": withFields(([signature = "", ...fields], random) =>
    put(fields, random.below(fields.length + 1), signature)
  ),
  "a name in another case": withFields((fields, random) => {
    const at = random.below(fields.length);
    const name = (found: string) =>
      random.oneIn(2) ? found.toUpperCase() : found.toLowerCase();
    return fields.with(at, fields[at]!.replace(/^[\w-]+/, name));
  }),
  "no empty line": (text) => {
    const end = headerEnd(text);
    return splice(text, end, 1, "");
  },
  "another empty line": (text) => {
    const end = headerEnd(text);
    return splice(text, end, 0, "\n");
  },
  "the empty line moved": (text, random) => {
    const { fields, rest } = partsOf(text);
    const at = random.below(fields.length + 1);
    return join({ fields: put(fields, at, "\n"), rest: rest.slice(1) });
  },
  "the empty line another one": (text, random) => {
    const end = headerEnd(text);
    return splice(text, end, 1, makeLine(random));
  },
  "the body's first line in the header": (text) => {
    const end = headerEnd(text);
    const next = text.indexOf("\n", end + 1) + 1;
    if (next === 0) return text;
    const line = text.slice(end + 1, next);
    return `${text.slice(0, end)}${line}\n${text.slice(next)}`;
  },
  "a body put before it": (text, random) => {
    const end = headerEnd(text);
    return splice(text, end + 1, 0, random.pick(BODIES));
  },
  "a body put after it": (text, random) => text + random.pick(BODIES),
};
