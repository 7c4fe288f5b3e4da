// A qmail-remote that sends for real, to a server on loopback: smtp_remote.ts HOST:PORT SENDER
// RECIPIENT... with line ends and dots as qmail-remote.c of notqmail 1.09 has them (blast()), and
// its report. Refuses to know DNS and routes.

import { toOctets, toText } from "../../lib/message/octets.ts";

const [host = "", sender = "", ...recipients] = Deno.args;
const [hostname, port] = host.split(":");
const connection = await Deno.connect({ hostname: hostname!, port: +port! });
const replies = repliesOf(connection.readable);
let report = "";

await reply();
await ask("HELO me.example");
await ask(`MAIL FROM:<${sender}>`);
for (const recipient of recipients) {
  const text = await ask(`RCPT TO:<${recipient}>`);
  report += text.startsWith("2")
    ? "r\0"
    : `${text.startsWith("5") ? "h" : "s"}${host} does not like recipient.\n` +
      `Remote host said: ${text}\n\0`;
}
if (report.split("\0").some((part) => part === "r")) {
  await ask("DATA");
  const message = await new Response(Deno.stdin.readable).bytes();
  await send(toWire(message));
  const text = await ask(".");
  report += text.startsWith("2") ? "K" : text.startsWith("5") ? "D" : "Z";
  report += `${host} accepted message.\nRemote host said: ${text}\n\0`;
} else {
  report += `DGiving up on ${host}.\n\0`;
}
await ask("QUIT");
connection.close();
await Deno.stdout.write(new TextEncoder().encode(report));

/** Each LF, CRLF and lone CR ends a line. */
function toWire(message: Uint8Array): Uint8Array {
  const lines = toText(message).replace(/\n$/, "").split(/\r\n|\n|\r/);
  return toOctets(
    lines.map((line) => `${line.replace(/^\./, "..")}\r\n`).join(""),
  );
}

async function ask(command: string): Promise<string> {
  await send(new TextEncoder().encode(`${command}\r\n`));
  return await reply();
}

async function send(octets: Uint8Array): Promise<void> {
  for (let at = 0; at < octets.length;) {
    at += await connection.write(octets.subarray(at));
  }
}

async function reply(): Promise<string> {
  const { done, value } = await replies.next();
  if (done) throw new Error("The server has gone");
  return value;
}

async function* repliesOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream.values({ preventCancel: true })) {
    rest += new TextDecoder().decode(chunk);
    const lines = rest.split("\r\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
