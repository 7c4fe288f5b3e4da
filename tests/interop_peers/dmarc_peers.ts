// Who evaluates DMARC: we, by the tree walk, and others, by a public suffix list. Refuses to know what
// is right.

import type { TxtAnswer } from "../../lib/ports/resolver.ts";
import {
  answerOf,
  type CorpusRow,
  portsOf,
  withParents,
} from "../support/dmarc_corpus.ts";
import { evaluateHeader, wordsOf } from "../support/dmarc_rows.ts";
import { askEach } from "./driven.ts";
import { load, nameOf } from "./npm.ts";
import { mapAtOnce } from "./peer.ts";
import { probe } from "./process.ts";

/** One that evaluates. */
export interface DmarcParty {
  name: string;
  /** Why it cannot be started. */
  missing?: string;
  /** Says `fail reject`, or a result word alone, of each row. */
  evaluate(rows: CorpusRow[]): Promise<string[]>;
}

/** The library. */
export const OURS: DmarcParty = {
  name: "`evaluateDmarc()`",
  evaluate: (rows) =>
    mapAtOnce(rows, async ({ header, spf, dkim, dns }) =>
      wordsOf(
        await evaluateHeader(
          `${header}\n`,
          { spf: spf[0], dkim },
          portsOf(dns),
        ),
      )),
};

const { dmarc }: {
  dmarc(options: object): Promise<
    { status: { result: string }; policy?: string }
  >;
} = await load("mailauth", "lib/dmarc/index.js");

/** mailauth of npm, in this process: it is told the author's domain, and what passed. */
export const MAILAUTH_DMARC: DmarcParty = {
  name: nameOf("mailauth"),
  evaluate: (rows) =>
    mapAtOnce(rows, async ({ from_domain, spf, dkim, dns }) => {
      const { status, policy } = await dmarc({
        headerFrom: from_domain,
        spfDomains: spf.filter(isPass),
        dkimDomains: dkim.filter(isPass),
        resolver: (name: string) => resolve(answerOf(name.toLowerCase(), dns)),
      });
      return joined(status.result, policy);
    }),
};

function isPass({ result }: { result: string }): boolean {
  return result === "pass";
}

function resolve(answer: TxtAnswer | undefined): Promise<string[][]> {
  if (answer?.outcome === "records") {
    return Promise.resolve(answer.records.map((record) => [record]));
  }
  const code = answer === undefined
    ? "ENOTFOUND"
    : answer.outcome === "temporary"
    ? "ETIMEOUT"
    : "ENODATA";
  return Promise.reject(Object.assign(new Error(code), { code }));
}

const COMMAND = ["/usr/bin/perl", `${import.meta.dirname}/mail_dmarc.pl`];

/** Mail::DMARC as Debian has it. */
export const MAIL_DMARC: DmarcParty = {
  ...await probe("Mail::DMARC", [...COMMAND, "--version"], /[\d.]+/),
  async evaluate(rows) {
    const requests = rows.map(({ from_domain, spf, dkim, dns }) => ({
      domain: from_domain,
      spf: spf.map(({ domain, result }) => ({ domain, result })),
      dkim: dkim.map(({ domain, result }) => ({ domain, result })),
      names: Object.fromEntries(
        Object.keys(dns).flatMap(withParents)
          .map((name) => [name, answerOf(name, dns)]),
      ),
    }));
    const answers = await askEach("Mail::DMARC", COMMAND, requests);
    return answers.map(({ result, policy }) => joined(result, policy));
  },
};

/** As {@linkcode DmarcParty.evaluate} says it. */
export function joined(result: string, policy?: string): string {
  return result === "fail" ? `${result} ${policy}` : result;
}
