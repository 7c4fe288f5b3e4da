// A DNS server on loopback that can be stopped, and started again on its port.

import {
  DnsServer,
  startDnsServer,
  type Zone,
} from "../../scripts/host/dns_server.ts";

export class SwitchedDns implements AsyncDisposable {
  /** As DNSCACHEIP wants it. */
  readonly address: string;
  #zone: Zone;
  #server: DnsServer | undefined;
  #port: number;

  constructor(zone: Zone) {
    this.#zone = zone;
    this.#server = startDnsServer(zone);
    this.#port = this.#server.port;
    this.address = this.#server.address;
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  start(): void {
    const place = { hostname: "127.0.0.1", port: this.#port };
    const udp = Deno.listenDatagram({ transport: "udp", ...place });
    this.#server = new DnsServer(this.#zone, udp, Deno.listen(place));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
