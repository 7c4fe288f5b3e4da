// The arguments of a program, to the byte: the runtime puts U+FFFD in place of what is not UTF-8.
// Knows none of them.

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
    // Without --allow-all, which is to be without FFI too, or without /proc.
    throw new StepFailed(
      EXIT.configuration,
      `Cannot read an argument that is not UTF-8: ${error}`,
    );
  }
}
