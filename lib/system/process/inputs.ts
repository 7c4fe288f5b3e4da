// The descriptors of a launcher of ours, a shell: where it has what its caller gave it, looked at from
// another process of the same user. Needs /proc.

/** An open file of a launcher. */
export interface Input {
  /** The name of its descriptor, as another process opens it. */
  path: string;
  info: Deno.FileInfo;
}

/**
 * Lists what may be the fd 0 of a launcher: a shell that reads something else for a while keeps it above
 * what scripts can name.
 */
export function listInputs(pid: number): Input[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return [...Deno.readDirSync(folder)]
      .map(({ name }) => Number(name))
      .filter((fd) => fd === 0 || fd > 9)
      .sort((one, other) => one - other)
      .flatMap((fd) => look(`${folder}/${fd}`));
  } catch {
    // It is gone or another user's by now, or there is no /proc.
    return [];
  }
}

function look(path: string): Input[] {
  try {
    return [{ path, info: Deno.statSync(path) }];
  } catch {
    // It is closed by now.
    return [];
  }
}

/** Where a launcher has a file open. */
export interface Place {
  path: string;
  /** The offset in octets that the next program would read from. */
  offset: number;
}

/**
 * Chooses the file that a launcher has as its fd 0. A shell that moves more than that one out of the way has
 * them in order; only the launcher knows whether it is the right one.
 *
 * @param program The name of the launcher, which it has open too.
 * @returns `undefined` where there is none.
 */
export function findMessage(
  inputs: Input[],
  program: string,
): Place | undefined {
  return inputs.filter(({ info }) => info.isFile)
    .filter(({ path }) => !isScript(path, program))
    .map(({ path }) => placeOf(path))
    .find((place) => place !== undefined);
}

/**
 * Tells where an open file of a launcher is.
 *
 * @returns `undefined` for one that is the caller's own: it stays open when the launcher becomes another
 * program, and fd 0 and fd 1 alone are meant for that one.
 */
export function placeOf(path: string): Place | undefined {
  try {
    const text = Deno.readTextFileSync(path.replace("/fd/", "/fdinfo/"));
    const [, offset] = /^pos:\s+(\d+)$/m.exec(text) ?? [];
    const [, flags = ""] = /^flags:\s+([0-7]+)$/m.exec(text) ?? [];
    const isMeant = /\/[01]$/.test(path) ||
      (parseInt(flags, 8) & O_CLOEXEC) !== 0;
    return isMeant && offset !== undefined
      ? { path, offset: Number(offset) }
      : undefined;
  } catch {
    // It is closed by now.
    return undefined;
  }
}

/** On Linux, which alone has this /proc. */
const O_CLOEXEC = 0o2000000;

/** Its file may have been replaced, and be without a name. */
function isScript(path: string, program: string): boolean {
  try {
    return Deno.readLinkSync(path).replace(/ \(deleted\)$/, "")
      .endsWith(`/${program}`);
  } catch {
    return false;
  }
}
