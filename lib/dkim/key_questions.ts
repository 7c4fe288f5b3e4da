// The questions of one message to DNS: each key record once. Knows no record.

import type { Resolver, TxtAnswer } from "../ports/resolver.ts";

/** Asks for each name once, however many signatures have that key. A resolver that throws gives a temporary outcome. */
export function askingOnce(resolver: Resolver): Resolver {
  const answers = new Map<string, Promise<TxtAnswer>>();
  const ask = async (name: string): Promise<TxtAnswer> => {
    try {
      return await resolver.txt(name);
    } catch (error) {
      return { outcome: "temporary", detail: String(error) };
    }
  };
  return {
    txt(name) {
      const key = name.toLowerCase();
      const answer = answers.get(key) ?? ask(name);
      answers.set(key, answer);
      return answer;
    },
  };
}
