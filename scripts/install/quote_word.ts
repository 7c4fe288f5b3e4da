// Quotes words for a shell script.

/** A word that needs no quotes in any shell. */
export const PLAIN = /^[\w%+,.\/:@=-]*$/;

/** Quotes a word. */
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
