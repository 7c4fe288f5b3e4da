// What WithoutForgedResults takes out and leaves, for tests. The host is mx.example.com.

import { toOctets } from "../../lib/message/octets.ts";
import { WithoutForgedResults } from "../../lib/authres/forged_results.ts";
import { collect } from "./laws.ts";

/** The host that is ours. */
export const HOST = "mx.example.com";

/** The same of a whole message. */
export function clean(message: string): string {
  return cleanChunks([toOctets(message)]);
}

/** The number of fields dropped, and what goes on. */
export function cleanChunks(chunks: Uint8Array[]): string {
  let stage: WithoutForgedResults | undefined;
  const output = collect(
    (sink) => stage = new WithoutForgedResults(HOST, sink),
    chunks,
  );
  return `${stage!.dropped} ${output}`;
}
