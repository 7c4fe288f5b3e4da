// The users who run the programs: looks up their numbers, and runs commands as one of them. Leaves out
// supplementary groups, since tcpserver, setuidgid and qmail-start set none.

import { ENVIRONMENT } from "./environment.ts";
import { findExecutable } from "../../lib/system/process/executable.ts";

/** A user of this machine. */
export interface Account {
  name: string;
  uid: number;
  /** The primary group first. */
  gids: number[];
  /** The name of the primary group. */
  group: string;
}

/** What a process left behind. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Looks a user up; `undefined` if this machine has none of that name. */
export async function findAccount(name: string): Promise<Account | undefined> {
  const { code, stdout } = await runCommand(["id", name]);
  const account = code === 0 ? parseAccount(stdout) : undefined;
  return account && { ...account, gids: account.gids.slice(0, 1) };
}

/** The number of a group; `undefined` if this machine has none of that name. */
export async function findGroup(name: string): Promise<number | undefined> {
  const { code, stdout } = await runCommand(["getent", "group", name]);
  return code === 0 ? Number(stdout.split(":")[2]) : undefined;
}

/** Our own account, with every group that we are in. */
export async function currentAccount(): Promise<Account> {
  const { stdout } = await runCommand(["id"]);
  const account = parseAccount(stdout);
  if (account === undefined) throw new Error(`Cannot read "${stdout}" of id`);
  return account;
}

/** `uid=0(root) gid=0(root) groups=0(root),4(adm)`; names may be missing. */
function parseAccount(text: string): Account | undefined {
  const [, uid, name = uid, gid, group = gid, groups = ""] =
    /^uid=(\d+)(?:\((.*?)\))? gid=(\d+)(?:\((.*?)\))?(?: .*?groups=(\S+))?/
      .exec(text) ?? [];
  if (uid === undefined) return undefined;
  const others = groups.split(",").map((entry) => Number.parseInt(entry, 10));
  return {
    name: name!,
    uid: Number(uid),
    gids: [Number(gid), ...others.filter((other) => other >= 0)],
    group: group!,
  };
}

/** The words that run a command as a user; `undefined` where we cannot become that user. */
export function commandAs(
  account: Account,
  command: string[],
): string[] | undefined {
  if (account.uid === Deno.uid()) return command;
  const setpriv = findExecutable("setpriv", ENVIRONMENT);
  if (Deno.uid() !== 0 || setpriv === undefined) return undefined;
  const ids = [`--reuid=${account.uid}`, `--regid=${account.gids[0]}`];
  return [setpriv, ...ids, "--clear-groups", "--", ...command];
}

/**
 * Runs a command to its end, in the root folder. The user may have no access to our own working
 * folder, where the runtime could start nothing. All paths in the command must be absolute.
 */
export async function runCommand(
  [program = "", ...args]: string[],
  options: Deno.CommandOptions = {},
): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    stdin: "null",
    cwd: "/",
    ...options,
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}
