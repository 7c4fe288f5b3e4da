// Where a peer says something else of DMARC than a row of RFC 9989, by the reason. An entry that no
// longer holds is a failure, as is such a row without an entry.

/** Why a peer says something else. */
export interface DmarcDifference {
  /** The tree walk, tags that RFC 7489 does not know, the grammar, trouble with DNS. */
  kind: typeof KINDS[number];
  /** How their names begin. */
  peers: readonly string[];
  rows: readonly string[];
  /** Of RFC 9989. */
  section: string;
  /** What RFC 9989 has, and what the peer does. */
  why: string;
}

/** The columns of the table. */
export const KINDS = ["walk", "tags", "grammar", "DNS"] as const;

const BOTH = ["Mail::DMARC", "OpenDMARC"];

export const DMARC_DIFFERENCES: readonly DmarcDifference[] = [
  {
    kind: "walk",
    peers: BOTH,
    rows: ["rfc9989/11-8-evil"],
    section: "11.8",
    why:
      "psd=n makes mail.example.com an organization of its own; in the list it is one with its sibling",
  },
  {
    kind: "walk",
    peers: BOTH,
    rows: ["mailauth/psd-n-intermediate", "mail-dmarc/psd-n-subdomain"],
    section: "4.10.2",
    why:
      "the walk ends at psd=n, between the author and the domain below the suffix, where alone the others look",
  },
  {
    kind: "walk",
    peers: BOTH,
    rows: [
      "mail-dmarc/psd-y-deep",
      "mail-dmarc/psd-y-other-child",
      "mail-dmarc/np-real",
      "mail-dmarc/np-ghost",
      "mail-dmarc/np-none",
    ],
    section: "4.10.1",
    why:
      "the walk meets a record between the author and the domain below the suffix, where alone the others look",
  },
  {
    kind: "walk",
    peers: BOTH,
    rows: ["rfc9989/multiple-at-org"],
    section: "4.10",
    why:
      "several records are none, and the walk goes on to the suffix; the others end there",
  },
  {
    kind: "walk",
    peers: ["Mail::DMARC"],
    rows: [
      "rfc9989/psd-y-at-start",
      "rfc9989/u-label",
      "mailauth/b43-psd-y",
      "mailauth/psd-not-used-when-org-has-record",
    ],
    section: "4.10",
    why:
      "the walk needs no list; a domain below what the list does not have, .example, is refused",
  },
  {
    kind: "walk",
    peers: BOTH,
    rows: ["rfc9989/psd-policy-np"],
    section: "4.10",
    why:
      "the walk needs no list; below what the list does not have, .example, the others find no organization",
  },
  {
    kind: "walk",
    peers: ["OpenDMARC"],
    rows: ["rfc9989/psd-y-at-start"],
    section: "4.10.2",
    why:
      "psd=y makes bank.example a suffix that is apart from the names below; the list has .example alone",
  },
  {
    kind: "tags",
    peers: BOTH,
    rows: ["mailauth/t-reject", "mailauth/t-quarantine"],
    section: "4.7",
    why: "t=y lowers the policy by a step; the others do not know it",
  },
  {
    kind: "tags",
    peers: BOTH,
    rows: ["stalwart/ghost-np"],
    section: "4.7",
    why: "np is for a name that is not there; the others do not know it",
  },
  {
    kind: "grammar",
    peers: BOTH,
    rows: ["mailauth/v-wsp"],
    section: "4.8",
    why: "white space may stand around the equals sign of v",
  },
  {
    kind: "grammar",
    peers: ["Mail::DMARC"],
    rows: ["mailauth/v-garbage"],
    section: "4.7",
    why: "v has to be DMARC1, not to begin so",
  },
  {
    kind: "grammar",
    peers: ["OpenDMARC"],
    rows: ["mailauth/v-garbage"],
    section: "4.7",
    why: "a text with another v is no record; the peer has an error",
  },
  {
    kind: "grammar",
    peers: ["OpenDMARC"],
    rows: ["rfc9989/v-not-first", "mail-dmarc/real-record-11"],
    section: "4.7",
    why: "v comes first; the peer takes it from anywhere",
  },
  {
    kind: "grammar",
    peers: ["OpenDMARC"],
    rows: ["mailauth/no-p-rua"],
    section: "4.10.1",
    why: "without p, but with rua, the policy is none; the peer has an error",
  },
  {
    kind: "grammar",
    peers: ["OpenDMARC"],
    rows: ["opendmarc/parse-11", "opendmarc/parse-12", "opendmarc/parse-13"],
    section: "4.7",
    why:
      "errors in other tags than p, sp and np are ignored; to the peer the record is none",
  },
  {
    kind: "grammar",
    peers: BOTH,
    rows: [
      "opendmarc/parse-5",
      "opendmarc/parse-8",
      "mail-dmarc/invalid-sp-no-rua",
    ],
    section: "4.10.1",
    why: "a policy that is none of the three, without rua, is no policy: none",
  },
  {
    kind: "DNS",
    peers: ["Mail::DMARC"],
    rows: [
      "rfc9989/temp-author",
      "rfc9989/temp-parent",
      "mailauth/dns-timeout",
    ],
    section: "5.3.6",
    why: "DNS that does not answer is temperror, not a domain without a record",
  },
];
