// How a command ends that cannot go on. Knows no command.

import { messageOf } from "../../lib/system/process/error_message.ts";

export { messageOf };

/** The command line is wrong. */
export class UsageError extends Error {
  override name = "UsageError";
}

/**
 * Says on fd 2 why a command failed.
 *
 * @param say Writes it, with the command's name in front.
 * @returns The exit code: 2 if the command line is wrong.
 */
export function reportFailure(
  command: string,
  error: unknown,
  say: (text: string) => void,
): 1 | 2 {
  say(messageOf(error));
  if (!(error instanceof UsageError)) return 1;
  console.error(`Try "${command} --help"`);
  return 2;
}
