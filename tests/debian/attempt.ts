// What a client of QMQP makes of an attempt to hand a mail to a server. Knows no client.

/** One attempt. */
export interface Attempt {
  /** Who sends this mail, and no other one. */
  sender: string;
  /** The address. */
  server: string;
  /**
   * `unreached` if nothing was sent; `unclear` if it was sent, and the server did not say that it has the
   * mail: with QMQP, as with SMTP, it may have it nevertheless.
   */
  outcome: "accepted" | "unreached" | "unclear";
  /** What the client says of it. */
  said: string;
}
