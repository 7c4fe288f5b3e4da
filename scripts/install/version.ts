// One version of the programs: built from the project that this file is in, and put into a folder
// of its own, where nothing uses it yet. Its name comes from its content.

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
import { formatLauncher } from "./launcher.ts";
import { quoteWord } from "./quote_word.ts";
import { formatTitle } from "../site/own_program.ts";
import { REMOTE_FOLDER } from "../site/uses.ts";
import {
  bundleProgram,
  manualOf,
  type Program,
  PROGRAMS,
} from "../build/programs.ts";

const ROOT = new URL("../..", import.meta.url);
const PROGRAM_MODE = 0o755;

/** What is to be installed. */
export interface Wish {
  isCompiled: boolean;
  defaults: Record<string, string>;
}

/** A version that is built, and not yet anywhere. */
export interface Version extends Wish {
  name: string;
  bundles: Map<Program, string>;
  /** What filters load when a variable asks for it, by file name. */
  later: Map<string, string>;
  manuals: Map<Program, string>;
  base64: string | undefined;
}

/** Builds all programs. */
export async function buildVersion(wish: Wish): Promise<Version> {
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
  const base64 = findBase64();
  const version = { ...wish, name: "", bundles, later, manuals, base64 };
  const content = JSON.stringify([
    wish,
    await versionOfRuntime(wish),
    ...bundles.values(),
    ...later.values(),
    ...manuals.values(),
    ...PROGRAMS.map((program) => launcherOf(program, version, "")),
  ]);
  const { version: number } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  const hash = (await hashOf({ text: content })).slice(0, 8);
  return { ...version, name: `${number}-${hash}` };
}

/** Where the launchers and the man pages of a version go. */
export function targetsOf(version: Version): string[] {
  return [
    ...[...version.bundles.keys()].flatMap(launcherTargets),
    ...[...version.manuals.keys()].map(manualTarget),
  ];
}

/** qmail-rspawn finds dk-remote by another name too, in a folder of PATH that no other program is in. */
function launcherTargets({ name, isRemote }: Program): string[] {
  return [
    `bin/${name}`,
    ...isRemote ? [`${REMOTE_FOLDER}/qmail-remote`] : [],
  ];
}

/** Puts a version into its folder; what is there already, and right, stays. */
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
  const { name, defaults } = version;
  const manifest = { version: name, defaults, files, links };
  store.writeManifest(manifest);
  return manifest;
}

/** The folders that a version has. */
export function foldersOf(store: Store, version: Version): string[] {
  const inVersion = ["programs", "launchers", "man/man1", "man/man8", HOME];
  return [
    ...inVersion.map((name) =>
      store.absolute(store.pathOf(version.name, name))
    ),
    ...version.isCompiled ? [] : [`${store.folder}/${RUNTIME_FOLDER}`],
    ...["bin", REMOTE_FOLDER, "man/man1", "man/man8"].map((path) =>
      store.absolute(path)
    ),
  ];
}

/** Tells whether a file is there as it should be. */
export async function isInPlace(
  store: Store,
  { path, sha256, mode }: InstalledFile,
): Promise<boolean> {
  const full = store.absolute(path);
  return kindOf(full) === "file" &&
    ((await Deno.lstat(full)).mode! & 0o7777) === mode &&
    await hashOf({ path: full }) === sha256;
}

/** Where the runtime looks for files of a user: nothing is there. */
const HOME = "home";

/** How a program begins, as a pattern of the shell; `undefined` where nobody has looked. */
const MAGIC = Deno.build.os === "linux" ? "?ELF*" : undefined;

const RUNTIME_FOLDER = `runtime-${Deno.version.deno}`;
const RUNTIME = `${RUNTIME_FOLDER}/deno`;

/** A copy of our own: the one that runs this may be gone tomorrow, or be nobody else's to read. */
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

/** No two compilations are the same: a binary that its manifest knows is kept. */
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

function programFile({ name }: Program, { isCompiled }: Wish): string {
  return `programs/${name}${isCompiled ? "" : ".js"}`;
}

function manualTarget({ name, section }: Program): string {
  return `man/man${section}/${name}.${section}`;
}

function launcherOf(
  program: Program,
  version: Version,
  prefix: string,
): string {
  const { name, isCompiled, defaults, base64, bundles } = version;
  const folder = `${prefix}/${STORE}`;
  const file = `${folder}/${name}/${programFile(program, version)}`;
  const runtime = `${folder}/${RUNTIME}`;
  const firstLine = quoteWord(bundles.get(program)!.split("\n", 1)[0]!);
  const run = ["run", "--no-config", "--no-lock", ...program.flags];
  return formatLauncher({
    name: program.name,
    title: formatTitle(program.name, name),
    command: isCompiled ? [file] : [runtime, ...run, file],
    firstLines: {
      ...MAGIC === undefined ? {} : { [isCompiled ? file : runtime]: MAGIC },
      ...isCompiled ? {} : { [file]: firstLine },
    },
    home: `${folder}/${name}/${HOME}`,
    defaults,
    isCompiled,
    isFilter: program.isFilter,
    isRemote: program.isRemote,
    ...base64 === undefined ? {} : { base64 },
  });
}

/** Where base64(1) is, if there is one that writes a single line. */
function findBase64(): string | undefined {
  return ["/usr/bin/base64", "/bin/base64"].find((path) => {
    if (kindOf(path) === undefined) return false;
    const { success, stdout } = new Deno.Command(path, {
      args: ["-w0", "/dev/null"],
      cwd: "/",
      stderr: "null",
    }).outputSync();
    return success && stdout.length === 0;
  });
}

/** What the programs run on. */
async function versionOfRuntime({ isCompiled }: Wish): Promise<string> {
  if (!isCompiled) return Deno.version.deno;
  const { stdout } = await new Deno.Command(compilingDeno(), {
    args: ["--version"],
    cwd: "/",
  }).output();
  return new TextDecoder().decode(stdout);
}
