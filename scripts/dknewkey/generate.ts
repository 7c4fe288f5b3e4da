// Makes a private key, PKCS#8 in PEM. Knows no file.

/** What kind of key. */
export interface KeyKind {
  type: "rsa" | "ed25519";
  /** Of an RSA key. */
  bits: number;
}

/** Makes a key; 8192 bits take half a minute. */
export async function generateKey({ type, bits }: KeyKind): Promise<string> {
  const algorithm = type === "ed25519" ? { name: "Ed25519" } : {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength: bits,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash: "SHA-256",
  };
  const { privateKey } = await crypto.subtle.generateKey(
    algorithm,
    true,
    ["sign", "verify"],
  ) as CryptoKeyPair;
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", privateKey);
  const lines = new Uint8Array(pkcs8).toBase64().replace(/.{1,64}/g, "$&\n");
  return `-----BEGIN PRIVATE KEY-----\n${lines}-----END PRIVATE KEY-----\n`;
}
