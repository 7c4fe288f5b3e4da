// What the next program was given, as fake_queue.sh has written it down. Needs /proc.

/** One open descriptor. */
export interface Descriptor {
  /** What it was opened for. */
  access: "r" | "w" | "rw";
  /** `pipe:[4711]`, or a path. */
  target: string;
}

/** What the next program was given. */
export interface Queued {
  /** fd 0 to its end. */
  message: Uint8Array;
  /** fd 1 to its end. */
  envelope: Uint8Array;
  /** `NAME=value` in the order of the environment; one character for each byte. */
  environ: string[];
  /** What is open, without the script of fake_queue.sh itself. */
  fds: Map<number, Descriptor>;
  /** Working directory. */
  cwd: string;
  /** Soft and hard limit by the names that the kernel gives them, as `Max open files`. */
  limits: Record<string, { soft: string; hard: string }>;
  /** /proc/PID/status: `Umask`, `SigBlk`, `SigIgn`, `SigCgt`, `Uid` and more. */
  status: Record<string, string>;
  /** Process id. */
  pid: number;
}

/** Reads what fake_queue.sh has written into the folder. */
export async function readQueued(
  dir: string,
): Promise<{ reached: boolean; queued?: Queued }> {
  const names = new Set<string>();
  for await (const entry of Deno.readDir(dir)) names.add(entry.name);
  if (!names.has("done")) return { reached: names.has("environ") };

  const environ = await Deno.readFile(`${dir}/environ`);
  const environText = Array.from(environ, (b) => String.fromCharCode(b)).join(
    "",
  );
  const fds = await Deno.readTextFile(`${dir}/fds`);
  const status = parseStatus(await Deno.readTextFile(`${dir}/status`));
  return {
    reached: true,
    queued: {
      message: await Deno.readFile(`${dir}/message`),
      envelope: await Deno.readFile(`${dir}/envelope`),
      environ: environText.split("\0").slice(0, -1),
      fds: parseDescriptors(fds),
      cwd: /^.* \/proc\/\d+\/cwd -> (.*)/.exec(fds)?.[1] ?? "",
      limits: parseLimits(await Deno.readTextFile(`${dir}/limits`)),
      status,
      pid: Number(status.Pid),
    },
  };
}

/** Lines as `lr-x------ 1 root root 64 Jan 1 00:00 0 -> pipe:[4711]`, without that of a script. */
export function parseDescriptors(
  list: string,
  script = "/fake_queue.sh",
): Map<number, Descriptor> {
  const fds = new Map<number, Descriptor>();
  const links = list.matchAll(/^l([r-])([w-]).* (\d+) -> (.*)$/gm);
  for (const [, r, w, fd, target] of links) {
    if (target!.endsWith(script)) continue;
    const access = r === "-" ? "w" : w === "-" ? "r" : "rw";
    fds.set(Number(fd), { access, target: target! });
  }
  return fds;
}

/** Columns as /proc/PID/limits has them: name, soft limit, hard limit, unit. */
function parseLimits(table: string): Queued["limits"] {
  const limits: Queued["limits"] = {};
  const rows = table.matchAll(/^(Max .*?) {2,}(\S+) +(\S+)/gm);
  for (const [, name, soft, hard] of rows) {
    limits[name!] = { soft: soft!, hard: hard! };
  }
  return limits;
}

/** Lines as /proc/PID/status has them. */
export function parseStatus(table: string): Queued["status"] {
  const status: Queued["status"] = {};
  for (const [, name, value] of table.matchAll(/^(\w+):\t(.*)$/gm)) {
    status[name!] = value!;
  }
  return status;
}
