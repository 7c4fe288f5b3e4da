// The message of an error, whatever was thrown.

/** The message of an error, or the text of what is none. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
