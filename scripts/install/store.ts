// The files of an installation in PREFIX/lib/qmail-dk: a folder with a manifest for each version, and a
// state that names the current one. Every file is written under a temporary name, then renamed.

const TEMPORARY_ENDING = ".qmail-dk-new";
/** The mode of an unfinished file, into which nobody else can write. */
const NEW_FILE_MODE = 0o600;
const NEW_FOLDER_MODE = 0o700;
const CHUNK_BYTES = 1 << 20;
/** Where the store is, below the prefix. */
export const STORE = "lib/qmail-dk";
const FOLDER_MODE = 0o755;
/** The mode of a finished file, which everybody can read. */
export const DATA_MODE = 0o644;

/** An error that a person can mend, printed without a trace. */
export class InstallError extends Error {
  override name = "InstallError";
}

/** A file below the prefix. */
export interface InstalledFile {
  /** Relative to the prefix. */
  path: string;
  /** In hexadecimal. */
  sha256: string;
  mode: number;
}

/** All that belongs to one version. */
export interface Manifest {
  version: string;
  /** What `--env` said. */
  defaults: Record<string, string>;
  /** Whether launchers ask a resident process first; versions that knew none say nothing. */
  isResident?: boolean;
  /** The files in the folder of the version, and the runtime. */
  files: InstalledFile[];
  /** The launchers, man pages and services at their public places, each with its copy in the version's folder. */
  links: (InstalledFile & { source: string })[];
}

/** The state of an installation. */
export interface State {
  current?: string;
  previous?: string;
  /** The version that is being put in place. If that was killed, it has to be done again. */
  next?: string;
  /** The folders that were not there before. */
  folders: string[];
}

/** The store while no other installer changes it. */
export interface Lock extends Disposable {
  /** The state that the last installer left. */
  state: State;
}

/** The installation below a prefix. */
export class Store {
  readonly prefix: string;
  readonly folder: string;

  /** @param prefix An absolute path. */
  constructor(prefix: string) {
    this.prefix = prefix;
    this.folder = `${prefix}/${STORE}`;
  }

  /** @throws {InstallError} When the folder is somebody else's. */
  readState(): State {
    const text = readText(`${this.folder}/state.json`);
    if (text !== undefined) return JSON.parse(text);
    const foreign = listNames(this.folder).filter((name) =>
      !name.endsWith(TEMPORARY_ENDING)
    );
    if (foreign.length > 0) {
      throw new InstallError(
        `"${this.folder}" is there and was not made by this program: move it away`,
      );
    }
    return { folders: [] };
  }

  writeState(state: State): void {
    this.write(`${STORE}/state.json`, JSON.stringify(state, null, 2) + "\n");
  }

  readManifest(version: string): Manifest {
    const path = `${this.folder}/${version}/manifest.json`;
    const text = readText(path);
    if (text === undefined) throw new InstallError(`Cannot find "${path}"`);
    return JSON.parse(text);
  }

  writeManifest(manifest: Manifest): void {
    this.write(
      `${STORE}/${manifest.version}/manifest.json`,
      JSON.stringify(manifest, null, 2) + "\n",
    );
  }

  /** Reads the manifests of all versions, also of those that were never put in place. */
  readManifests(): Manifest[] {
    return listNames(this.folder).filter((name) =>
      kindOf(`${this.folder}/${name}`) === "folder" &&
      kindOf(`${this.folder}/${name}/manifest.json`) === "file"
    ).map((name) => this.readManifest(name));
  }

  /** Gives the path of a file in the folder of a version, relative to the prefix. */
  pathOf(version: string, name: string): string {
    return `${STORE}/${version}/${name}`;
  }

  /** Writes a text whole or not at all. */
  write(path: string, text: string, mode = DATA_MODE): void {
    this.place(
      path,
      mode,
      (temporary) =>
        Deno.writeTextFileSync(temporary, text, {
          createNew: true,
          mode: NEW_FILE_MODE,
        }),
    );
  }

  /** Makes a file under a temporary name, syncs it to the disk, and renames it. */
  place(path: string, mode: number, make: (temporary: string) => void): void {
    const temporary = this.makeTemporary(path, mode, make);
    Deno.renameSync(temporary, this.absolute(path));
    syncFolderOf(this.absolute(path));
  }

