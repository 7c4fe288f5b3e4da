// A private key that parses, and that cannot sign: what a port for hashing and signing rejects with.

/** The machine cannot sign with a private key. */
export class UnusableKey extends Error {}
