// Finds the folder of the programs. Does not look into them.

const DEFAULT_PREFIX = "/var/qmail";

/** Gives the folder above the `bin` of dk-doctor itself. */
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
      // It is not in this folder.
      return false;
    }
  });
  return own ?? DEFAULT_PREFIX;
}
