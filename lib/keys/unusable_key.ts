// The error of a private key that parses but cannot sign. The crypto port rejects with it.

/** The machine cannot sign with a private key. */
export class UnusableKey extends Error {}
