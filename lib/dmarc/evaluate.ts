// Evaluates DMARC (RFC 9989 sections 4.10 and 5.3) for an author and the results of SPF and DKIM. Reads
// no message and throws nothing. A missing answer of DNS is never a fail.

import type { Author } from "../message/author.ts";
import { toALabels } from "../message/domain_name.ts";
import {
  Aligner,
  type AuthenticatedDomain,
  type Identifier,
  listIdentifiers,
} from "./alignment.ts";
import {
  type ApplicableRecord,
  type AppliedPolicy,
  discoverPolicy,
  publishedPolicy,
  requestedPolicy,
} from "./policy.ts";
import {
  type DmarcPorts,
  type DmarcQuestion,
  PolicyRecords,
} from "./policy_records.ts";
import type { DmarcRecord, Policy } from "./record.ts";
import type { DmarcStatus } from "./status.ts";

/** What vouches for a message. */
export interface Verified {
  /** Of MAIL FROM; of HELO for the null sender. */
  spf?: AuthenticatedDomain | undefined;
  /** The result of each DKIM signature. */
  dkim?: readonly AuthenticatedDomain[] | undefined;
  /** The sealer whose ARC chain excuses a failure, if there is one. */
  excuse?: string | undefined;
}

/** What is known of a message. */
export interface DmarcInput extends Verified {
  /** Of From, as everybody reads it. */
  author: Author;
}

/** What was found. */
export interface DmarcFinding {
  /** The status. */
  status: DmarcStatus;
  /** In lower case, with A-labels. */
  authorDomain?: string;
  /** The author's organizational domain, where it is known. */
  organizationalDomain?: string;
  /** The domain of the record that the message falls under. */
  policyDomain?: string;
  /** That record. */
  record?: DmarcRecord;
  /** The policy to apply, if it fails. */
  policy?: Policy;
  /** The identifier that is aligned, if it passes. */
  aligned?: Identifier;
  /** The comment for Authentication-Results. */
  comment: string;
  /** Every question to DNS with its answer. */
  questions: DmarcQuestion[];
}

/** The author's domain with A-labels; `undefined` if there is no author, or no name of DNS. */
export function authorDomainOf(author: Author): string | undefined {
  return typeof author === "string"
    ? undefined
    : toALabels(author.domain)?.toLowerCase();
}

/** Evaluates one message. */
export async function evaluateDmarc(
  { author, ...verified }: DmarcInput,
  ports: DmarcPorts,
): Promise<DmarcFinding> {
  return await new DmarcEvaluation(author, ports).end(verified);
}

/** The evaluation of one message: asks for the record at once, for what else it takes in the end. */
export class DmarcEvaluation {
  /** The author's domain, if there is one. */
  readonly authorDomain: string | undefined;
  readonly #records: PolicyRecords;
  readonly #found: ReturnType<typeof discoverPolicy>;

  constructor(author: Author, ports: DmarcPorts) {
    this.authorDomain = authorDomainOf(author);
    this.#records = new PolicyRecords(ports);
    this.#found = this.authorDomain === undefined
      ? Promise.resolve("none")
      : discoverPolicy(this.#records, this.authorDomain);
  }

  /** To be called once; it never rejects. */
  async end(verified: Verified): Promise<DmarcFinding> {
    const { questions } = this.#records;
    const { authorDomain } = this;
    if (authorDomain === undefined) {
      const comment = "not one domain in From";
      return { status: "noAuthor", comment, questions };
    }
    const known = { authorDomain, questions };
    const found = await this.#found;
    if (found === "temporary") return { ...known, ...DNS_TEMPORARY };
    if (found === "none") return { ...known, status: "noRecord", comment: "" };
    const verdict = await hold(verified, authorDomain, found, this.#records);
    return { ...known, ...verdict };
  }
}

/** Applies the record that was found. */
async function hold(
  { spf, dkim = [], excuse }: Verified,
  author: string,
  found: ApplicableRecord,
  records: PolicyRecords,
): Promise<Omit<DmarcFinding, "questions">> {
  const known = { policyDomain: found.domain, record: found.record };
  if (found.record.policy === undefined) {
    return { ...known, status: "noRecord", comment: "no policy in the record" };
  }
  const aligner = new Aligner(records, author, found);
  const aligned = await aligner.find(
    listIdentifiers(spf === undefined ? [] : [spf], dkim),
  );
  const verdict = typeof aligned === "object"
    ? passed(aligned, found, author)
    : aligned === "temporary"
    ? DNS_TEMPORARY
    : await fail(found, author, records, excuse);
  const { organization } = aligner;
  return organization === undefined
    ? { ...known, ...verdict }
    : { ...known, organizationalDomain: organization, ...verdict };
}

function passed(aligned: Identifier, found: ApplicableRecord, author: string) {
  return {
    status: "ok",
    aligned,
    comment: formatComment(found, publishedPolicy(found, author)),
  } as const;
}

async function fail(
  found: ApplicableRecord,
  author: string,
  records: PolicyRecords,
  excuse: string | undefined,
) {
  if (excuse !== undefined) {
    const published = formatComment(found, publishedPolicy(found, author));
    const comment = `${published}, arc=pass ${excuse}`;
    return { status: "excused", policy: "none", comment } as const;
  }
  const requested = await requestedPolicy(records, found, author);
  if (requested === "temporary") return DNS_TEMPORARY;
  const { policy } = requested;
  const comment = formatComment(found, requested);
  return { status: FAILURES[policy], policy, comment };
}

const DNS_TEMPORARY = { status: "dnsTemporary", comment: "dns" } as const;

const FAILURES: Record<Policy, DmarcStatus> = {
  none: "monitor",
  quarantine: "quarantine",
  reject: "reject",
};

/** Writes the published tags that apply: `p=reject, sp=quarantine, t=y`. */
function formatComment(
  { record }: ApplicableRecord,
  { tag }: AppliedPolicy,
): string {
  const { policy, subdomainPolicy, nonexistentPolicy } = record;
  const words = { p: policy, sp: subdomainPolicy, np: nonexistentPolicy };
  return [
    `p=${policy}`,
    ...(tag === "p" ? [] : [`${tag}=${words[tag]}`]),
    ...(record.isTesting && words[tag] !== "none" ? ["t=y"] : []),
  ].join(", ");
}
