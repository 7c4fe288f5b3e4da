// What an installation keeps below PREFIX/lib/qmail-dk: a folder for each version, with a manifest,
// and a state that names the current one. Every file comes into being by a rename, whole.

const TEMPORARY_ENDING = ".qmail-dk-new";
/** Of a file or a folder that is not finished: nobody else can write there meanwhile. */
const NEW_FILE_MODE = 0o600;
const NEW_FOLDER_MODE = 0o700;
const CHUNK_BYTES = 1 << 20;
/** Where the store is, below the prefix. */
export const STORE = "lib/qmail-dk";
const FOLDER_MODE = 0o755;
/** Everybody reads it. */
export const DATA_MODE = 0o644;

/** A person can do something about it: printed without a trace. */
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
  /** In the folder of the version, and the runtime. */
  files: InstalledFile[];
  /** Where people and programs look for them, by name, with a copy in the version's folder. */
  links: (InstalledFile & { source: string })[];
}

/** Where an installation stands. */
export interface State {
  current?: string;
  previous?: string;
  /** The version that is being put in place: whoever killed that, it is to be done again. */
  next?: string;
  /** The folders that were not there before. */
  folders: string[];
}

/** The store while no other installer changes it. */
export interface Lock extends Disposable {
  /** As the installer before has left it. */
  state: State;
}

/** What is installed below a prefix. */
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

  /** Every version of which there is a manifest, whether or not it was ever put in place. */
  readManifests(): Manifest[] {
    return listNames(this.folder).filter((name) =>
      kindOf(`${this.folder}/${name}`) === "folder" &&
      kindOf(`${this.folder}/${name}/manifest.json`) === "file"
    ).map((name) => this.readManifest(name));
  }

  /** A path relative to the prefix, of a file in the folder of a version. */
  pathOf(version: string, name: string): string {
    return `${STORE}/${version}/${name}`;
  }

  /** Writes a text that is there in full, or not at all. */
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

  /** Makes a file under another name, sees it on the disk, and then renames it. */
  place(path: string, mode: number, make: (temporary: string) => void): void {
    const temporary = this.makeTemporary(path, mode, make);
    Deno.renameSync(temporary, this.absolute(path));
    syncFolderOf(this.absolute(path));
  }

  /** The first half of {@linkcode place}, whose result is to be renamed. */
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

  /** The name that a file has while it is made. */
  temporaryOf(path: string): string {
    const full = this.absolute(path);
    const at = full.lastIndexOf("/") + 1;
    return `${full.slice(0, at)}.${full.slice(at)}${TEMPORARY_ENDING}`;
  }

  absolute(path: string): string {
    return `${this.prefix}/${path}`;
  }

  /** Makes the store's own folder, and takes it for this process alone. */
  lock(): Lock {
    const made = [...makeMissing([this.folder])];
    const folder = openIfThere(this.folder);
    folder?.lockSync(true);
    // Who had it before may have removed it.
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

  /** Makes folders that everybody can read, whatever the umask, and remembers them. */
  makeFolders(state: State, folders: string[]): void {
    for (const folder of makeMissing(folders)) {
      if (!folder.startsWith(`${this.folder}/`)) state.folders.push(folder);
      this.writeState(state);
    }
  }
}

/** Makes folders, and those that they are in, and yields each that was not there. */
function* makeMissing(folders: string[]): Generator<string> {
  for (const folder of folders.flatMap(listAncestors)) {
    if (kindOf(folder) !== undefined) continue;
    try {
      Deno.mkdirSync(folder, { mode: NEW_FOLDER_MODE });
    } catch (error) {
      // Another installer was first.
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

/** Copies a file, whose copy is nobody else's until it is finished. */
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

/** Sets the mode, whatever the umask, and sees the file on the disk. */
export function finish(path: string, mode: number): void {
  Deno.chmodSync(path, mode);
  using file = Deno.openSync(path);
  file.syncSync();
}

/** After this the names in a folder are on the disk. */
export function syncFolderOf(path: string): void {
  using folder = Deno.openSync(path.slice(0, path.lastIndexOf("/")) || "/");
  folder.syncSync();
}

/** What is there under a name, without following a link; `undefined` for nothing. */
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

/** The names in a folder; none when there is no such folder. */
export function listNames(folder: string): string[] {
  if (kindOf(folder) !== "folder") return [];
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/** Removes a file, if there is one. */
export function removeFile(path: string): void {
  if (kindOf(path) !== undefined) Deno.removeSync(path);
}

/** The SHA-256 of a text or of a file. */
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

/** A folder, after all those that it is in. */
function listAncestors(folder: string): string[] {
  const words = folder.split("/").filter((word) => word !== "");
  return words.map((_, at) => `/${words.slice(0, at + 1).join("/")}`);
}
