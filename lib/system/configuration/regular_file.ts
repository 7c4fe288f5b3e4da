// Small files that a postmaster has written: keys and control files. A FIFO or a device could hold
// up the mail for ever, and is refused unread.

/** What is in a file, and who may read it. */
export interface RegularFile {
  text: string;
  mode: number;
}

/**
 * @throws {Deno.errors.NotFound} If there is no such file.
 * @throws {Error} For any other trouble, and for what is no regular file.
 */
export function readRegularFile(path: string): RegularFile {
  const { isFile, mode } = Deno.statSync(path);
  if (!isFile) throw new Error("it is no regular file");
  return { text: Deno.readTextFileSync(path), mode: mode ?? 0 };
}
