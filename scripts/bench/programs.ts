// Whether a program is installed, and whether it runs.

/** Also where daemons are. */
export async function findProgram(name: string): Promise<string | undefined> {
  const path = `${Deno.env.get("PATH") ?? ""}:/usr/sbin:/sbin`;
  for (const folder of path.split(":")) {
    const file = `${folder}/${name}`;
    const info = await Deno.stat(file).catch(() => undefined);
    if (info?.isFile && ((info.mode ?? 0) & 0o111) !== 0) return file;
  }
  return undefined;
}

/** @returns Whether it is there and exits with 0. */
export async function succeeds(
  [program, ...args]: string[],
  cwd?: string,
): Promise<boolean> {
  try {
    const command = new Deno.Command(program!, {
      args,
      cwd,
      stdout: "null",
      stderr: "null",
    });
    return (await command.output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
