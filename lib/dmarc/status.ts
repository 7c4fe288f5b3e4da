// The statuses of a message under DMARC, each with its word in Authentication-Results (RFC 9989
// section 9.2). Knows no letter and no message.

/** Every status by name, with its result and its meaning. `%` stands for the author's domain. */
export const DMARC_STATUS = {
  ok: {
    result: "pass",
    meaning: "mail of %",
  },
  reject: {
    result: "fail",
    meaning: "nothing vouches for %, which wants such mail rejected",
  },
  quarantine: {
    result: "fail",
    meaning: "nothing vouches for %, which finds such mail suspicious",
  },
  monitor: {
    result: "fail",
    meaning: "nothing vouches for %, which wants nothing done",
  },
  noRecord: {
    result: "none",
    meaning: "no usable DMARC record of %",
  },
  dnsTemporary: {
    result: "temperror",
    meaning: "DNS does not answer what has to be known of %",
  },
  noAuthor: {
    result: "permerror",
    meaning: "not one domain in From",
  },
  excused: {
    result: "fail",
    meaning: "nothing vouches for % but a trusted ARC chain",
  },
} as const;

/** A key of {@linkcode DMARC_STATUS}. */
export type DmarcStatus = keyof typeof DMARC_STATUS;
