// A command line as values by name: the one place that calls parseArgs, whose npm package ships no
// types. Knows no option.

import { parseArgs as parseUntypedArgs } from "@std/cli/parse-args";
import { UsageError } from "./failure.ts";

/** Which options there are, by their names without hyphens. */
export interface OptionNames<
  Flag extends string,
  Value extends string,
  List extends string,
> {
  /** Without a value. */
  flags?: readonly Flag[];
  /** With a value; the last one counts. */
  values?: readonly Value[];
  /** With a value, as often as one likes. */
  lists?: readonly List[];
  /** Other names of options, as `h` of `help`. */
  aliases?: Record<string, Flag | Value | List>;
}

/** The options that were given, and in `_` what is none. */
export type Arguments<
  Flag extends string,
  Value extends string,
  List extends string,
> =
  & { _: string[] }
  & Record<Flag | "help", boolean>
  & { [Name in Value]?: string }
  & Record<List, string[]>;

const parse: (
  words: string[],
  options: {
    alias: Record<string, string>;
    boolean: readonly string[];
    string: readonly string[];
    collect: readonly string[];
    unknown: (arg: string, key?: string) => void;
  },
) => Record<string, unknown> = parseUntypedArgs;

/**
 * Reads a command line; `--help` and `-h` are known.
 *
 * @throws {UsageError} For an unknown option, and for one without its value.
 */
export function parseArguments<
  Flag extends string = never,
  Value extends string = never,
  List extends string = never,
>(
  words: string[],
  names: OptionNames<Flag, Value, List>,
): Arguments<Flag, Value, List> {
  const { flags = [], values = [], lists = [], aliases = {} } = names;
  const given = parse(words, {
    alias: { h: "help", ...aliases },
    boolean: ["help", ...flags],
    string: ["_", ...values, ...lists],
    collect: lists,
    unknown(arg, key) {
      if (key !== undefined) throw new UsageError(`Unknown option ${arg}`);
    },
  });
  const empty = [...values, ...lists].find((name) =>
    [given[name]].flat().includes("")
  );
  if (empty !== undefined && given.help !== true) {
    throw new UsageError(`Option "${empty}" needs a value`);
  }
  return given as Arguments<Flag, Value, List>;
}

/** @throws {UsageError} If there is a word that no option takes. */
export function refuseOperands({ _: [word] }: { _: string[] }): void {
  if (word !== undefined) throw new UsageError(`Unexpected argument "${word}"`);
}
