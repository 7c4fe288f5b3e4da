// Checks that a qmail-remote which makes line breaks of bare CRs gets no message with one: a dot between
// two of them ends DATA, and what follows is taken for another message (SMTP smuggling).

import { readBareCr } from "../../lib/system/configuration/options.ts";
import { findRemote } from "../../lib/system/configuration/remote.ts";
import { findExecutable } from "../../lib/system/process/executable.ts";
import { identifyProgram } from "../site/own_program.ts";
import type { Account } from "./accounts.ts";
import { type BareCr, tryBareCr } from "./bare_cr_trial.ts";
import { ENVIRONMENT } from "./environment.ts";
import { type Finding, ok, warn } from "./finding.ts";
import { attempt } from "./options_check.ts";
import { formatAddition, formatChange } from "./settings.ts";
import type { Situation } from "./situations.ts";

const NAME = "DKBARECR";

/** Checks the situations of a site; each qmail-remote is tried once. */
export class BareCrCheck {
  #account: Account | undefined;
  #isCovered: boolean;
  #tried = new Map<string, Promise<BareCr>>();

  /** @param account Who runs qmail-remote. */
  constructor(situations: Situation[], account: Account | undefined) {
    this.#account = account;
    // Nothing leaves but through it.
    this.#isCovered = situations.some(({ role, program, env }) =>
      role === "remote" && program === "dk-remote" &&
      ["defer", "reject"].includes(env.get(NAME)?.value ?? "")
    );
  }

  /** Checks one situation, in its environment. */
  async check(situation: Situation | undefined): Promise<Finding[]> {
    // A bounce of qmail-send is passed on all the same.
    if (this.#isCovered || situation?.role === "bounces") return [];
    if (attempt(() => readBareCr(ENVIRONMENT)) !== "pass") return [];
    const named = ENVIRONMENT.get("DKREMOTE") ?? findRemote();
    const path = findExecutable(named, ENVIRONMENT);
    if (path === undefined || identifyProgram(path) !== undefined) return [];
    const tried = await this.#tried.getOrInsertComputed(
      path,
      () => tryBareCr(path, this.#account),
    );
    const subject = situation?.name ?? NAME;
    const own = situation?.env.get(NAME);
    const advice = own === undefined
      ? formatAddition(situation, NAME, "reject")
      : formatChange(own, "reject");
    if ("untried" in tried) {
      const detail =
        `lets bare CRs pass, of which notqmail 1.09 makes line breaks, and a second message; ${path} was not tried: ${tried.untried}`;
      return [ok("bare CR", subject, detail, advice)];
    }
    if (!tried.breaksLine) {
      const detail =
        `lets bare CRs pass, of which ${path} makes no line breaks`;
      return [ok("bare CR", subject, detail)];
    }
    const detail =
      `lets bare CRs pass, of which ${path} makes line breaks: with a dot between two of them a message becomes two`;
    return [warn("bare CR", subject, detail, advice)];
  }
}
