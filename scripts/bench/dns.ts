// A worker with a DNS server, for a benchmark whose own thread stands still while it waits for
// the program that it measures. Takes the zone, posts the address.

import { startDnsServer } from "../host/dns_server.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent) => void;
  postMessage(message: string): void;
};

scope.onmessage = async ({ data }) => {
  const { address } = await startDnsServer(data);
  scope.postMessage(address);
};
