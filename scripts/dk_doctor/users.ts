// The users who run the programs: those of --user, else those of qmail, else ourselves if this machine
// has none of them.

import {
  type Account,
  commandAs,
  currentAccount,
  findAccount,
} from "./accounts.ts";
import { type Finding, ok, warn } from "./finding.ts";

/** The users, by the programs that they run. */
export interface Users {
  /** Those of the programs with the interface of qmail-queue. */
  queue: Account[];
  /** Those of dk-remote. */
  remote: Account[];
  /** Those of the program that qmail-send starts for a bounce. */
  bounce: Account[];
  /** The names come from the command line. */
  isAsked: boolean;
}

const QUEUE_USERS = ["qmaild"];
const REMOTE_USERS = ["qmailr"];
const BOUNCE_USER = "qmails";

/**
 * Looks the users up.
 *
 * @param names The users of the command line, who then run everything.
 */
export async function findUsers(
  names: string[] | undefined,
): Promise<{ users: Users; findings: Finding[] }> {
  const self = await currentAccount();
  const missing = new Set<string>();
  const lookUp = async (wanted: string[]) => {
    const found: Account[] = [];
    for (const name of wanted) {
      const account = name === self.name ? self : await findAccount(name);
      if (account === undefined) missing.add(name);
      else found.push(account);
    }
    return found.length > 0 ? found : [self];
  };
  const queue = await lookUp(names ?? QUEUE_USERS);
  const remote = await lookUp(names ?? REMOTE_USERS);
  const bouncer = names === undefined
    ? await findAccount(BOUNCE_USER)
    : undefined;
  const bounce = bouncer === undefined ? remote : [bouncer];
  const findings: Finding[] = [];
  if (missing.size > 0) {
    findings.push(warn(
      "user",
      [...missing].join(", "),
      `not on this machine; ${self.name} stands in for whom there is not`,
      "dk-doctor --user NAME, with who runs qmail-smtpd",
    ));
  }
  const others = [...queue, ...remote].filter((account) =>
    commandAs(account, []) === undefined
  );
  if (others.length > 0) {
    findings.push(warn(
      "user",
      [...new Set(others.map(({ name }) => name))].join(", "),
      `${self.name} cannot act as another: files are judged by their modes alone, and programs tried as ${self.name}`,
      Deno.uid() === 0
        ? "install setpriv of util-linux"
        : "run dk-doctor as root",
    ));
  }
  if (findings.length === 0) {
    const all = [...new Set([...queue, ...remote].map(({ name }) => name))];
    findings.push(ok("user", all.join(", "), "each on this machine"));
  }
  const isAsked = names !== undefined;
  return { users: { queue, remote, bounce, isAsked }, findings };
}

/** Gives the users that we can become for a trial, else ourselves. */
export async function triable(accounts: Account[]): Promise<Account[]> {
  const able = accounts.filter((account) =>
    commandAs(account, []) !== undefined
  );
  return able.length > 0 ? able : [await currentAccount()];
}
