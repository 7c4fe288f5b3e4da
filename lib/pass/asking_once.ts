// DNS as one message asks it: each name and type once, whichever signature or method needs it. A
// resolver that fails has no answer now.

import type {
  Answer,
  Lookup,
  RecordType,
  RecordTypes,
  Resolver,
  TxtAnswer,
} from "../ports/resolver.ts";

/** Asks for each name's TXT records once. Never rejects. */
export function askingOnce(resolver: Resolver): Resolver {
  const answers = new Answers();
  return { txt: (name) => answers.of("TXT", name, () => resolver.txt(name)) };
}

/** Asks for each name's records of a type once, and counts what was asked. Never rejects. */
export class AskingOnce implements Resolver, Lookup {
  readonly #resolver: Lookup;
  readonly #answers = new Answers();

  constructor(resolver: Lookup) {
    this.#resolver = resolver;
  }

  /** How many questions there were. */
  get questions(): number {
    return this.#answers.size;
  }

  txt(name: string): Promise<TxtAnswer> {
    return this.lookup(name, "TXT");
  }

  lookup<Type extends RecordType>(
    name: string,
    type: Type,
  ): Promise<Answer<RecordTypes[Type]>> {
    return this.#answers.of(
      type,
      name,
      () => this.#resolver.lookup(name, type),
    );
  }
}

/** Keeps what was answered. */
class Answers {
  readonly #answers = new Map<string, Promise<Answer<unknown>>>();

  get size(): number {
    return this.#answers.size;
  }

  of<Type extends RecordType>(
    type: Type,
    name: string,
    ask: () => Promise<Answer<RecordTypes[Type]>>,
  ): Promise<Answer<RecordTypes[Type]>> {
    const question = `${type} ${name.toLowerCase()}`;
    const answer = this.#answers.get(question) ?? answerOf(ask);
    this.#answers.set(question, answer);
    return answer as Promise<Answer<RecordTypes[Type]>>;
  }
}

async function answerOf<Record>(
  ask: () => Promise<Answer<Record>>,
): Promise<Answer<Record>> {
  try {
    return await ask();
  } catch (error) {
    return { outcome: "temporary", detail: String(error) };
  }
}
