// A qmail-remote that sends a message on to port 25 of `[address]`, and does with a bare CR as its
// first argument says: "breaks" makes a line break of it, "keeps" sends it as it is.

const [way, host = ""] = Deno.args;
const text = await new Response(Deno.stdin.readable).text();
const broken = way === "breaks" ? text.replace(/\r(?!\n)/g, "\r\n") : text;
const data = broken.replace(/\r?\n/g, "\r\n").replace(/^\./gm, "..");
using connection = await Deno.connect({
  hostname: host.slice(1, -1),
  port: 25,
});
const say = async (text: string) => {
  await connection.write(new TextEncoder().encode(text));
  await connection.read(new Uint8Array(512));
};
await connection.read(new Uint8Array(512));
for (const word of ["HELO a", "MAIL FROM:<>", "RCPT TO:<a@b>", "DATA"]) {
  await say(`${word}\r\n`);
}
await say(`${data}.\r\n`);
await say("QUIT\r\n");
await Deno.stdout.write(new TextEncoder().encode("r\0K\0"));
