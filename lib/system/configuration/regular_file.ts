// Reads small files of a postmaster: keys and control files. Refuses a FIFO or a device unread, since
// those could block for ever.

/** The content of a file, and its mode. */
export interface RegularFile {
  text: string;
  mode: number;
}

/**
 * @throws {Deno.errors.NotFound} If there is no such file.
 * @throws {Error} For any other trouble, and for what is no regular file.
 */
export function readRegularFile(path: string): RegularFile {
  const { mode } = checkRegularFile(path);
  return { text: Deno.readTextFileSync(path), mode: mode ?? 0 };
}

/** The same without reading it. */
export function checkRegularFile(path: string): Deno.FileInfo {
  const info = Deno.statSync(path);
  if (!info.isFile) throw new Error("it is no regular file");
  return info;
}
