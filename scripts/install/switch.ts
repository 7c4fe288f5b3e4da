// Puts one version in the place of another, by one rename for each launcher and man page: every mail
// finds one whole version. A kill at any moment leaves a working installation, and can be repeated.

import {
  copyFile,
  hashOf,
  InstallError,
  kindOf,
  listNames,
  type Manifest,
  removeFile,
  type State,
  type Store,
  syncFolderOf,
} from "./store.ts";
import { isInPlace } from "./version.ts";

/**
 * Checks that every file to be replaced is one of ours.
 *
 * @throws {InstallError} For a file that no version of ours has.
 */
export async function checkTargets(
  store: Store,
  targets: string[],
): Promise<void> {
  const foreign = [];
  for (const path of targets) {
    if (!await isOurs(store, path)) foreign.push(store.absolute(path));
  }
  if (foreign.length === 0) return;
  throw new InstallError(
    `Not made by this program, or changed since; move away first:\n  ${
      foreign.join("\n  ")
    }`,
  );
}

async function isOurs(store: Store, path: string): Promise<boolean> {
  const full = store.absolute(path);
  const kind = kindOf(full);
  if (kind === undefined) return true;
  if (kind !== "file") return false;
  const sha256 = await hashOf({ path: full });
  return linksOf(store).some((link) =>
    link.path === path && link.sha256 === sha256
  );
}

/** Lists the launchers and man pages of all versions. */
export function linksOf(store: Store): Manifest["links"] {
  return store.readManifests().flatMap(({ links }) => links);
}

/** Tells whether all files of a version are in place. */
export async function isInstalled(
  store: Store,
  { files, links }: Manifest,
): Promise<boolean> {
  const found = await Promise.all(
    [...files, ...links].map((file) => isInPlace(store, file)),
  );
  return found.every((isThere) => isThere);
}

/** Puts a version in place that is in its folder already. */
export async function switchTo(
  store: Store,
  state: State,
  manifest: Manifest,
): Promise<void> {
  const others = linksOf(store).map(({ path }) => path).filter((path) =>
    !manifest.links.some((link) => link.path === path)
  );
  await checkTargets(store, [
    ...manifest.links.map(({ path }) => path),
    ...others,
  ]);
  // A lack of space or of permission shows here, before anything is in place.
  const pairs = manifest.links.map(({ path, source, mode }) => {
    const from = store.absolute(source);
    const temporary = store.makeTemporary(
      path,
      mode,
      (temporary) => copyFile(from, temporary),
    );
    return [temporary, store.absolute(path)] as const;
  });
  state.next = manifest.version;
  store.writeState(state);
  for (const [temporary, path] of pairs) await Deno.rename(temporary, path);
  for (const path of others) removeFile(store.absolute(path));
  for (const [, path] of pairs) syncFolderOf(path);
  finishSwitch(store, state);
}

/** Makes the new version the current one, and removes all but it and the previous one. */
function finishSwitch(store: Store, state: State): void {
  if (state.next !== state.current) {
    if (state.current !== undefined) state.previous = state.current;
    state.current = state.next!;
  }
  delete state.next;
  store.writeState(state);
  prune(store, state);
}

/** Removes the files of an installation that failed before anything was in place. */
export async function takeBack(store: Store, state: State): Promise<void> {
  const isFirst = state.current === undefined && state.next === undefined;
  if (isFirst) await removeAll(store, state);
  else prune(store, state);
}

/** Removes every version that is not in use, and the leftovers of a kill. */
export function prune(store: Store, state: State): void {
  for (const { path } of linksOf(store)) removeFile(store.temporaryOf(path));
  const kept = store.readManifests().filter(({ version }) =>
    [state.current, state.previous, state.next].includes(version)
  );
  const inUse = new Set([
    "state.json",
    ...kept.map(({ version }) => version),
    ...kept.flatMap(({ files }) =>
      files.map(({ path }) => path.split("/")[2]!)
    ),
  ]);
  for (const name of listNames(store.folder)) {
    if (inUse.has(name)) continue;
    Deno.removeSync(`${store.folder}/${name}`, { recursive: true });
  }
}

/** Removes all installed files, and the folders that were made for them if they are empty. */
export async function removeAll(store: Store, state: State): Promise<void> {
  const links = linksOf(store);
  await checkTargets(store, links.map(({ path }) => path));
  for (const { path } of links) {
    removeFile(store.absolute(path));
    removeFile(store.temporaryOf(path));
  }
  for (const name of listNames(store.folder)) {
    if (name === "state.json") continue;
    await Deno.remove(`${store.folder}/${name}`, { recursive: true });
  }
  removeFile(`${store.folder}/state.json`);
  for (const folder of state.folders.toReversed()) {
    if (kindOf(folder) === "folder" && listNames(folder).length === 0) {
      await Deno.remove(folder);
    }
  }
}
