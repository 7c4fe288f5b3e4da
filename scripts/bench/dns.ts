// A worker with a DNS server. The benchmark's own thread is blocked while it waits for the measured
// program. Takes the zone and posts the address.

import { startDnsServer } from "../host/dns_server.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent) => void;
  postMessage(message: string): void;
};

scope.onmessage = async ({ data }) => {
  const { address } = await startDnsServer(data);
  scope.postMessage(address);
};
