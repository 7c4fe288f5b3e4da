// Where the programs are. Refuses to look into them.

const DEFAULT_PREFIX = "/var/qmail";

/** The folder above the bin that dk-doctor itself is in. */
export function findPrefix(): string {
  const folders = [new URL(Deno.mainModule).pathname, Deno.execPath()]
    .flatMap((path) => {
      const components = path.split("/").slice(0, -1);
      return components.map((_, n) => components.slice(0, n + 1).join("/"));
    });
  const own = folders.find((folder) => {
    try {
      return Deno.statSync(`${folder}/bin/dk-doctor`).isFile;
    } catch {
      // Not there: another folder may have it.
      return false;
    }
  });
  return own ?? DEFAULT_PREFIX;
}
