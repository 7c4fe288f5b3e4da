// Builds one version of the programs from this project, and puts it into a folder of its own, where
// nothing uses it yet. Its name comes from its content.

import { bundleLater, LATER } from "../build/bundle.ts";
import { compileProgram, compilingDeno } from "../build/compile.ts";
import {
  copyFile,
  DATA_MODE,
  finish,
  hashOf,
  type InstalledFile,
  kindOf,
  type Manifest,
  STORE,
  type Store,
} from "./store.ts";
import {
  formatServices,
  type ServiceFile,
  serviceFolders,
} from "./resident_service.ts";
import { REMOTE_FOLDER } from "../site/uses.ts";
import {
  type BuildOptions,
  findBase64,
  findCat,
  HOME,
  type LaunchedVersion,
  launcherOf,
  launcherTargets,
  programFile,
  RUNTIME,
  RUNTIME_FOLDER,
} from "./version_launcher.ts";
import {
  bundleProgram,
  manualOf,
  type Program,
  PROGRAMS,
} from "../build/programs.ts";

const ROOT = new URL("../..", import.meta.url);
const PROGRAM_MODE = 0o755;

/** A version that is built and not yet installed. */
export interface Version extends LaunchedVersion {
  /** What filters load when a variable asks for it, by file name. */
  later: Map<string, string>;
  manuals: Map<Program, string>;
}

/** Builds all programs. */
export async function buildVersion(options: BuildOptions): Promise<Version> {
  const bundles = new Map<Program, string>();
  const manuals = new Map<Program, string>();
  for (const program of PROGRAMS) {
    bundles.set(program, await bundleProgram(program));
    const manual = new URL(manualOf(program), ROOT);
    manuals.set(program, await Deno.readTextFile(manual));
  }
  const later = new Map<string, string>();
  for (const name of Object.keys(LATER)) {
    later.set(name, await bundleLater(name));
  }
  const version = {
    ...options,
    name: "",
    bundles,
    later,
    manuals,
    base64: findBase64(),
    cat: findCat(),
  };
  const content = JSON.stringify([
    options,
    await versionOfRuntime(options),
    ...bundles.values(),
    ...later.values(),
    ...manuals.values(),
    ...PROGRAMS.map((program) => launcherOf(program, version, "")),
    ...servicesOf(version, ""),
  ]);
  const { version: number } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  const hash = (await hashOf({ text: content })).slice(0, 8);
  return { ...version, name: `${number}-${hash}` };
}

/** Lists the places of a version's launchers, man pages and services. */
export function targetsOf(version: Version): string[] {
  return [
    ...[...version.bundles.keys()].flatMap(launcherTargets),
    ...[...version.manuals.keys()].map(manualTarget),
    ...servicesOf(version, "").map(({ path }) => path),
  ];
}

/** Puts a version into its folder. Files that are there and right stay. */
export async function putVersion(
  store: Store,
  version: Version,
): Promise<Manifest> {
  const files: InstalledFile[] = [];
  const links: Manifest["links"] = [];
  const inFolder = (name: string) => store.pathOf(version.name, name);
  const put = async (path: string, text: string, mode: number) => {
    const file = { path, mode, sha256: await hashOf({ text }) };
    if (!await isInPlace(store, file)) store.write(path, text, mode);
    files.push(file);
    return file;
  };
  if (!version.isCompiled) files.push(await putRuntime(store));
  for (const [program, text] of version.bundles) {
    const path = inFolder(programFile(program, version));
    if (!version.isCompiled) await put(path, text, DATA_MODE);
    else files.push(await putBinary(store, version.name, program, text, path));
  }
  if (!version.isCompiled) {
    for (const [name, text] of version.later) {
      await put(inFolder(`programs/${name}`), text, DATA_MODE);
    }
  }
  for (const program of PROGRAMS) {
    const source = inFolder(`launchers/${program.name}`);
    const launcher = launcherOf(program, version, store.prefix);
    const file = await put(source, launcher, PROGRAM_MODE);
    for (const path of launcherTargets(program)) {
      links.push({ ...file, source, path });
    }
  }
  for (const [program, text] of version.manuals) {
    const path = manualTarget(program);
    const source = inFolder(path);
    links.push({ ...await put(source, text, DATA_MODE), source, path });
  }
  for (const { path, text, isProgram } of servicesOf(version, store.prefix)) {
    const source = inFolder(path);
    const file = await put(source, text, isProgram ? PROGRAM_MODE : DATA_MODE);
    links.push({ ...file, source, path });
  }
  const { name, defaults, isResident } = version;
  const manifest = { version: name, defaults, isResident, files, links };
  store.writeManifest(manifest);
  return manifest;
}

/** Lists the folders of a version. */
export function foldersOf(store: Store, version: Version): string[] {
  const services = version.isResident ? serviceFolders() : [];
  const inVersion = [
    ...["programs", "launchers", "man/man1", "man/man8", HOME],
    ...services,
  ];
  return [
    ...inVersion.map((name) =>
      store.absolute(store.pathOf(version.name, name))
    ),
    ...version.isCompiled ? [] : [`${store.folder}/${RUNTIME_FOLDER}`],
    ...["bin", REMOTE_FOLDER, "man/man1", "man/man8", ...services].map((path) =>
      store.absolute(path)
    ),
  ];
}

/** Tells whether a file is in place with the right mode and content. */
export async function isInPlace(
  store: Store,
  { path, sha256, mode }: InstalledFile,
): Promise<boolean> {
  const full = store.absolute(path);
  return kindOf(full) === "file" &&
    ((await Deno.lstat(full)).mode! & 0o7777) === mode &&
    await hashOf({ path: full }) === sha256;
}

/** Copies the runtime. The one that runs this may be removed, or may be unreadable for others. */
async function putRuntime(store: Store): Promise<InstalledFile> {
  const source = await Deno.realPath(Deno.execPath());
  const file = {
    path: `${STORE}/${RUNTIME}`,
    sha256: await hashOf({ path: source }),
    mode: PROGRAM_MODE,
  };
  if (!await isInPlace(store, file)) {
    store.place(
      file.path,
      file.mode,
      (temporary) => copyFile(source, temporary),
    );
  }
  return file;
}

/** Keeps a binary that its manifest knows, since no two compilations are the same. */
async function putBinary(
  store: Store,
  version: string,
  program: Program,
  text: string,
  path: string,
): Promise<InstalledFile> {
  const known = store.readManifests().find((manifest) =>
    manifest.version === version
  )?.files.find((file) => file.path === path);
  if (known !== undefined && await isInPlace(store, known)) return known;
  const temporary = store.temporaryOf(path);
  await compileProgram(program, text, temporary);
  finish(temporary, PROGRAM_MODE);
  await Deno.rename(temporary, store.absolute(path));
  const sha256 = await hashOf({ path: store.absolute(path) });
  return { path, sha256, mode: PROGRAM_MODE };
}

function manualTarget({ name, section }: Program): string {
  return `man/man${section}/${name}.${section}`;
}

function servicesOf(
  { name, isResident }: Version,
  prefix: string,
): ServiceFile[] {
  return isResident ? formatServices(prefix, name) : [];
}

/** Names the version of the runtime. */
async function versionOfRuntime({ isCompiled }: BuildOptions): Promise<string> {
  if (!isCompiled) return Deno.version.deno;
  const { stdout } = await new Deno.Command(compilingDeno(), {
    args: ["--version"],
    cwd: "/",
  }).output();
  return new TextDecoder().decode(stdout);
}
