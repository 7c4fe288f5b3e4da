// What a test asks of the machine. Where that cannot be had the test is ignored, and its name
// says why: it never passes unseen. Refuses to know any filter.

/** Words in front of a command, or why there are none. */
export type Prefix = { words: string[] } | { missing: string };

/**
 * A test with real processes.
 *
 * @param needs What the test asks for beside Linux.
 */
export function endToEnd(
  name: string,
  body: () => Promise<void>,
  ...needs: Prefix[]
): void {
  const missing = [IS_LINUX, ...needs].flatMap((need) =>
    "missing" in need ? [need.missing] : []
  );
  Deno.test({
    name: missing.length > 0
      ? `${name} (ignored: ${missing.join(", ")})`
      : name,
    ignore: missing.length > 0,
    fn: body,
  });
}

/** The words of a prefix that a test has asked for. */
export function wordsOf(prefix: Prefix): string[] {
  if ("missing" in prefix) throw new Error(prefix.missing);
  return prefix.words;
}

const IS_LINUX: Prefix = Deno.build.os === "linux"
  ? { words: [] }
  : { missing: "not Linux" };

/** A namespace of its own in which mounting is allowed, as root or as one's own root. */
export const MOUNTING: Prefix = await firstThatRuns(
  [["unshare", "-m"], ["unshare", "-r", "-m"]],
  'mount -t tmpfs none "$1"',
  "mounting is not allowed",
);

/** Takes away the right of root to read what it may not. */
const WITHOUT_PRIVILEGE: Prefix = await firstThatRuns(
  [[], ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]],
  'chmod 0 "$1" && ! ls "$1" 2>/dev/null',
  "root and no setpriv",
);

/** What takes a setup that uses chmod(1) at its word, also as root. */
export function privilegeOf(setup: string): Prefix {
  return setup.includes("chmod") ? WITHOUT_PRIVILEGE : { words: [] };
}

/** Starts a program with SIGCHLD and SIGTERM blocked. */
export const SIGNALS_BLOCKED: Prefix = await firstThatRuns(
  [["env", "--block-signal=CHLD,TERM"]],
  "true",
  "no env --block-signal",
);

/** The first words that let a script of /bin/sh succeed; it finds an empty folder in `$1`. */
async function firstThatRuns(
  candidates: string[][],
  script: string,
  missing: string,
): Promise<Prefix> {
  if (Deno.build.os !== "linux") return { missing };
  for (const words of candidates) {
    const folder = await Deno.makeTempDir();
    const { success } = await new Deno.Command("/usr/bin/env", {
      args: [...words, "/bin/sh", "-c", script, "sh", folder],
      stdout: "null",
      stderr: "null",
    }).output();
    await Deno.remove(folder);
    if (success) return { words: ["/usr/bin/env", ...words] };
  }
  return { missing };
}
