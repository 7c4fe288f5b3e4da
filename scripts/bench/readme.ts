// Writes a table into the README of this folder, between two comments that mark its place.

const README = new URL("README.md", import.meta.url);
const START = "<!-- deno task bench -->";
const END = "<!-- until here -->";

export async function writeReadme(text: string): Promise<void> {
  const readme = await Deno.readTextFile(README);
  const start = readme.indexOf(START);
  const end = readme.indexOf(END);
  if (start === -1 || end < start) {
    throw new Error(`Cannot find "${START}" and "${END}" in the README`);
  }
  await Deno.writeTextFile(
    README,
    `${readme.slice(0, start)}${START}\n\n${text}\n${readme.slice(end)}`,
  );
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", README.pathname],
  }).output();
  if (!success) throw new Error("Cannot format the README");
}
