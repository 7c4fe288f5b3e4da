// A server in front of a DNS server that keeps its answers until the test lets them go, over UDP
// alone. Refuses to know what is asked.

/** Where to listen, and to send. */
const HOST = { transport: "udp", hostname: "127.0.0.1" } as const;

/** Answers as the server behind it does, when it may. */
export class HeldDns implements AsyncDisposable {
  /** How many questions came. */
  asked = 0;
  /** As DNSCACHEIP wants it. */
  readonly address: string;
  readonly #socket = Deno.listenDatagram({ ...HOST, port: 0 });
  readonly #port: number;
  readonly #released = Promise.withResolvers<void>();
  readonly #onQuestion: (asked: number, release: () => void) => void;
  readonly #answers: Promise<void>[] = [];
  readonly #loop: Promise<void>;

  /**
   * @param port Of the server behind it.
   * @param onQuestion Called for each question with the number of those that came.
   */
  constructor(
    port: number,
    onQuestion: (asked: number, release: () => void) => void,
  ) {
    this.#port = port;
    this.#onQuestion = onQuestion;
    this.address = `127.0.0.1:${(this.#socket.addr as Deno.NetAddr).port}`;
    this.#loop = this.#serve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#released.resolve();
    await Promise.all(this.#answers);
    this.#socket.close();
    await this.#loop;
  }

  async #serve(): Promise<void> {
    for await (const [question, from] of this.#socket) {
      this.asked++;
      this.#onQuestion(this.asked, this.#released.resolve);
      this.#answers.push(this.#answer(question, from));
    }
  }

  async #answer(question: Uint8Array, from: Deno.Addr): Promise<void> {
    const socket = Deno.listenDatagram({ ...HOST, port: 0 });
    await socket.send(question, { ...HOST, port: this.#port });
    const [answer] = await socket.receive();
    socket.close();
    await this.#released.promise;
    // Nobody is there who waits for it, perhaps.
    await this.#socket.send(answer, from).catch(() => 0);
  }
}
