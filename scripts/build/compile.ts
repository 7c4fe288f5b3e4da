// Writes one binary for each program into a folder, for a server without Deno. Where the runtime
// part cannot be downloaded, DENORT_BIN names it, and COMPILE_DENO the Deno of the same version.

import { resolve } from "node:path";
import { parseArguments } from "../command/arguments.ts";
import { bundleLater, LATER } from "./bundle.ts";
import { bundleProgram, type Program, PROGRAMS } from "./programs.ts";

/** The Deno that compiles, by a path that holds in every folder, or by a name that PATH has. */
export function compilingDeno(): string {
  const deno = Deno.env.get("COMPILE_DENO") ?? Deno.execPath();
  return deno.includes("/") ? resolve(deno) : deno;
}

/**
 * Compiles one program.
 *
 * @param text What {@linkcode bundleProgram} has made of it.
 * @param output The path of the binary.
 */
export async function compileProgram(
  program: Program,
  text: string,
  output: string,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const entry = `${folder}/${program.name}.js`;
    await Deno.writeTextFile(entry, text);
    const later = Object.keys(LATER).filter((name) => text.includes(name));
    for (const name of later) {
      await Deno.writeTextFile(`${folder}/${name}`, await bundleLater(name));
    }
    const { success, stderr } = await new Deno.Command(compilingDeno(), {
      args: [
        "compile",
        "--quiet",
        "--no-config",
        "--no-lock",
        // Otherwise the binary writes the code cache of V8 into a file in /tmp.
        "--no-code-cache",
        ...program.flags,
        ...later.map((name) => `--include=${folder}/${name}`),
        "--output",
        output,
        entry,
      ],
      cwd: folder,
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) {
      throw new Error(
        `Cannot compile "${program.name}": ${new TextDecoder().decode(stderr)}`,
      );
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const { _: [folder = "dist"] } = parseArguments(Deno.args, {});
  await Deno.mkdir(folder, { recursive: true });
  const path = await Deno.realPath(folder);
  for (const program of PROGRAMS) {
    const text = await bundleProgram(program);
    await compileProgram(program, text, `${path}/${program.name}`);
    console.log(`${folder}/${program.name}`);
  }
}
