// Installs the programs below a prefix, goes back to the previous version, or removes everything. A
// mail that arrives meanwhile finds the old version or the new one, never parts of both.

import { UsageError } from "../command/failure.ts";
import { formatAdvice, formatUses } from "./advice.ts";
import { parseDefaults } from "./defaults.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { InstallError, type Manifest, type State, Store } from "./store.ts";
import {
  checkTargets,
  isInstalled,
  linksOf,
  prune,
  removeAll,
  switchTo,
  takeBack,
} from "./switch.ts";
import {
  buildVersion,
  foldersOf,
  putVersion,
  targetsOf,
  type Version,
} from "./version.ts";
import { findUses } from "../site/uses.ts";
import {
  clearPlaces,
  findLogs,
  findOwner,
  findServing,
  makePlaces,
  PLACES,
} from "./resident_place.ts";

async function install(store: Store, options: Options): Promise<void> {
  const seen = store.readState();
  const version = await build(store, seen, options);
  await checkAll(store, version);
  if (options.isDryRun) {
    if (await isDone(store, seen, version)) return sayDone(version);
    say(`would install ${version.name} in ${store.folder}/${version.name}`);
    for (const path of targetsOf(version)) {
      say(`would write ${store.absolute(path)}`);
    }
    return;
  }
  using lock = store.lock();
  await installLocked(store, lock.state, version, options);
}

/** Installs under the lock. The state may have changed between the first look and the lock. */
async function installLocked(
  store: Store,
  state: State,
  seen: Version,
  options: Options,
): Promise<void> {
  const before = state.next;
  let manifest;
  try {
    const version = isBuiltFor(store, state, seen, options)
      ? seen
      : await build(store, state, options);
    await checkAll(store, version);
    if (await isDone(store, state, version)) {
      // A killed installer may have left files, even if there is nothing else to do.
      prune(store, state);
      if (version.isResident) makePlaces(store, state);
      return sayDone(version);
    }
    store.makeFolders(state, foldersOf(store, version));
    if (version.isResident) makePlaces(store, state);
    manifest = await putVersion(store, version);
    await switchTo(store, state, manifest);
  } catch (error) {
    if (state.next === before) await takeBack(store, state);
    throw error;
  }
  tellDefaults(manifest, options);
  tellPlaces(store, manifest, options);
  const advice = formatAdvice(store.prefix, manifest);
  say(`installed ${manifest.version}\n\n${advice}`);
}

async function build(
  store: Store,
  state: State,
  options: Options,
): Promise<Version> {
  return await buildVersion({
    isCompiled: options.isCompiled,
    isResident: options.isResident ?? isResidentIn(store, state),
    defaults: options.env === undefined
      ? defaultsIn(store, state)
      : parseDefaults(await Deno.readTextFile(options.env)),
  });
}

function defaultsIn(store: Store, { current }: State): Version["defaults"] {
  return current === undefined ? {} : store.readManifest(current).defaults;
}

function isResidentIn(store: Store, { current }: State): boolean {
  return current !== undefined &&
    (store.readManifest(current).isResident ?? false);
}

/** What the command line does not say is as in the version that is there. */
function isBuiltFor(
  store: Store,
  state: State,
  seen: Version,
  options: Options,
): boolean {
  const hasDefaults = options.env !== undefined ||
    JSON.stringify(defaultsIn(store, state)) === JSON.stringify(seen.defaults);
  const isResident = options.isResident ?? isResidentIn(store, state);
  return hasDefaults && isResident === seen.isResident;
}

async function checkAll(store: Store, version: Version): Promise<void> {
  await checkTargets(store, [
    ...targetsOf(version),
    ...linksOf(store).map(({ path }) => path),
  ]);
}

async function isDone(
  store: Store,
  { current, next }: State,
  { name }: Version,
): Promise<boolean> {
  return current === name && next === undefined &&
    await isInstalled(store, store.readManifest(current));
}

function sayDone({ name }: Version): void {
  say(`${name} is installed already`);
}

