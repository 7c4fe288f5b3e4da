// Installs the programs below a prefix, puts the version before back, or removes everything. A
// mail that arrives meanwhile finds the old version or the new one, whole.

import { UsageError } from "./failure.ts";
import { formatAdvice, formatRemoval } from "./install/advice.ts";
import { parseDefaults } from "./install/defaults.ts";
import { type Options, parseOptions, USAGE } from "./install/options.ts";
import {
  InstallError,
  type Manifest,
  type State,
  Store,
} from "./install/store.ts";
import {
  checkTargets,
  isInstalled,
  linksOf,
  prune,
  removeAll,
  switchTo,
  takeBack,
} from "./install/switch.ts";
import {
  buildVersion,
  foldersOf,
  putVersion,
  targetsOf,
} from "./install/version.ts";

async function install(store: Store, options: Options): Promise<void> {
  const state = store.readState();
  const current = state.current && store.readManifest(state.current);
  const defaults = options.env === undefined
    ? current ? current.defaults : {}
    : parseDefaults(await Deno.readTextFile(options.env));
  const version = await buildVersion({
    isCompiled: options.isCompiled,
    defaults,
  });
  await checkTargets(store, [
    ...targetsOf(version),
    ...linksOf(store).map(({ path }) => path),
  ]);
  const isDone = current && current.version === version.name &&
    state.next === undefined && await isInstalled(store, current);
  if (isDone) {
    if (!options.isDryRun) tidy(store, state);
    return say(`${version.name} is installed already`);
  }
  if (options.isDryRun) {
    say(`would install ${version.name} in ${store.folder}/${version.name}`);
    for (const path of targetsOf(version)) {
      say(`would write ${store.absolute(path)}`);
    }
    return;
  }
  using _lock = store.lock(state);
  store.makeFolders(state, foldersOf(store, version));
  const before = state.next;
  let manifest;
  try {
    manifest = await putVersion(store, version);
    await switchTo(store, state, manifest);
  } catch (error) {
    if (state.next === before) await takeBack(store, state);
    throw error;
  }
  tellDefaults(manifest, options);
  say(`installed ${version.name}\n\n${formatAdvice(store.prefix)}`);
}

/** What a killed installer has left goes also when there is nothing else to do. */
function tidy(store: Store, state: State): void {
  using _lock = store.lock(state);
  prune(store, state);
}

function tellDefaults({ defaults }: Manifest, { env }: Options): void {
  const names = Object.keys(defaults);
  if (names.length === 0) return;
  const origin = env === undefined ? "as before" : `from ${env}`;
  say(`defaults ${origin}: ${names.join(", ")}`);
}

async function rollBack(store: Store, options: Options): Promise<void> {
  const state = store.readState();
  // An installation that was killed is not finished, but undone.
  const version = state.next === undefined ? state.previous : state.current;
  if (version === undefined) {
    throw new InstallError("There is no version before this one");
  }
  if (options.isDryRun) return say(`would put ${version} in place`);
  using _lock = store.lock(state);
  await switchTo(store, state, store.readManifest(version));
  say(`put ${version} in place`);
}

async function uninstall(store: Store, options: Options): Promise<void> {
  const state = store.readState();
  if (state.folders.length === 0 && linksOf(store).length === 0) {
    throw new InstallError(`Nothing is installed in "${store.prefix}"`);
  }
  if (options.isDryRun) {
    await checkTargets(store, linksOf(store).map(({ path }) => path));
    return say(`would remove ${store.folder} and its programs`);
  }
  using _lock = store.lock(state);
  await removeAll(store, state);
  say(`removed all from ${store.prefix}\n\n${formatRemoval(store.prefix)}`);
}

function say(text: string): void {
  console.log(`install: ${text}`);
}

/** Returns the exit code. */
async function main(args: string[]): Promise<number> {
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

/** A trace is for a bug; what a person can do something about is one line. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isForPeople = error instanceof InstallError ||
    error instanceof UsageError || error.name === "Error" ||
    Object.values(Deno.errors).some((kind) => error instanceof kind);
  return isForPeople ? error.message : error.stack ?? error.message;
}

Deno.exit(await main(Deno.args));
