// Finds the keys of a pattern, whose `%` stands for every folder at that place. Lists folders and opens
// no key.

import { messageOf } from "../command/failure.ts";
import { isThere } from "./access.ts";
import { toALabels } from "../../lib/message/domain_name.ts";
import { encodeUtf8 } from "../../lib/message/octets.ts";
import { readKeyLink } from "../../lib/system/keys/key_files.ts";
import { isPerDomain, keyPaths, selectorOf } from "../../lib/keys/key_path.ts";

/** A key file that exists. */
export interface KeyPlace {
  path: string;
  /** The domain with A-labels, as in a signature. */
  selector: string;
  /** The domain with A-labels; `undefined` for a file that is every domain's. */
  domain: string | undefined;
}

/** The place of a domain: with a key, without one, or by a name that is never looked for. */
export type Place =
  | ({ kind: "key" } & KeyPlace)
  /** A domain without a key. */
  | { kind: "no key"; path: string; domain: string | undefined }
  /** A name that the programs never look for. */
  | { kind: "unreachable"; path: string; domain: string }
  /** A link to a selector that has no key. */
  | { kind: "dangling"; path: string; target: string }
  | { kind: "unreadable" | "no folder"; path: string; detail: string };

/**
 * Lists the places of a pattern.
 *
 * @param domains The domains to look for; without any, every domain that has a folder.
 */
export function listPlaces(pattern: string, domains: string[]): Place[] {
  if (domains.length > 0) {
    return domains.map((domain) => placeOf(pattern, domain));
  }
  return isPerDomain(pattern) ? walk(pattern) : [look(pattern, undefined)];
}

/** Finds the key that signs a domain's mail: its own, or that of a parent. */
function placeOf(pattern: string, domain: string): Place {
  const places = keyPaths(pattern, domain).map(({ path, domain }) =>
    look(path, domain)
  );
  return places.find(({ kind }) => kind !== "no key") ?? places[0]!;
}

function walk(pattern: string): Place[] {
  const components = pattern.split("/");
  const at = components.findIndex(isPerDomain);
  const before = components.slice(0, at).join("/");
  const expression = new RegExp(
    `^${
      components[at]!.split("%").map((text) => RegExp.escape(text))
        .join("%").replace("%", "(?<domain>.+)").replaceAll("%", "\\k<domain>")
    }$`,
  );
  const parent = before || (pattern.startsWith("/") ? "/" : ".");
  let names: string[];
  try {
    names = [...Deno.readDirSync(parent)].map(({ name }) => name).sort();
  } catch (error) {
    const detail = error instanceof Deno.errors.NotFound
      ? "there is no such folder"
      : messageOf(error);
    return [{ kind: "unreadable", path: parent, detail }];
  }
  return names.flatMap((name) => {
    const spelling = expression.exec(name)?.groups?.domain;
    const domain = spelling && toALabels(encodeUtf8(spelling));
    if (!spelling || !domain) return [];
    const path = pattern.replaceAll("%", spelling);
    const place = look(path, domain);
    if (place.kind === "no folder") return [];
    // A folder without a dot in its name is no domain: an archive or the like.
    if (place.kind === "no key" && !domain.includes(".")) return [];
    const isAsked = keyPaths(pattern, domain).some((asked) =>
      asked.path === path
    );
    return isAsked
      ? [place]
      : [{ kind: "unreachable", path, domain: spelling }];
  });
}

function look(path: string, domain: string | undefined): Place {
  try {
    const linked = readKeyLink(path);
    if (linked !== undefined && !isThere(linked)) {
      return { kind: "dangling", path, target: selectorOf(linked) };
    }
    Deno.statSync(path);
    const selector = selectorOf(linked ?? path);
    return {
      kind: "key",
      path,
      domain,
      selector: toALabels(encodeUtf8(selector)) ?? selector,
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return { kind: "no key", path, domain };
    }
    const isFile = error instanceof Deno.errors.NotADirectory;
    const kind = isFile ? "no folder" : "unreadable";
    return { kind, path, detail: messageOf(error) };
  }
}
