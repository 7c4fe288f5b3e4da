// A signing pass with everything at hand: keys in memory, a clock that stands, options by default,
// and a crypto whose signatures are the very octets that were to be signed.

import {
  parsePrivateKey,
  type PrivateKey,
} from "../../lib/keys/private_key.ts";
import {
  fieldValue,
  type HeaderField,
  parseHeader,
} from "../../lib/message/header.ts";
import { toOctets, toText } from "../../lib/message/octets.ts";
import { parseTagList, unfold } from "../../lib/message/tag_list.ts";
import type { Outcome } from "../../lib/pass/pass.ts";
import type { Crypto, Digest } from "../../lib/ports/crypto.ts";
import type { FoundKey, KeyStore } from "../../lib/ports/key_store.ts";
import { SignPass } from "../../lib/pass/sign_pass.ts";
import { keyPaths } from "../../lib/keys/key_path.ts";
import {
  parseDkimOptions,
  parseDomainKeysOptions,
  type SignOptions,
} from "../../lib/policy/options.ts";
import type { DkimSignOptions } from "../../lib/dkim/sign_options.ts";
import type { DomainKeysSignOptions } from "../../lib/domainkeys/sign_options.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import dkimVectors from "../vectors/dkim_sign.json" with { type: "json" };
import dkVectors from "../vectors/dk_sign.json" with { type: "json" };
import { feed } from "./laws.ts";

/** RSA keys of 1024 and 2048 bits. */
export const RSA_1024 = parsePrivateKey(dkVectors.private_key_pem);
export const RSA_2048 = parsePrivateKey(dkimVectors.private_key_pem);

/** The key of RFC 8463 section A.2, in PKCS#8. */
export const ED25519 = parsePrivateKey(
  `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----`,
);

/** Keys by path. Counts what it is asked for. */
export class MemoryKeys implements KeyStore {
  /** Each question: pattern and domain. */
  asked: string[] = [];
  #keys: Record<string, PrivateKey>;

  constructor(keys: Record<string, PrivateKey>) {
    this.#keys = keys;
  }

  find(pattern: string, domain: string): FoundKey | undefined {
    this.asked.push(`${pattern} ${domain}`);
    for (const { path, ...found } of keyPaths(pattern, domain)) {
      const key = this.#keys[path];
      if (key !== undefined) return { key, ...found };
    }
    return undefined;
  }
}

/** Whose digests and signatures are the octets themselves. */
export const echoCrypto: Crypto = {
  ...systemCrypto,
  hash: echo,
  signer: echo,
};

function echo(): Digest {
  let octets = "";
  return {
    push: (run) => octets += toText(run),
    end: () => Promise.resolve(toOctets(octets)),
  };
}

/** The time at which everything is signed. */
export const NOW = 1_800_000_000;

/** How a message is signed, where it is not by default. */
export interface Signing {
  keys?: KeyStore;
  crypto?: Crypto;
  now?: number;
  options?: Partial<Omit<SignOptions, "dkim" | "domainKeys">>;
  dkim?: Partial<DkimSignOptions>;
  domainKeys?: Partial<DomainKeysSignOptions>;
}

/** A pass that signs for example.com and below it with {@linkcode RSA_1024}, selector `default`. */
export function makeSignPass(signing: Signing = {}): SignPass {
  const {
    keys = new MemoryKeys({ "/k/example.com/default": RSA_1024 }),
    crypto = systemCrypto,
    now = NOW,
    options,
    dkim,
    domainKeys,
  } = signing;
  return new SignPass(() => ({
    pattern: "/k/%/default",
    schemes: ["dkim", "domainkeys"],
    align: "from",
    ...options,
    dkim: { ...parseDkimOptions(), ...dkim },
    domainKeys: { ...parseDomainKeysOptions(), ...domainKeys },
  }), { keys, crypto, now });
}

/** Signs a message, an octet string or chunks. */
export async function sign(
  message: string | Iterable<Uint8Array>,
  signing?: Signing,
): Promise<Outcome> {
  const chunks = typeof message === "string" ? [toOctets(message)] : message;
  return await feed(makeSignPass(signing), chunks);
}

/** The signatures in a newFields, each by its tags, unfolded, with the name of its field. */
export function signaturesIn(newFields: string): Record<string, string>[] {
  return parseHeader(newFields).map(tagsOf);
}

function tagsOf(field: HeaderField): Record<string, string> {
  const tags = Array.from(
    parseTagList(fieldValue(field)) ?? [],
    ([name, { value }]) => [name, unfold(value)],
  );
  return { field: field.name, ...Object.fromEntries(tags) };
}
