// Checks that a key can be used, is strong, and is readable for the users who sign and for nobody else.

import {
  parsePrivateKey,
  type PrivateKey,
} from "../../lib/keys/private_key.ts";
import { messageOf } from "../command/failure.ts";
import { checkAge } from "./age_check.ts";
import { findBarrier, formatMode, type Remedy } from "./access.ts";
import { type Account, findAccount, findGroup } from "./accounts.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import type { KeyPlace, Place } from "./key_places.ts";

/** A key that can be used. */
export interface UsableKey extends KeyPlace {
  key: PrivateKey;
}

const STRONG_BITS = 2048;
const READ_BY_ALL = 0o004;
const WRITE_BY_OTHERS = 0o022;

/**
 * Checks one place of a pattern.
 *
 * @param accounts The users who sign with it.
 * @param prefix The prefix of dknewkey.
 * @returns The findings, and the key if its record can be checked.
 */
export async function checkPlace(
  place: Place,
  accounts: Account[],
  prefix: string,
): Promise<{ findings: Finding[]; key?: UsableKey }> {
  const { path } = place;
  const only = (finding: Finding) => ({ findings: [finding] });
  switch (place.kind) {
    case "no key":
      return only(
        place.domain === undefined
          ? fail(
            "key",
            path,
            "there is no such file, and mail is refused (32)",
            makeKey(prefix, path),
          )
          : warn(
            "key",
            path,
            `no key: mail of ${place.domain} is not signed with one of its own`,
            makeKey(prefix, path, place.domain),
          ),
      );
    case "unreachable":
      return only(warn(
        "key",
        path,
        "is never looked for: domains are in lower case",
        `use ${place.domain.toLowerCase()} in place of ${place.domain}`,
      ));
    case "dangling":
      return only(fail(
        "key",
        path,
        `names the selector ${place.target}, which is not there: mail is not taken (55)`,
        `ls -l ${path.replace(/[^/]*$/, "")}`,
      ));
    case "unreadable":
    case "no folder":
      return only(fail("key", path, place.detail, `ls -ld ${path}`));
    case "key":
      return await checkKey(place, accounts, prefix);
  }
}

/** Names dknewkey by its whole path: python3-dkim has a program of that name too. */
export function makeKey(
  prefix: string,
  path: string,
  domain?: string,
): string {
  const dknewkey = `${prefix}/bin/dknewkey`;
  const folder = path.replace(/\/[^/]*$/, "");
  const option = domain === undefined ? "" : `--domain ${domain} `;
  return `mkdir -p ${folder} && ${dknewkey} ${option}${path}`;
}

async function checkKey(
  place: KeyPlace,
  accounts: Account[],
  prefix: string,
) {
  const { path } = place;
  const findings: Finding[] = [];
  const remedy = await remedyFor(accounts);
  for (const account of accounts) {
    const barrier = await findBarrier(account, path, "read", remedy);
    if (barrier === undefined) continue;
    findings.push(fail("key", path, barrier.reason, barrier.advice));
  }
  let key: PrivateKey;
  try {
    key = parsePrivateKey(await Deno.readTextFile(path));
  } catch (error) {
    findings.push(
      error instanceof Deno.errors.PermissionDenied
        ? warn(
          "key",
          path,
          "dk-doctor itself may not read it",
          "run dk-doctor as root",
        )
        : fail(
          "key",
          path,
          messageOf(error),
          `mv ${path} ${path}.bad && ${
            makeKey(prefix, path, place.domain)
          }  # then publish the record`,
        ),
    );
    return { findings };
  }
  const mode = (await Deno.stat(path)).mode ?? 0;
  if (mode & READ_BY_ALL) {
    findings.push(
      warn("key", path, "everybody can read it", `chmod o-r ${path}`),
    );
  }
  if (mode & WRITE_BY_OTHERS) {
    findings.push(
      warn(
        "key",
        path,
        "not its owner alone can write to it",
        `chmod go-w ${path}`,
      ),
    );
  }
  if (key.type === "rsa" && key.bits < STRONG_BITS) {
    const folder = path.replace(/[^/]*$/, "");
    findings.push(warn(
      "key",
      path,
      `RSA of ${key.bits} bits is weak`,
      `${
        makeKey(prefix, `${folder}NEW`, place.domain)
      }  # publish the record, then sign with the selector NEW`,
    ));
  }
  findings.push(...checkAge(path, prefix));
  if (findings.length === 0) {
    const kind = key.type === "rsa" ? `RSA, ${key.bits} bits` : "Ed25519";
    const readers = accounts.map(({ name }) => name).join(" and ");
    const detail = `${kind}, mode ${
      formatMode(mode)
    }, can be read by ${readers}`;
    findings.push(ok("key", path, detail));
  }
  return { findings, key: { ...place, key } };
}

/**
 * Writes the command that lets all users read a key: owner and group as dknewkey sets them, if that is
 * enough; else one user owns the key and the others share its group.
 */
async function remedyFor(accounts: Account[]): Promise<Remedy> {
  const [owner, gid] = await Promise.all([
    findAccount("qmaild"),
    findGroup("qmail"),
  ]);
  const isOfQmail = owner !== undefined && gid !== undefined &&
    accounts.every((account) =>
      account.uid === owner.uid || account.gids[0] === gid
    );
  if (isOfQmail) return (_, path) => giveTo("qmaild:qmail", path);
  const [first, second, ...others] = accounts;
  const haveOneGroup = others.every(({ gids }) => gids[0] === second!.gids[0]);
  return ({ name }, path) =>
    haveOneGroup
      ? giveTo(`${first!.name}:${(second ?? first!).group}`, path)
      : `setfacl -m u:${name}:r ${path}`;
}

function giveTo(owner: string, path: string): string {
  return `chown ${owner} ${path} && chmod 440 ${path}`;
}
