// Whether a key can be used, is strong, and is read by those who must and nobody else.

import {
  parsePrivateKey,
  type PrivateKey,
} from "../../lib/keys/private_key.ts";
import { messageOf } from "../failure.ts";
import { type Barrier, findBarrier, formatMode } from "./access.ts";
import type { Account } from "./accounts.ts";
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
 * @param accounts Who must read it.
 * @returns What was found, and the key when its record can be looked at.
 */
export async function checkPlace(
  place: Place,
  accounts: Account[],
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
            `dknewkey ${path}`,
          )
          : warn(
            "key",
            path,
            `no key: mail of ${place.domain} is not signed with one of its own`,
            `mkdir -p ${
              path.replace(/[^/]*$/, "")
            } && dknewkey --domain ${place.domain} ${path}`,
          ),
      );
    case "unreachable":
      return only(warn(
        "key",
        path,
        "is never looked for: domains are in lower case",
        `use ${place.domain.toLowerCase()} in place of ${place.domain}`,
      ));
    case "unreadable":
    case "no folder":
      return only(fail("key", path, place.detail, `ls -ld ${path}`));
    case "key":
      return await checkKey(place, accounts);
  }
}

async function checkKey(place: KeyPlace, accounts: Account[]) {
  const { path } = place;
  const findings: Finding[] = [];
  for (const account of accounts) {
    const barrier = await findBarrier(account, path, "read");
    if (barrier === undefined) continue;
    const advice = adviceForAll(barrier, account, path, accounts);
    findings.push(fail("key", path, barrier.reason, advice));
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
          `move it away and make a new one: mv ${path} ${path}.bad && dknewkey ${path}`,
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
      `make one of ${STRONG_BITS} bits with another selector: dknewkey ${folder}NEW`,
    ));
  }
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

/** A file has one group: those of several groups need something else. */
function adviceForAll(
  { at, advice }: Barrier,
  { name }: Account,
  path: string,
  accounts: Account[],
): string {
  const [first, second, ...others] = accounts;
  const haveOneGroup = accounts.every(({ gids }) => gids[0] === first!.gids[0]);
  if (at === undefined || second === undefined || haveOneGroup) return advice;
  if (at !== path) return `chmod o+x ${at}`;
  return others.length > 0
    ? `setfacl -m u:${name}:r ${path}`
    : `chown ${first!.name}:${second.group} ${path} && chmod 440 ${path}`;
}
