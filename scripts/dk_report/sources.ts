// Where logs are: a folder of multilog with its rotated files, a file, the standard input. Gzip is
// known by its first octets. Knows nothing of what is in them.

import { createGunzip } from "node:zlib";
import { Readable } from "node:stream";
import { parseTai64n } from "./tai64n.ts";

/** A log that is open. */
export interface Source {
  name: string;
  /** Octets, where that is known. */
  size: number | undefined;
  /** To be read once, to its end. */
  chunks(): AsyncIterable<Uint8Array>;
}

const CHUNK = 1 << 18;

/** What multilog and svlogd have ended, whole (`s`) or not (`u`). */
const ROTATED = /^(@[0-9a-f]{24})\.[su](?:\.gz)?$/;

/** How far back a clock may have been set while a file was written. */
const SLACK_MS = 3_600_000;

/**
 * Opens what a word of the command line names, the oldest first.
 *
 * @param since Files that ended before are left out: milliseconds since 1970.
 * @throws If it cannot be opened.
 */
export async function openSources(
  log: string,
  since: number,
): Promise<Source[]> {
  if (log === "-") {
    return [{
      name: "the standard input",
      size: undefined,
      chunks: () => plainOrGzip(readChunks(Deno.stdin)),
    }];
  }
  const { isDirectory } = await Deno.stat(log);
  return isDirectory ? await openFolder(log, since) : [await openFile(log)];
}

/** `current` is opened first: when it is rotated meanwhile, it is in the list too, with its inode. */
async function openFolder(folder: string, since: number): Promise<Source[]> {
  const current = await Deno.open(`${folder}/current`).catch(
    asNoFolder(folder),
  );
  const { ino, size } = await current.stat();
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const [, label = ""] = ROTATED.exec(name) ?? [];
    const ended = parseTai64n(label);
    if (ended !== undefined && ended >= since - SLACK_MS) names.push(name);
  }
  const sources: Source[] = [];
  for (const name of names.toSorted()) {
    const path = `${folder}/${name}`;
    const info = await Deno.stat(path);
    if (info.ino === ino) continue;
    sources.push({
      name: path,
      size: info.size,
      chunks: () => plainOrGzip(readPath(path)),
    });
  }
  return [...sources, {
    name: `${folder}/current`,
    size,
    chunks: () => readAndClose(current),
  }];
}

function asNoFolder(folder: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(
      `"${folder}" has no file "current": it is no log of multilog`,
    );
  };
}

async function openFile(path: string): Promise<Source> {
  const { size } = await Deno.stat(path);
  return { name: path, size, chunks: () => plainOrGzip(readPath(path)) };
}

async function* readPath(path: string): AsyncGenerator<Uint8Array> {
  yield* readAndClose(await Deno.open(path));
}

async function* readAndClose(file: Deno.FsFile): AsyncGenerator<Uint8Array> {
  using open = file;
  yield* readChunks(open);
}

/** A chunk is read over when the next one is asked for. */
async function* readChunks(
  file: { read(buffer: Uint8Array): Promise<number | null> },
): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(CHUNK);
  for (;;) {
    const count = await file.read(buffer);
    if (count === null) return;
    yield buffer.subarray(0, count);
  }
}

async function* plainOrGzip(
  chunks: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const first = await chunks.next();
  if (first.done) return;
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) {
    yield first.value;
    yield* chunks;
    return;
  }
  yield* gunzip(async function* () {
    yield first.value.slice();
    for await (const chunk of chunks) yield chunk.slice();
  });
}

/** Also several members, one after another, as `cat a.gz b.gz` makes them. */
async function* gunzip(
  chunks: () => AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const packed = Readable.from(chunks(), { objectMode: false });
  const plain = createGunzip({ chunkSize: CHUNK });
  packed.on("error", (error) => plain.destroy(error));
  packed.pipe(plain);
  yield* plain;
}
