// A network that nobody else is on: a network namespace for each host, and one with the bridge that
// they are plugged into. Several such networks can be there at once. Knows no protocol.

import { runToEnd } from "../support/ended.ts";
import type { Prefix } from "../support/requirements.ts";
import { until } from "./daemon.ts";
import { ignoreUnless, pathOf, ROOT } from "./requirements.ts";

const BRIDGE = "bridge";
const PREFIX_BITS = 16;

/** Namespaces around a bridge. What runs in them ends with them. */
export class Network implements AsyncDisposable {
  /** In front of the names of its namespaces, which the whole machine sees. */
  readonly #name = `dk${crypto.randomUUID().slice(0, 8)}`;
  readonly #hosts: Record<string, string>;

  private constructor(hosts: Record<string, string>) {
    this.#hosts = hosts;
  }

  /** @param hosts Addresses in one network of 16 bits, by the names of hosts. */
  static async open(hosts: Record<string, string>): Promise<Network> {
    const network = new Network(hosts);
    try {
      await network.#make();
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
    return network;
  }

  /** The words that start a command on a host, as a process with the id of the first of them. */
  on(host: string): string[] {
    return [pathOf("nsenter"), `--net=/run/netns/${this.#namespace(host)}`];
  }

  addressOf(host: string): string {
    return this.#hosts[host]!;
  }

  /** Pulls a host's plug out of the bridge. */
  async cut(host: string): Promise<void> {
    await ip("-n", this.#namespace(BRIDGE), "link", "set", "dev", host, "down");
  }

  async join(host: string): Promise<void> {
    await ip("-n", this.#namespace(BRIDGE), "link", "set", "dev", host, "up");
  }

  /** The processes on a host, parents first as far as numbers tell. */
  async processes(host: string): Promise<number[]> {
    const pids = await ip("netns", "pids", this.#namespace(host));
    return pids.split("\n").filter((line) => line !== "").map(Number)
      .toSorted((a, b) => a - b);
  }

  /** Sends a signal to all that runs on a host. */
  async signal(host: string, signal: Deno.Signal): Promise<void> {
    const pids = await this.processes(host);
    // A parent that goes on first would find its children stopped.
    for (const pid of signal === "SIGCONT" ? pids.toReversed() : pids) {
      sendSignal(pid, signal);
    }
  }

  /** Ends all that runs on a host, as pulling the mains plug does. */
  async crash(host: string): Promise<void> {
    await until(`nothing runs on ${host}`, async () => {
      await this.signal(host, "SIGKILL");
      return (await this.processes(host)).length === 0;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const there = await ip("netns", "list");
    for (const host of [...Object.keys(this.#hosts), BRIDGE]) {
      const namespace = this.#namespace(host);
      if (!new RegExp(`^${namespace}\\b`, "m").test(there)) continue;
      await this.crash(host);
      await ip("netns", "delete", namespace);
    }
  }

  #namespace(host: string): string {
    return `${this.#name}-${host}`;
  }

  async #make(): Promise<void> {
    const middle = this.#namespace(BRIDGE);
    await ip("netns", "add", middle);
    await ip("-n", middle, "link", "add", "name", "br0", "type", "bridge");
    await ip("-n", middle, "link", "set", "br0", "up");
    for (const [host, address] of Object.entries(this.#hosts)) {
      const namespace = this.#namespace(host);
      await ip("netns", "add", namespace);
      await ip(
        ...["-n", middle, "link", "add", "name", host, "type", "veth"],
        ...["peer", "name", "eth0", "netns", namespace],
      );
      await ip("-n", middle, "link", "set", "dev", host, "master", "br0", "up");
      const at = `${address}/${PREFIX_BITS}`;
      await ip("-n", namespace, "address", "add", at, "dev", "eth0");
      await ip("-n", namespace, "link", "set", "lo", "up");
      await ip("-n", namespace, "link", "set", "eth0", "up");
    }
  }
}

function sendSignal(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    // It has ended meanwhile.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function ip(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runToEnd([pathOf("ip"), ...args]);
  if (code !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** That such a network can be made here. */
export const NETWORKS: Prefix = await findObstacle();

async function findObstacle(): Promise<Prefix> {
  if (Deno.build.os !== "linux") return { missing: "not Linux" };
  if ("missing" in ROOT) return ROOT;
  const programs = ignoreUnless("ip", "nsenter");
  if ("missing" in programs) return programs;
  try {
    await using network = await Network.open({ one: "10.77.0.1" });
    const { code, stderr } = await runToEnd([...network.on("one"), "true"]);
    if (code !== 0) throw new Error(stderr);
    return { words: [] };
  } catch (error) {
    const [line] = (error as Error).message.trim().split("\n");
    return { missing: `network namespaces cannot be made: ${line}` };
  }
}
