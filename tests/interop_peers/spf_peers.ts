// Who checks clients by SPF: we, and others, all of them out of one table of DNS. Refuses to know what
// is right.

import { checkSpf } from "../../lib/api/check_spf.ts";
import type { RecordType } from "../../lib/ports/resolver.ts";
import { lookUp, type Zone, type ZoneAnswer } from "../../scripts/host/zone.ts";
import { DnsTable } from "../support/dns_table.ts";
import { askEach } from "./driven.ts";
import { load, nameOf } from "./npm.ts";
import { mapAtOnce } from "./peer.ts";
import { probe } from "./process.ts";

/** A client, and the DNS that it is asked in. */
export interface Client {
  zone: Zone;
  ip: string;
  helo: string;
  mailFrom: string;
}

/** What somebody finds. */
export interface Found {
  /** A word of RFC 7208, or the kind of error that ended it. */
  result: string;
  /** Is not there if nobody is ever told one. */
  explanation?: string | null;
}

/** One that checks. */
export interface SpfParty {
  name: string;
  /** Why it cannot be started. */
  missing?: string;
  check(clients: Client[]): Promise<Found[]>;
}

/** The library. */
export const OURS: SpfParty = {
  name: "`checkSpf()`",
  check: (clients) =>
    mapAtOnce(clients, async ({ zone, ...client }) => {
      const { result, explanation } = await checkSpf({
        ...client,
        resolver: new DnsTable(zone),
        receiver: "mx.example.net",
        explain: true,
        defaultExplanation: "DEFAULT",
      });
      return { result, explanation: explanation ?? null };
    }),
};

/** pyspf as Debian has it, in Debian's Python. */
export const PYSPF = await drive(
  "pyspf",
  ["/usr/bin/python3", `${import.meta.dirname}/pyspf.py`],
);

/** Mail::SPF as Debian has it. */
export const MAIL_SPF = await drive(
  "Mail::SPF",
  ["/usr/bin/perl", `${import.meta.dirname}/mail_spf.pl`],
);

/** libspf2 as Debian has it, which its spfquery is a command line of, through Debian's Python. */
export const LIBSPF2 = await drive(
  "libspf2",
  ["/usr/bin/python3", `${import.meta.dirname}/libspf2.py`],
);

const { spf }: {
  spf(
    options: object,
  ): Promise<{ status: { result: string }; explanation?: string }>;
} = await load("mailauth", "lib/spf/index.js");

/** mailauth of npm, in this process, as strict as it can be. */
export const MAILAUTH_SPF: SpfParty = {
  name: nameOf("mailauth"),
  check: (clients) =>
    mapAtOnce(clients, async ({ zone, ip, helo, mailFrom }) => {
      const { status, explanation } = await spf({
        strict: true,
        ip,
        helo,
        sender: mailFrom,
        mta: "mx.example.net",
        resolver: resolverOf(zone),
      });
      return { result: status.result, explanation: explanation ?? "DEFAULT" };
    }),
};

/** Answers as node:dns gives them. */
function resolverOf(zone: Zone) {
  return (name: string, type: RecordType): Promise<unknown[]> => {
    const { records, error } = lookUp(zone, name.replace(/\.$/, ""), type);
    if (records.length === 0) {
      return Promise.reject(
        Object.assign(new Error(name), { code: CODES[error ?? "nodata"] }),
      );
    }
    return Promise.resolve(records.map((record) => readRecord(type, record)));
  };
}

const CODES = {
  nxdomain: "ENOTFOUND",
  nodata: "ENODATA",
  timeout: "ETIMEOUT",
  servfail: "ESERVFAIL",
  refused: "EREFUSED",
  formerr: "EFORMERR",
  notimp: "ENOTIMP",
};

function readRecord(type: RecordType, record: unknown): unknown {
  if (type === "TXT") return (record as string).match(/[^]{1,255}/g) ?? [""];
  if (type !== "MX") return record;
  const [priority, exchange] = record as [number, string];
  return { priority, exchange };
}

async function drive(name: string, command: string[]): Promise<SpfParty> {
  return {
    ...await probe(name, [...command, "--version"], /\d[\d.]+/),
    check: (clients) =>
      askEach(
        name,
        command,
        clients.map(({ zone, ...client }) => ({
          ...client,
          answers: answersOf(zone),
        })),
      ),
  };
}

const TYPES: RecordType[] = ["TXT", "A", "AAAA", "MX", "PTR"];

/** The answer to each question about the names of a zone, by `TYPE name`. */
function answersOf(zone: Zone): Record<string, ZoneAnswer> {
  return Object.fromEntries(
    Object.keys(zone).flatMap((name) =>
      TYPES.map((type) => [`${type} ${name}`, lookUp(zone, name, type)])
    ),
  );
}
