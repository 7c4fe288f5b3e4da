// One SMTP connection (RFC 5321) that sends many messages in turn, from an address of loopback that
// tcpclient binds. Knows no message.

import { Buffer } from "node:buffer";
import { toText } from "../support/mail.ts";
import { pathOf } from "../debian/requirements.ts";

/** The last line of an answer, or what stands for it when the connection was lost. */
export interface Answer {
  /** 0 when the connection was lost. */
  code: number;
  text: string;
}

const LOST: Answer = { code: 0, text: "connection lost" };

/** Descriptors 6 and 7 are the network. */
const PUMP = "cat <&6 & exec cat >&7";

export class SmtpConnection {
  #process: Deno.ChildProcess;
  #reader: ReadableStreamDefaultReader<string>;
  #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  #received = "";

  private constructor(port: number, client: string) {
    this.#process = new Deno.Command(pathOf("tcpclient"), {
      args: [
        ...["-R", "-H", "-l", "0", "-i", client, "127.0.0.1", `${port}`],
        ...["/bin/sh", "-c", PUMP],
      ],
      stdin: "piped",
      stdout: "piped",
      // Says what a lost connection says by itself.
      stderr: "null",
    }).spawn();
    this.#reader = this.#process.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    this.#writer = this.#process.stdin.getWriter();
  }

  /**
   * @param client The address that it comes from.
   * @throws {Error} If there is no server.
   */
  static async open(port: number, client: string): Promise<SmtpConnection> {
    const connection = new SmtpConnection(port, client);
    for (const command of ["", "EHLO client.example\r\n"]) {
      const { code, text } = await connection.#ask(command);
      if (code !== 220 && code !== 250) throw new Error(`No server: ${text}`);
    }
    return connection;
  }

  /**
   * Sends a message.
   *
   * @param message Lines end in LF, the last one too.
   * @returns The answer to the message, or to the first command that was refused.
   */
  async send(
    message: Uint8Array,
    sender: string,
    recipient: string,
  ): Promise<Answer> {
    const mail = await this.#ask(`MAIL FROM:<${sender}>\r\n`);
    if (mail.code !== 250) return mail;
    const rcpt = await this.#ask(`RCPT TO:<${recipient}>\r\n`);
    if (rcpt.code !== 250) return rcpt;
    const data = await this.#ask("DATA\r\n");
    if (data.code !== 354) return data;
    const lines = toText(message).replace(/^\./gm, "..");
    return await this.#ask(lines.replaceAll("\n", "\r\n") + ".\r\n");
  }

  /** Says goodbye, if there still is a connection. */
  async close(): Promise<void> {
    await this.#ask("QUIT\r\n");
    await this.#writer.close().catch(() => {/* Nobody reads it any more. */});
    await this.#reader.cancel();
    await this.#process.status;
  }

  /** Sends a command, none for the greeting, and reads its answer to the last line. */
  async #ask(command: string): Promise<Answer> {
    const written = this.#writer.write(Buffer.from(command, "latin1"))
      .catch(() => {/* Whether the connection is lost reading tells. */});
    for (;;) {
      const [line, code, text] = /^(\d{3}) (.*)\r\n/m.exec(this.#received) ??
        [];
      if (line !== undefined) {
        this.#received = "";
        await written;
        return { code: Number(code), text: text! };
      }
      const { done, value } = await this.#reader.read();
      if (done) return LOST;
      this.#received += value;
    }
  }
}
