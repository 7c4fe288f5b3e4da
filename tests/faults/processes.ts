// Processes as /proc has them: who descends from whom, what each of them is at the moment, and
// whether all of it stands still. Linux alone.

/** One process; a number alone may be another one's soon. */
export interface Process {
  pid: number;
  parent: number;
  /** When it began, in clock ticks since the start of the machine. */
  began: number;
  /** `T` for one that is stopped, `Z` for one that has ended. */
  state: string;
}

/** All that descends from a process. */
export function descendantsOf(ancestor: number): Process[] {
  const all = Array.from(Deno.readDirSync("/proc"))
    .filter(({ name }) => /^\d+$/.test(name))
    .map(({ name }) => readProcess(name))
    .filter((process) => process !== undefined);
  const found: Process[] = [];
  for (let parents = [ancestor]; parents.length > 0;) {
    const children = all.filter(({ parent }) => parents.includes(parent));
    found.push(...children);
    parents = children.map(({ pid }) => pid);
  }
  return found;
}

/** The words of its command, `[]` when it has ended. */
export function commandLineOf({ pid }: Process): string[] {
  return (read(`${pid}/cmdline`) ?? "").split("\0").slice(0, -1);
}

/** Tells whether it is still the same process, and none of its threads runs. */
export function standsStill({ pid, began }: Process): boolean {
  if (readProcess(`${pid}`)?.began !== began) return false;
  try {
    const threads = Array.from(Deno.readDirSync(`/proc/${pid}/task`));
    return threads.every(({ name }) =>
      readProcess(`${pid}/task/${name}`)?.state === "T"
    );
  } catch {
    // It has ended just now.
    return false;
  }
}

/** Tells whether it has ended, and perhaps given its number to another one. */
export function hasEnded({ pid, began }: Process): boolean {
  const now = readProcess(`${pid}`);
  return now?.began !== began || now.state === "Z";
}

/** Fields 1, 3, 4 and 22 of proc_pid_stat(5); the second one may hold spaces and brackets. */
function readProcess(path: string): Process | undefined {
  const stat = read(`${path}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state = "", parent] = fields;
  return {
    pid: parseInt(stat),
    parent: Number(parent),
    began: Number(fields[19]),
    state,
  };
}

function read(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(`/proc/${path}`);
  } catch {
    // It has ended just now.
    return undefined;
  }
}
