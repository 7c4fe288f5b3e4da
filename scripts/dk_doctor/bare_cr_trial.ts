// Sees what qmail-remote makes of a CR that is not part of CR LF: it is given a message for a server on
// an address of loopback that this process has. Knows no version of qmail.

import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../command/failure.ts";
import { type Account, commandAs, runCommand } from "./accounts.ts";

/** What becomes of such a CR; `untried` says why nobody knows. */
export type BareCr = { breaksLine: boolean } | { untried: string };

const QMAIL_CONTROL = "/var/qmail/control";
/** qmail-remote knows no other one for an address. */
const SMTP_PORT = 25;
const LIMIT_SECONDS = 20;
const MARK = "dk-doctor";
const MESSAGE =
  `From: <${MARK}@localhost>\nSubject: A trial of dk-doctor\n\n${MARK}\r${MARK}\n`;

/** Tries a qmail-remote, as the user who runs it. */
export async function tryBareCr(
  path: string,
  account: Account | undefined,
): Promise<BareCr> {
  if (Deno.uid() !== 0) return { untried: "only root can" };
  if (account === undefined) return { untried: "there is no user for it" };
  const folders = [QMAIL_CONTROL, `${dirname(dirname(path))}/control`];
  if (folders.some(mayBeRouted)) {
    return { untried: "control/smtproutes would have the trial leave" };
  }
  const octets = crypto.getRandomValues(new Uint8Array(3));
  const hostname = `127.${octets.map((octet) => 1 + octet % 254).join(".")}`;
  const command = commandAs(account, [
    ...[path, `[${hostname}]`, "", `postmaster@[${hostname}]`],
  ]);
  if (command === undefined) {
    return { untried: "there is no setpriv" };
  }
  let listener: Deno.TcpListener;
  try {
    listener = Deno.listen({ hostname, port: SMTP_PORT });
  } catch (error) {
    return { untried: `port ${SMTP_PORT} of loopback: ${messageOf(error)}` };
  }
  const received = receive(listener);
  const said = await send(command);
  listener.close();
  const text = await received;
  if (text.includes(`${MARK}\r\n${MARK}`)) return { breaksLine: true };
  if (text.includes(MARK)) return { breaksLine: false };
  return { untried: said === "" ? "it sent nothing" : said };
}

/** Another host than the one that is named would get the message. */
function mayBeRouted(control: string): boolean {
  const path = `${control}/smtproutes`;
  if (existsSync(`${path}.cdb`)) return true;
  // A line without a domain is for all of them; no domain has a bracket.
  return existsSync(path) && /^\s*:|\]/m.test(Deno.readTextFileSync(path));
}

/** @returns What it said. */
async function send(command: string[]): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "dk_doctor_" });
  try {
    await Deno.writeTextFile(`${folder}/message`, MESSAGE);
    const script = 'exec <"$1"; shift; exec "$@"';
    const { stdout, stderr } = await runCommand([
      ...["timeout", "-k", "1", String(LIMIT_SECONDS)],
      ...["sh", "-c", script, "sh", `${folder}/message`, ...command],
    ], { clearEnv: true, env: { PATH: "/usr/bin:/bin" } });
    return `${stdout} ${stderr}`.replace(/[^ -~]+/g, " ").trim();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Takes one message. @returns What came over the wire after DATA. */
async function receive(listener: Deno.TcpListener): Promise<string> {
  let text = "";
  try {
    using connection = await listener.accept();
    const reply = (line: string) =>
      connection.write(new TextEncoder().encode(`${line}\r\n`));
    const decoder = new TextDecoder("latin1");
    let commands = "";
    let isData = false;
    await reply("220 dk-doctor");
    for await (
      const chunk of connection.readable.values({ preventCancel: true })
    ) {
      if (isData) {
        text += decoder.decode(chunk);
        if (!text.endsWith("\r\n.\r\n")) continue;
        isData = false;
        await reply("250 taken, and thrown away");
        continue;
      }
      commands += decoder.decode(chunk);
      if (!commands.endsWith("\n")) continue;
      isData = /^DATA\r?\n/im.test(commands);
      const isLast = /^QUIT\r?\n/im.test(commands);
      commands = "";
      await reply(isData ? "354 go on" : isLast ? "221 bye" : "250 ok");
      if (isLast) break;
    }
  } catch {
    // It was closed while it waited, or the other side went away: what has come is judged.
  }
  return text;
}
