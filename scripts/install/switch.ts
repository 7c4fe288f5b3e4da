// Putting one version in the place of another: launchers and man pages by a rename each, so that
// every mail finds one whole version. Killed at any moment it leaves what works, and can be redone.

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

/** @throws {InstallError} When a target is there and not as some version of ours has it. */
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

/** The launchers and man pages of all versions that are there. */
export function linksOf(store: Store): Manifest["links"] {
  return store.readManifests().flatMap(({ links }) => links);
}

/** Tells whether a version is in place in full. */
export async function isInstalled(
  store: Store,
  { files, links }: Manifest,
): Promise<boolean> {
  const found = await Promise.all(
    [...files, ...links].map((file) => isInPlace(store, file)),
  );
  return found.every((isThere) => isThere);
}

/** Puts a version that is in its folder in place. */
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
  // What can fail for want of room or of a right fails here, with nothing in place yet.
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

/** From here on the new version is the current one; what is older than the one before goes. */
function finishSwitch(store: Store, state: State): void {
  if (state.next !== state.current) {
    if (state.current !== undefined) state.previous = state.current;
    state.current = state.next!;
  }
  delete state.next;
  store.writeState(state);
  prune(store, state);
}

/** Takes back what an installation has made before anything of it was in place. */
export async function takeBack(store: Store, state: State): Promise<void> {
  const isFirst = state.current === undefined && state.next === undefined;
  if (isFirst) await removeAll(store, state);
  else prune(store, state);
}

/** Removes every version that is not in use, and what a kill has left. */
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

/** Removes all that was installed, and the folders that were made for it, when they are empty. */
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
