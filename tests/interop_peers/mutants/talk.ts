// A process that answers one line of JSON with one line of JSON, and stays. Refuses to know what is
// asked.

/** Keeps a process for many questions. */
export class Talk {
  #child: Deno.ChildProcess;
  #writer: WritableStreamDefaultWriter<Uint8Array>;
  #lines: AsyncIterator<string>;

  constructor([program = "", ...args]: string[]) {
    this.#child = new Deno.Command(program, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#lines = linesOf(this.#child.stdout);
  }

  /** Asks all, and takes the answers while it asks. */
  async ask<Answer>(questions: unknown[]): Promise<Answer[]> {
    const lines = questions.map((question) => `${JSON.stringify(question)}\n`);
    const written = this.#writer.write(
      new TextEncoder().encode(lines.join("")),
    );
    const answers: Answer[] = [];
    while (answers.length < questions.length) {
      const { done, value } = await this.#lines.next();
      if (done) throw new Error("It has ended before it answered");
      answers.push(JSON.parse(value));
    }
    await written;
    return answers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    for (;;) {
      const { done } = await this.#lines.next();
      if (done) break;
    }
    await this.#child.status;
  }
}

async function* linesOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string, undefined> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  return undefined;
}
