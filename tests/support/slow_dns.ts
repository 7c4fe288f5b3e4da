// A server in front of a DNS server that hands its answers on late, over UDP alone. Refuses to
// know what is asked.

/** Where to listen, and to send. */
const HOST = { transport: "udp", hostname: "127.0.0.1" } as const;

/** Answers as the server behind it does, after a while. */
export class SlowDns implements AsyncDisposable {
  /** When each question came, as performance.now() has it. */
  readonly askedMs: number[] = [];
  /** As DNSCACHEIP wants it. */
  readonly address: string;
  readonly #socket = Deno.listenDatagram({ ...HOST, port: 0 });
  readonly #port: number;
  readonly #delayMs: number;
  readonly #answers: Promise<void>[] = [];
  readonly #loop: Promise<void>;

  /** @param port Of the server behind it. */
  constructor(port: number, delayMs: number) {
    this.#port = port;
    this.#delayMs = delayMs;
    this.address = `127.0.0.1:${(this.#socket.addr as Deno.NetAddr).port}`;
    this.#loop = this.#serve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#answers);
    this.#socket.close();
    await this.#loop;
  }

  async #serve(): Promise<void> {
    for await (const [question, from] of this.#socket) {
      this.askedMs.push(performance.now());
      this.#answers.push(this.#answer(question, from));
    }
  }

  async #answer(question: Uint8Array, from: Deno.Addr): Promise<void> {
    const socket = Deno.listenDatagram({ ...HOST, port: 0 });
    await socket.send(question, { ...HOST, port: this.#port });
    const [answer] = await socket.receive();
    socket.close();
    await new Promise((resolve) => setTimeout(resolve, this.#delayMs));
    // Nobody is there who waits for it, perhaps.
    await this.#socket.send(answer, from).catch(() => 0);
  }
}
