// The signature's own field: its tags changed, doubled, taken out, moved, spelt otherwise.

import type { Random } from "../../support/random.ts";
import { type Mutations, replaceOne } from "./edits.ts";

const FIELD = /(?<=^(?:DKIM|DomainKey)-Signature:)[^]*?(?=\n[^ \t])/im;

/** What a tag may say instead. */
const VALUES: Record<string, readonly string[]> = {
  v: ["1", "0.5", "2", "", "1 "],
  a: ["rsa-sha1", "rsa-sha256", "ed25519-sha256", "RSA-SHA256", ""],
  c: [
    "simple",
    "relaxed",
    "nofws",
    "simple/simple",
    "relaxed/relaxed",
    "relaxed/simple",
    "Relaxed/Relaxed",
    "",
  ],
  d: [
    "example.org",
    "com",
    "mail.example.com",
    "EXAMPLE.com",
    "example.com.",
    "",
  ],
  s: ["x", "RSA", "rsa.", "ed25519", ""],
  h: ["From", "from", "From:Subject", "Subject", "", "*", "Received"],
  i: ["@example.com", "@mail.example.com", "@example.org", "x", ""],
  l: ["0", "1", "5", "99999", "-1", "", "00"],
  q: ["dns", "dns/txt", "dns/other:dns/txt", "x"],
  t: ["0", "1767268800", "9999999999", "x"],
  x: ["1", "9999999999", "x"],
  b: ["AAAA", ""],
  bh: ["AAAA", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="],
  z: ["From:x", ""],
};

const WHITE = [" ", "\t", "\n ", "\n\t", " \n  ", "  "];

/** Changes the list of tags, each as written. */
function withTags(
  change: (tags: string[], random: Random) => string[],
): Mutations[string] {
  return (text, random) =>
    text.replace(FIELD, (value) => change(value.split(";"), random).join(";"));
}

/** Changes one tag. */
function withTag(
  change: (tag: string, random: Random) => string,
): Mutations[string] {
  return withTags((tags, random) => {
    const at = random.below(tags.length);
    return tags.with(at, change(tags[at]!, random));
  });
}

function nameOf(tag: string): string {
  return tag.slice(0, tag.indexOf("=")).trim();
}

/** Changes the value of one tag wherever it is. */
function withValue(
  name: string,
  change: (value: string, random: Random) => string,
): Mutations[string] {
  return withTags((tags, random) =>
    tags.map((tag) => {
      if (nameOf(tag) !== name) return tag;
      const start = tag.indexOf("=") + 1;
      return tag.slice(0, start) + change(tag.slice(start), random);
    })
  );
}

function newTag(random: Random): string {
  const name = random.pick(Object.keys(VALUES));
  return ` ${name}=${random.pick(VALUES[name]!)}`;
}

export const TAG_MUTATIONS: Mutations = {
  "a tag's value": withTag((tag, random) => {
    const values = VALUES[nameOf(tag)] ?? [""];
    return tag.slice(0, tag.indexOf("=") + 1) + random.pick(values);
  }),
  "a tag taken out": withTags((tags, random) =>
    tags.toSpliced(random.below(tags.length), 1)
  ),
  "a tag added": withTags((tags, random) =>
    tags.toSpliced(random.below(tags.length + 1), 0, newTag(random))
  ),
  "an unknown tag added": withTags((tags, random) =>
    tags.toSpliced(
      random.below(tags.length + 1),
      0,
      random.pick([" y=1", " x-y=1", " _=", " Y=\xff", " y", ""]),
    )
  ),
  "a tag doubled": withTags((tags, random) =>
    tags.toSpliced(
      random.below(tags.length + 1),
      0,
      random.pick(tags),
    )
  ),
  "a tag moved": withTags((tags, random) => {
    const at = random.below(tags.length);
    return tags.toSpliced(at, 1)
      .toSpliced(random.below(tags.length), 0, tags[at]!);
  }),
  "a tag's name in capitals": withTag((tag) =>
    tag.replace(/^\s*\w+/, (name) => name.toUpperCase())
  ),
  "blanks around a tag": withTag((tag, random) =>
    replaceOne(tag, /(?==)|(?<==)|^|$/g, random, () => random.pick(WHITE))
  ),
  "blanks in a tag": withTag((tag, random) =>
    replaceOne(tag, /(?<=[^])(?=[^])/g, random, () => random.pick(WHITE))
  ),
  "a semicolon at the end": withTags((tags, random) => [
    ...tags,
    random.pick(["", " ", ";"]),
  ]),
  "a name of h= taken out": withValue(
    "h",
    (value, random) => replaceOne(value, /[\w-]+\s*:/g, random, () => ""),
  ),
  "a name of h= added": withValue(
    "h",
    (value, random) =>
      random.pick(["From:", "Subject:", "X-Note:", "Content-Type:", ":"]) +
      value,
  ),
  "a name of h= in another case": withValue(
    "h",
    (value, random) =>
      replaceOne(value, /[\w-]+/g, random, (name) => name.toLowerCase()),
  ),
  "names of h= in another order": withValue(
    "h",
    (value) => value.split(":").reverse().join(":"),
  ),
  "blanks in b=": withValue(
    "b",
    (value, random) =>
      replaceOne(value, /(?=[^])/g, random, () => random.pick(WHITE)),
  ),
  "octets after b=": withValue(
    "b",
    (value, random) =>
      value + random.pick(["=", "==", "AAAA", "=A", "=AAAA", ".", "\0"]),
  ),
  "padding taken from b=": withValue(
    "b",
    (value) => value.replace(/=+\s*$/, ""),
  ),
  "the last bits of b=": withValue(
    "b",
    (value) =>
      value.replace(/.(?===\s*$)/, (letter) => letter === "w" ? "x" : "w"),
  ),
  "an octet of b=": withValue("b", withAnotherLetter),
  "another body hash": withValue("bh", withAnotherLetter),
};

function withAnotherLetter(value: string, random: Random): string {
  return replaceOne(
    value,
    /[A-Za-z]/g,
    random,
    (letter) => letter === "A" ? "B" : "A",
  );
}
