// The documentation as data: lists of a manual page in mdoc(7), tables of the README. Knows no
// program.

const ROOT = new URL("../../", import.meta.url);

/** A program with a manual page. */
export interface Documented {
  name: string;
  page: string;
  /** The source that is run. */
  entry: string;
}

/** Every program that is installed. */
export const DOCUMENTED: Documented[] = [
  ...["qmail-dk", "dk-sign", "dk-verify", "dk-remote", "dk-resident"].map((
    name,
  ) => ({
    name,
    page: `filters/${name}.8`,
    entry: `filters/${name.replace("-", "_")}.ts`,
  })),
  {
    name: "dknewkey",
    page: "scripts/dknewkey/dknewkey.1",
    entry: "scripts/dknewkey/main.ts",
  },
  {
    name: "dktest",
    page: "scripts/dktest/dktest.1",
    entry: "scripts/dktest/main.ts",
  },
  {
    name: "dk-doctor",
    page: "scripts/dk_doctor/dk-doctor.8",
    entry: "scripts/dk_doctor/main.ts",
  },
  {
    name: "dk-rotate",
    page: "scripts/dk_rotate/dk-rotate.8",
    entry: "scripts/dk_rotate/main.ts",
  },
  {
    name: "dk-report",
    page: "scripts/dk_report/dk-report.8",
    entry: "scripts/dk_report/main.ts",
  },
];

/** The program of that name. */
export function documented(name: string): Documented {
  const found = DOCUMENTED.find((program) => program.name === name);
  if (found === undefined) throw new Error(`No program "${name}"`);
  return found;
}

/** Where a file of the project is. */
export function pathOf(file: string): string {
  return new URL(file, ROOT).pathname;
}

/** The text of a file of the project. */
export function readProject(file: string): string {
  return Deno.readTextFileSync(pathOf(file));
}

/** The lines of a section (`.Sh`); none where there is no such section. */
export function sectionOf(page: string, title: string): string[] {
  const sections = `\n${readProject(page)}`.split("\n.Sh ");
  const section = sections.find((text) => text.startsWith(`${title}\n`));
  return section?.split("\n").slice(1) ?? [];
}

/** The words that items of a list name: `.It Ev A , B` has A and B. */
export function itemsOf(lines: string[], macro: string): string[] {
  return lines
    .filter((line) => line.startsWith(`.It ${macro} `))
    .flatMap((line) => line.split(" ").slice(2))
    .filter((word) => word !== "," && word !== macro);
}

/** The lines from an item to the end of the list inside it. */
export function listOf(lines: string[], item: string): string[] {
  const start = lines.indexOf(item);
  const end = lines.indexOf(".El", start);
  return start === -1 ? [] : lines.slice(start + 1, end);
}

/** The cells of a table, row by row, without its head: of the README beside the filters, else of the first one. */
export function readmeTable(firstHead: string): string[][] {
  const [table] = readmeTables(firstHead);
  if (table === undefined) {
    throw new Error(`No table "${firstHead}" in the README`);
  }
  return table;
}

/** All tables whose first column has that head, in order. */
export function readmeTables(firstHead: string): string[][][] {
  const lines = ["filters/README.md", "README.md"]
    .flatMap((path) => readProject(path).split("\n"));
  return lines.flatMap((line, at) => {
    const isHead = line.startsWith("|") && cellsOf(line)[0] === firstHead &&
      lines[at + 1]!.startsWith("| -");
    if (!isHead) return [];
    const rest = lines.slice(at + 2);
    const end = rest.findIndex((line) => !line.startsWith("|"));
    return [rest.slice(0, end).map(cellsOf)];
  });
}

function cellsOf(line: string): string[] {
  return line.split(/(?<!\\)\|/).slice(1, -1)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
}

/** The name between the backquotes of a cell. */
export function codeOf(cell = ""): string {
  return cell.replaceAll("`", "");
}
