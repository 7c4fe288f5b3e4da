// The rows of ../shared/corpora/arc and ../shared/corpora/auth-more/arc, which are not ours to copy.
// Refuses to know what is said of them.

import { encodeUtf8, toOctets } from "../../lib/message/octets.ts";
import type { Resolver } from "../../lib/ports/resolver.ts";

const SHARED = new URL("../../../shared/corpora/", import.meta.url);

/** Why the rows cannot be read here, if they cannot. */
export const MISSING_ARC_CORPORA = ["arc", "auth-more/arc"].filter((name) =>
  !isThere(new URL(`${name}/`, SHARED))
);

/** A message, and what its chain is worth. */
export interface ArcRow {
  name: string;
  message: Uint8Array;
  result: string;
  resolver: Resolver;
  now?: number;
}

/** A message to seal, and the tags of each field of the set. */
export interface ArcSealRow {
  name: string;
  message: Uint8Array;
  resolver: Resolver;
  settings: {
    domain: string;
    selector: string;
    privateKey: string;
    now: number;
    signedFields: string;
  };
  /** The tags of ARC-Seal and ARC-Message-Signature, and the text of ARC-Authentication-Results. */
  expected: { seal: string; messageSignature: string; results: string };
}

interface Suite<Test> {
  suite: string;
  txt: Record<string, string[]>;
  domain: string;
  selector: string;
  privatekey: string;
  tests: Test[];
}

interface ValidateTest {
  name: string;
  message: string;
  cv: string;
}

interface SealTest extends ValidateTest {
  t: number;
  "sig-headers": string;
  AS: string;
  AMS: string;
  AAR: string;
}

interface File {
  name: string;
  file: string;
  expect: string;
  decided?: string;
  now?: number;
}

/** Every row that has an expectation: those that are disputed as decided. */
export function readArcRows(): ArcRow[] {
  if (MISSING_ARC_CORPORA.length > 0) return [];
  const suites: Suite<ValidateTest>[] = read("arc/validate.json");
  const files: File[] = read("auth-more/arc/manifest.json");
  const dns = read("auth-more/arc/dns.json");
  return [
    ...suites.flatMap(({ txt, tests }) =>
      tests.map(({ name, message, cv }) => ({
        name,
        message: toOctets(encodeUtf8(message)),
        result: cv.toLowerCase(),
        resolver: resolverOf(txt),
      }))
    ),
    ...files.map(({ name, file, expect, decided, now }) => ({
      name,
      message: Deno.readFileSync(new URL(`auth-more/arc/${file}`, SHARED)),
      result: decided ?? expect,
      resolver: resolverOf(dns),
      ...(now === undefined ? {} : { now }),
    })),
  ];
}

/** Every row that says what a set is like. */
export function readArcSealRows(): ArcSealRow[] {
  if (MISSING_ARC_CORPORA.length > 0) return [];
  const suites: Suite<SealTest>[] = read("arc/seal.json");
  return suites.flatMap(({ txt, domain, selector, privatekey, tests }) =>
    tests.map((test) => ({
      name: test.name,
      message: toOctets(encodeUtf8(test.message)),
      resolver: resolverOf(txt),
      settings: {
        domain,
        selector,
        privateKey: privatekey,
        now: test.t,
        signedFields: test["sig-headers"],
      },
      expected: {
        seal: test.AS,
        messageSignature: test.AMS,
        results: test.AAR,
      },
    }))
  );
}

function resolverOf(txt: Record<string, string[]>): Resolver {
  return {
    txt: (name) => {
      const records = txt[name.toLowerCase()];
      return Promise.resolve(
        records === undefined
          ? { outcome: "nxdomain" }
          : { outcome: "records", records },
      );
    },
  };
}

function read(path: string) {
  return JSON.parse(Deno.readTextFileSync(new URL(path, SHARED)));
}

function isThere(place: URL): boolean {
  try {
    return Deno.statSync(place).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
