// Where a peer says something else of DMARC than a row of RFC 9989, by the reason. An entry that no
// longer holds is a failure, as is such a row without an entry.

/** Why a peer says something else. */
export interface DmarcDifference {
  /** The tree walk, tags that RFC 7489 does not know, the grammar, alignment, trouble with DNS. */
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
export const KINDS = ["walk", "tags", "grammar", "alignment", "DNS"] as const;

const BOTH = ["mailauth", "Mail::DMARC"];

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
    peers: ["mailauth"],
    rows: ["rfc9989/psd-y-at-start"],
    section: "4.10.2",
    why:
      "psd=y makes bank.example a suffix that is apart from the names below; the list has .example alone",
  },
  {
    kind: "walk",
    peers: ["Mail::DMARC"],
    rows: [
      "rfc9989/psd-y-at-start",
      "rfc9989/psd-policy-np",
      "rfc9989/u-label",
      "mailauth/b43-psd-y",
      "mailauth/psd-not-used-when-org-has-record",
    ],
    section: "4.10",
    why:
      "the walk needs no list; a domain below what the list does not have, .example, is refused",
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
    kind: "tags",
    peers: ["mailauth"],
    rows: ["rfc9989/psd-policy-np"],
    section: "4.7",
    why: "np is for a name that is not there; the peer does not know it",
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
    peers: ["mailauth"],
    rows: ["mailauth/tag-wsp"],
    section: "4.8",
    why: "white space may stand around the equals sign of a tag",
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
    kind: "alignment",
    peers: ["mailauth"],
    rows: ["mailauth/strict-dkim-org-only", "mail-dmarc/both-strict"],
    section: "4.10.2",
    why: "strict is the same domain; the peer goes on to the organizations",
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
