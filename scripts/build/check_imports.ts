// Proves that imports run one way and in no circle, that in lib only lib/system knows the machine and the
// clock, that no module keeps state, and that the library knows no exit code. Prints the floors, and how
// many modules each filter loads, since each costs 0.13 ms.

import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { FILTERS } from "./bundle.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** The house from the ground up: a room imports from rooms below its floor, and from itself. */
const FLOORS = [
  ["lib/message"],
  ["lib/keys", "lib/authres", "lib/qmail"],
  ["lib/ports"],
  ["lib/dkim", "lib/domainkeys", "lib/spf", "lib/dmarc", "lib/dns"],
  ["lib/arc"],
  ["lib/policy"],
  ["lib/pass"],
  ["lib/system"],
  ["lib/api", "lib/program"],
  ["lib/resident"],
  ["filters", "mod.ts"],
  ["scripts"],
  ["tests"],
];

/** What the rooms of lib do not know: the machine, the clock, the environment. */
const MACHINE =
  /\bDeno\.|\bnew Date\b|\bDate\.|\bperformance\.|\bprocess\.|"node:/;

/** The room that knows the machine. */
const AT_THE_MACHINE = "lib/system";

/** A module of `deno info --json`. */
interface Module {
  specifier: string;
  dependencies?: {
    specifier: string;
    code?: { specifier: string };
    type?: { specifier: string };
  }[];
}

/** Every file of ours that an entry loads, for its types too, with what it imports. */
async function importsFrom(entry: string): Promise<Map<string, string[]>> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: ROOT,
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot list the imports of "${entry}"`);
  const { modules }: { modules: Module[] } = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  return new Map(modules.map(({ specifier, dependencies = [] }) => [
    pathOf(specifier),
    dependencies.map(({ code, type, specifier: written }) =>
      pathOf((code ?? type)?.specifier ?? written)
    ),
  ]));
}

function pathOf(specifier: string): string {
  return specifier.startsWith("file:")
    ? relative(ROOT, fileURLToPath(specifier))
    : specifier;
}

/** `lib/dkim` of `lib/dkim/signer.ts`; outside of lib the first folder. */
function roomOf(path: string): string {
  return /^lib\/[^/]+(?=\/)|^[^/]+/.exec(path)![0];
}

function floorOf(path: string): number {
  return FLOORS.findIndex((rooms) => rooms.includes(roomOf(path)));
}

/** Imports that do not lead down. */
function findClimbs(imports: Map<string, string[]>): string[] {
  return [...imports].flatMap(([path, targets]) =>
    targets.filter((target) => target.endsWith(".ts")).flatMap((target) => {
      const isDown = roomOf(path) === roomOf(target) ||
        floorOf(path) > floorOf(target) && floorOf(target) !== -1;
      return isDown ? [] : [`${path} imports ${target}, which is not below it`];
    })
  );
}

/** Files that import each other, by whatever way round. */
function findCircles(imports: Map<string, string[]>): string[] {
  const circles: string[] = [];
  const state = new Map<string, "open" | "closed">();
  const visit = (path: string, way: string[]): void => {
    if (state.get(path) === "closed") return;
    if (state.get(path) === "open") {
      circles.push(
        `a circle: ${[...way.slice(way.indexOf(path)), path].join(" -> ")}`,
      );
      return;
    }
    state.set(path, "open");
    for (const target of imports.get(path) ?? []) visit(target, [...way, path]);
    state.set(path, "closed");
  };
  for (const path of imports.keys()) visit(path, []);
  return circles;
}

/** Libraries in lib and filters; lib/system loads those of Node's that it needs when it needs them. */
function findLibraries(path: string, targets: string[]): string[] {
  if (!/^(?:lib|filters)\//.test(path)) return [];
  const isStatic = /^(?:import|export) .*from "(?:node|npm|@)/m.test(
    Deno.readTextFileSync(ROOT + path),
  );
  const isLoadedLater = path.startsWith("lib/system/") && !isStatic;
  return targets
    .filter((target) => /^(?:node|npm|@)/.test(target) && !isLoadedLater)
    .map((target) => `${path} imports ${target}`);
}

function findMachine(path: string): string[] {
  if (!path.startsWith("lib/") || roomOf(path) === AT_THE_MACHINE) return [];
  const lines = Deno.readTextFileSync(ROOT + path).split("\n");
  return lines.flatMap((line, n) =>
    MACHINE.test(line.replace(/\/\/.*|^\s*\*.*/, ""))
      ? [`${path}:${n + 1} knows the machine`]
      : []
  );
}

/** Exit codes are for programs: a caller of the library gets built-in errors. */
const EXIT_CODES = "lib/qmail/exit_code.ts";

/** What keeps state for a whole process. */
const STATE =
  /^(?:export )?(?:let|var) |^(?:export )?const .* = new (?:Weak)?(?:Set|Map)\b/;

function findState(path: string): string[] {
  if (!path.startsWith("lib/")) return [];
  const lines = Deno.readTextFileSync(ROOT + path).split("\n");
  return lines.flatMap((line, n) =>
    STATE.test(line) ? [`${path}:${n + 1} keeps state in a module`] : []
  );
}

function* listFiles(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(ROOT + folder)) {
    if (isDirectory) yield* listFiles(`${folder}/${name}`);
    else if (name.endsWith(".ts")) yield `${folder}/${name}`;
  }
}

const faults: string[] = [];
const imports = new Map<string, string[]>();
for (
  const [name, entry] of [...Object.entries(FILTERS), ["mod.ts", "mod.ts"]]
) {
  const loaded = await importsFrom(entry!);
  const own = [...loaded.keys()].filter((path) => !path.includes(":"));
  console.log(`${name!.padEnd(10)} ${own.length} modules`);
  for (const path of own) imports.set(path, loaded.get(path)!);
  if (name === "mod.ts" && own.includes(EXIT_CODES)) {
    faults.push(`mod.ts loads ${EXIT_CODES}`);
  }
}
for (const folder of ["lib", "filters", "scripts"]) {
  for (const file of listFiles(folder)) {
    if (imports.has(file)) continue;
    for (const [path, targets] of await importsFrom(file)) {
      if (!path.includes(":")) imports.set(path, targets);
    }
  }
}
console.log(FLOORS.map((rooms) => rooms.join(", ")).join(" <- "));
faults.push(
  ...findClimbs(imports),
  ...findCircles(imports),
  ...[...imports].flatMap(([path, targets]) => findLibraries(path, targets)),
  ...[...imports.keys()].flatMap(findMachine),
  ...[...imports.keys()].flatMap(findState),
);
for (const fault of new Set(faults)) console.error(fault);
if (faults.length > 0) Deno.exit(1);
