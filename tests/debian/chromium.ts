// Chromium without a screen, steered by the DevTools protocol on loopback: one page, what it asks
// for, its accessibility tree, and values of expressions. Ends with the process that it has started.

import { pathOf } from "./requirements.ts";

/** No connection but those of pages. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--remote-debugging-port=0",
];

/** A thing with a role. */
export interface Accessible {
  role: string;
  name: string;
  description: string;
}

interface AxNode {
  ignored: boolean;
  role?: { value: string };
  name?: { value: string };
  description?: { value: string };
}

interface Message {
  id?: number;
  method?: string;
  params?: { request?: { url: string } };
  result?: unknown;
  error?: { message: string };
}

/** A browser with one page. */
export class Chromium implements AsyncDisposable {
  /** Each URL that was asked for. */
  readonly requests: string[] = [];
  #process: Deno.ChildProcess;
  #folder: string;
  #socket: WebSocket;
  #session: string | undefined;
  #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #loaded = Promise.withResolvers<void>();

  private constructor(
    process: Deno.ChildProcess,
    folder: string,
    socket: WebSocket,
  ) {
    this.#process = process;
    this.#folder = folder;
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
  }

  /** Starts it, with an empty page. */
  static async open(): Promise<Chromium> {
    const folder = await Deno.makeTempDir();
    const process = new Deno.Command(pathOf("chromium"), {
      args: [...FLAGS, `--user-data-dir=${folder}`, "about:blank"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const socket = new WebSocket(await addressOf(folder));
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    const chromium = new Chromium(process, folder, socket);
    const { targetId } = await chromium.#call("Target.createTarget", {
      url: "about:blank",
    }) as { targetId: string };
    const { sessionId } = await chromium.#call("Target.attachToTarget", {
      targetId,
      flatten: true,
    }) as { sessionId: string };
    chromium.#session = sessionId;
    for (const domain of ["Page", "Network", "Accessibility"]) {
      await chromium.#call(`${domain}.enable`);
    }
    return chromium;
  }

  /** Opens a URL and waits until it is loaded. */
  async visit(url: string): Promise<void> {
    this.#loaded = Promise.withResolvers();
    await this.#call("Page.navigate", { url });
    await this.#loaded.promise;
  }

  /** What a screen reader finds. */
  async accessible(): Promise<Accessible[]> {
    const { nodes } = await this.#call("Accessibility.getFullAXTree") as {
      nodes: AxNode[];
    };
    return nodes.filter(({ ignored }) => !ignored).map((node) => ({
      role: node.role?.value ?? "",
      name: node.name?.value ?? "",
      description: node.description?.value ?? "",
    }));
  }

  /** Shows the page as on a dark screen, or on paper. */
  async show(media: "screen" | "print", scheme: "light" | "dark") {
    await this.#call("Emulation.setEmulatedMedia", {
      media,
      features: [{ name: "prefers-color-scheme", value: scheme }],
    });
  }

  /** The value of an expression in the page. */
  async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.#call("Runtime.evaluate", {
      expression,
      returnByValue: true,
    }) as { result: { value: unknown } };
    return result.value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    this.#process.kill();
    await this.#process.status;
    await removeFolder(this.#folder);
  }

  #call(method: string, params: object = {}): Promise<unknown> {
    const id = this.#waiting.size + 1;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    this.#socket.send(
      JSON.stringify({ id, method, params, sessionId: this.#session }),
    );
    return answer.promise;
  }

  #take({ id, method, params, result, error }: Message): void {
    if (method === "Network.requestWillBeSent") {
      this.requests.push(params?.request?.url ?? "");
    }
    if (method === "Page.loadEventFired") this.#loaded.resolve();
    if (id === undefined) return;
    const answer = this.#waiting.get(id);
    if (error === undefined) answer?.resolve(result);
    else answer?.reject(new Error(error.message));
  }
}

/** It writes into its folder where it listens. */
async function addressOf(folder: string): Promise<string> {
  const file = `${folder}/DevToolsActivePort`;
  for (let tries = 0;; tries++) {
    const text = await Deno.readTextFile(file).catch((error) => {
      if (tries === 300) throw error;
      return "";
    });
    const [, port, path] = /^(\d+)\n(\/\S+)/.exec(text) ?? [];
    if (port !== undefined) return `ws://127.0.0.1:${port}${path}`;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Processes of it may write there for a moment after it has ended. */
async function removeFolder(folder: string): Promise<void> {
  for (let tries = 0;; tries++) {
    try {
      await Deno.remove(folder, { recursive: true });
      return;
    } catch (error) {
      if (tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
