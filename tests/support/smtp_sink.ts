// A small SMTP server on loopback that keeps one message as it came over the wire, the dots of
// RFC 5321 section 4.5.2 taken away. Refuses recipients whose address holds "unknown" or "later".

import { toText } from "../../lib/message/octets.ts";

/** A server, and what it was given. */
export class SmtpSink implements AsyncDisposable {
  readonly port: number;
  readonly commands: string[] = [];
  /** Octet strings with CRLF line ends. */
  readonly messages: string[] = [];
  #listener: Deno.TcpListener;
  #serving: Promise<void>;

  constructor() {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#serving = this.#serve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
  }

  async #serve(): Promise<void> {
    for await (const connection of this.#listener) {
      using _ = connection;
      await this.#converse(connection);
    }
  }

  async #converse(connection: Deno.TcpConn): Promise<void> {
    const say = async (reply: string) => {
      await connection.write(new TextEncoder().encode(`${reply}\r\n`));
    };
    await say("220 sink");
    let message: string[] | undefined;
    for await (const line of linesOf(connection.readable)) {
      if (message !== undefined) {
        if (line !== ".") {
          message.push(line.replace(/^\./, ""));
          continue;
        }
        this.messages.push(message.map((text) => `${text}\r\n`).join(""));
        message = undefined;
        await say("250 kept");
        continue;
      }
      this.commands.push(line);
      if (/^RCPT.*unknown/.test(line)) await say("550 no such user");
      else if (/^RCPT.*later/.test(line)) await say("451 try again later");
      else if (line === "DATA") await say("354 go on");
      else await say(line === "QUIT" ? "221 bye" : "250 ok");
      if (line === "DATA") message = [];
      if (line === "QUIT") return;
    }
  }
}

async function* linesOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream.values({ preventCancel: true })) {
    rest += toText(chunk);
    const lines = rest.split("\r\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
