// Reads the arguments of a program byte by byte, since the runtime replaces what is not UTF-8 by U+FFFD.
// Knows no option.

import { toText } from "../../message/octets.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { toEscaped } from "../process/libc.ts";

/**
 * @returns An argument that is not UTF-8 as {@linkcode toEscaped} writes it.
 * @throws {StepFailed} 55 where such an argument cannot be read.
 */
export function readArguments(): string[] {
  if (!Deno.args.some((arg) => arg.includes("\ufffd"))) return Deno.args;
  try {
    const words = toText(Deno.readFileSync("/proc/self/cmdline")).split("\0");
    return words.slice(0, -1).slice(-Deno.args.length).map(toEscaped);
  } catch (error) {
    // There is no /proc, or --allow-all is missing.
    throw new StepFailed(
      EXIT.configuration,
      `Cannot read an argument that is not UTF-8: ${error}`,
    );
  }
}
