// A worker with a DNS server, for a benchmark whose own thread stands still while it waits for
// the program that it measures. Takes the zone, posts the address. Knows each answer by heart, so
// that it is the program's time that is measured.

import * as dns from "@dnsquery/dns-packet";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<Record<string, string[]>>) => void;
  postMessage(message: string): void;
};

scope.onmessage = async ({ data: zone }) => {
  const hostname = "127.0.0.1";
  const socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
  scope.postMessage(`${hostname}:${(socket.addr as Deno.NetAddr).port}`);
  const answers = new Map<string, Uint8Array>();
  for await (const [query, from] of socket) {
    // All but the id, which is another one each time.
    const question = query.subarray(2).toHex();
    const answer = answers.get(question) ?? makeAnswer(query, zone);
    answers.set(question, answer);
    answer.set(query.subarray(0, 2));
    await socket.send(answer, from);
  }
};

function makeAnswer(
  query: Uint8Array,
  zone: Record<string, string[]>,
): Uint8Array {
  const { id, questions = [] } = dns.decode(query);
  const { name } = questions[0]!;
  const texts = zone[name.toLowerCase()];
  return dns.encode({
    type: "response",
    id,
    // With rcode 3, NXDOMAIN, for any other name.
    flags: dns.RECURSION_AVAILABLE | (texts === undefined ? 3 : 0),
    questions,
    answers: (texts ?? []).map((text) => ({
      type: "TXT",
      name,
      data: text.match(/.{1,255}/g) ?? [""],
    })),
  });
}
