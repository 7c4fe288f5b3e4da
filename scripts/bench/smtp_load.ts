// Sends one mail again and again over several independent SMTP connections (RFC 5321), and counts the
// accepted ones.

/** How many mails are sent over how many connections, and to whom. */
export interface Load {
  port: number;
  connections: number;
  messages: number;
  /** CRLF line ends, no line that begins with a dot. */
  mail: Uint8Array;
}

/** @returns Accepted mails a second. */
export async function sendLoad(
  { port, connections, messages, mail }: Load,
): Promise<number> {
  const clients = await Promise.all(
    Array.from({ length: connections }, () => Client.connect(port)),
  );
  let left = messages;
  const start = performance.now();
  await Promise.all(clients.map(async (client) => {
    while (left-- > 0) await client.send(mail);
  }));
  const seconds = (performance.now() - start) / 1000;
  await Promise.all(clients.map((client) => client.quit()));
  return messages / seconds;
}

class Client {
  readonly #connection: Deno.TcpConn;
  readonly #decoder = new TextDecoder();
  readonly #chunk = new Uint8Array(4096);
  #received = "";

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async connect(port: number): Promise<Client> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay();
    const client = new Client(connection);
    await client.#expect("220");
    await client.#say("EHLO client.example.com", "250");
    return client;
  }

  async send(mail: Uint8Array): Promise<void> {
    await this.#say("MAIL FROM:<alice@example.com>", "250");
    await this.#say("RCPT TO:<bob@example.net>", "250");
    await this.#say("DATA", "354");
    await this.#write(mail);
    await this.#say(".", "250");
  }

  async quit(): Promise<void> {
    await this.#say("QUIT", "221");
    this.#connection.close();
  }

  async #say(line: string, code: string): Promise<void> {
    await this.#write(new TextEncoder().encode(`${line}\r\n`));
    await this.#expect(code);
  }

  async #write(octets: Uint8Array): Promise<void> {
    for (let at = 0; at < octets.length;) {
      at += await this.#connection.write(octets.subarray(at));
    }
  }

  async #expect(code: string): Promise<void> {
    const last = /^\d{3}(?: .*)?\r\n/m;
    while (!last.test(this.#received)) {
      const length = await this.#connection.read(this.#chunk);
      if (length === null) throw new Error("The server closed the connection");
      this.#received += this.#decoder.decode(this.#chunk.subarray(0, length));
    }
    const reply = this.#received;
    this.#received = "";
    if (!reply.startsWith(code)) {
      throw new Error(`The server says "${reply.trimEnd()}", not ${code}`);
    }
  }
}