  /** Makes a file under a temporary name: {@linkcode place} without the rename. */
  makeTemporary(
    path: string,
    mode: number,
    make: (temporary: string) => void,
  ): string {
    const temporary = this.temporaryOf(path);
    removeFile(temporary);
    make(temporary);
    finish(temporary, mode);
    return temporary;
  }

  /** Gives the temporary name of a file. */
  temporaryOf(path: string): string {
    const full = this.absolute(path);
    const at = full.lastIndexOf("/") + 1;
    return `${full.slice(0, at)}.${full.slice(at)}${TEMPORARY_ENDING}`;
  }

  absolute(path: string): string {
    return `${this.prefix}/${path}`;
  }

  /** Makes the store's own folder, and locks it for this process. */
  lock(): Lock {
    const made = [...makeMissing([this.folder])];
    const folder = openIfThere(this.folder);
    folder?.lockSync(true);
    // The last holder of the lock may have removed the folder.
    if (folder === undefined || !isAt(folder, this.folder)) {
      folder?.close();
      return this.lock();
    }
    const state = this.readState();
    if (made.length > 0) {
      state.folders.push(...made);
      this.writeState(state);
    }
    return { state, [Symbol.dispose]: () => folder.close() };
  }

  /** Makes folders that everybody can read, whatever the umask, and notes them in the state. */
  makeFolders(state: State, folders: string[]): void {
    for (const folder of makeMissing(folders)) {
      if (!folder.startsWith(`${this.folder}/`)) state.folders.push(folder);
      this.writeState(state);
    }
  }
}

/** Makes a folder with its parents, and yields each one that was missing. */
function* makeMissing(folders: string[]): Generator<string> {
  for (const folder of folders.flatMap(listAncestors)) {
    if (kindOf(folder) !== undefined) continue;
    try {
      Deno.mkdirSync(folder, { mode: NEW_FOLDER_MODE });
    } catch (error) {
      // Another installer has just made it.
      if (error instanceof Deno.errors.AlreadyExists) continue;
      throw error;
    }
    Deno.chmodSync(folder, FOLDER_MODE);
    yield folder;
  }
}

function openIfThere(folder: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(folder);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function isAt(folder: Deno.FsFile, path: string): boolean {
  return kindOf(path) === "folder" &&
    Deno.lstatSync(path).ino === folder.statSync().ino;
}

/** Copies a file. Nobody else can read the copy until it is finished. */
export function copyFile(source: string, target: string): void {
  using from = Deno.openSync(source);
  using to = Deno.openSync(target, {
    createNew: true,
    write: true,
    mode: NEW_FILE_MODE,
  });
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let count; (count = from.readSync(chunk)) !== null;) {
    for (let at = 0; at < count;) at += to.writeSync(chunk.subarray(at, count));
  }
}

/** Sets the mode, whatever the umask, and syncs the file to the disk. */
export function finish(path: string, mode: number): void {
  Deno.chmodSync(path, mode);
  using file = Deno.openSync(path);
  file.syncSync();
}

/** Syncs the names in a folder to the disk. */
export function syncFolderOf(path: string): void {
  using folder = Deno.openSync(path.slice(0, path.lastIndexOf("/")) || "/");
  folder.syncSync();
}

/** Tells the kind of a file without following a link; `undefined` if it is missing. */
export function kindOf(
  path: string | URL,
): "file" | "folder" | "other" | undefined {
  try {
    const { isFile, isDirectory } = Deno.lstatSync(path);
    return isFile ? "file" : isDirectory ? "folder" : "other";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Lists the names in a folder; none if the folder is missing. */
export function listNames(folder: string): string[] {
  if (kindOf(folder) !== "folder") return [];
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/** Removes a file if it exists. */
export function removeFile(path: string): void {
  if (kindOf(path) !== undefined) Deno.removeSync(path);
}

/** Computes the SHA-256 of a text or of a file. */
export async function hashOf(
  content: { text: string } | { path: string },
): Promise<string> {
  const bytes = "text" in content
    ? new TextEncoder().encode(content.text)
    : await Deno.readFile(content.path);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

function readText(path: string): string | undefined {
  return kindOf(path) === "file" ? Deno.readTextFileSync(path) : undefined;
}

/** Lists the parents of a folder from the top, then the folder. */
function listAncestors(folder: string): string[] {
  const words = folder.split("/").filter((word) => word !== "");
  return words.map((_, at) => `/${words.slice(0, at + 1).join("/")}`);
}
