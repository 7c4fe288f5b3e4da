// Words of a shell script.

/** What no shell changes. */
export const PLAIN = /^[\w%+,.\/:@=-]*$/;

/** A word that the shell takes as it is. */
export function quoteWord(word: string): string {
  if (word !== "" && PLAIN.test(word)) return word;
  return `'${checkLine(word).replaceAll("'", `'\\''`)}'`;
}

/** @throws {SyntaxError} For a line break. */
export function checkLine(text: string): string {
  if (/[\0\n]/.test(text)) {
    throw new SyntaxError(
      `Cannot write a line break into a launcher: ${JSON.stringify(text)}`,
    );
  }
  return text;
}