function tellDefaults({ defaults }: Manifest, { env }: Options): void {
  const names = Object.keys(defaults);
  if (names.length === 0) return;
  const origin = env === undefined ? "as before" : `from ${env}`;
  say(`defaults ${origin}: ${names.join(", ")}`);
}

/** Says whose the places are, where that is not as it should be, and what still runs. */
function tellPlaces(
  store: Store,
  { isResident }: Manifest,
  options: Options,
): void {
  if (!isResident) {
    for (const { where, what, undo } of findServing(store, options)) {
      say(`${where}: ${what}, and nothing asks it any more\n  -> ${undo}`);
    }
    return;
  }
  for (const place of Object.values(PLACES)) {
    if (findOwner(place) !== undefined) continue;
    const why = Deno.uid() === 0
      ? `there is no user ${place.user}`
      : "root did not install this";
    say(
      `${
        store.absolute(place.folder)
      } is for who installs, since ${why}: other users' mail takes the way without a resident process`,
    );
  }
}

async function rollBack(store: Store, options: Options): Promise<void> {
  const seen = versionBefore(store.readState());
  if (options.isDryRun) return say(`would put ${seen} in place`);
  using lock = store.lock();
  const version = versionBefore(lock.state);
  const manifest = store.readManifest(version);
  if (manifest.isResident) makePlaces(store, lock.state);
  await switchTo(store, lock.state, manifest);
  tellPlaces(store, manifest, options);
  say(`put ${version} in place`);
}

/** Finds the version to go back to. An installation that was killed is undone. */
function versionBefore({ current, previous, next }: State): string {
  const version = next === undefined ? previous : current;
  if (version === undefined) {
    throw new InstallError("There is no version before this one");
  }
  return version;
}

async function uninstall(store: Store, options: Options): Promise<void> {
  const state = store.readState();
  if (state.folders.length === 0 && linksOf(store).length === 0) {
    throw new InstallError(`Nothing is installed in "${store.prefix}"`);
  }
  refuseInUse(store, options);
  if (options.isDryRun) {
    await checkTargets(store, linksOf(store).map(({ path }) => path));
    return say(`would remove ${store.folder} and its programs`);
  }
  using lock = store.lock();
  await checkTargets(store, linksOf(store).map(({ path }) => path));
  clearPlaces(store);
  await removeAll(store, lock.state);
  for (const path of findLogs(store)) say(`left the log ${path}`);
  say(`removed all from ${store.prefix}`);
}

/** Refuses to remove programs that are in use: without them qmail refuses or bounces mail. */
function refuseInUse(store: Store, options: Options): void {
  const { prefix } = store;
  const { isForced, isDryRun } = options;
  const uses = [...findUses(prefix, options), ...findServing(store, options)];
  if (uses.length === 0) return;
  const text = formatUses(prefix, uses);
  if (!isForced) throw new InstallError(text);
  if (!isDryRun) say(`removing what is in use. ${text}`);
}

function say(text: string): void {
  console.log(`install: ${text}`);
}

/** Runs one command line, and gives the exit code. */
async function main(args: string[]): Promise<number> {
  // Nobody else may write into unfinished files.
  Deno.umask(0o077);
  try {
    const options = parseOptions(args);
    const store = new Store(options.prefix);
    switch (options.action) {
      case "help":
        console.log(USAGE.trimEnd());
        break;
      case "install":
        await install(store, options);
        break;
      case "rollback":
        await rollBack(store, options);
        break;
      case "uninstall":
        await uninstall(store, options);
    }
    return 0;
  } catch (error) {
    console.error(`install: ${describe(error)}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** Describes an error: in one line if a person can mend it, with a trace if it is a bug. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isForPeople = error instanceof InstallError ||
    error instanceof UsageError || error.name === "Error" ||
    Object.values(Deno.errors).some((kind) => error instanceof kind);
  return isForPeople ? error.message : error.stack ?? error.message;
}

Deno.exit(await main(Deno.args));
