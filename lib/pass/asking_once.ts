// DNS as one message asks it: each name and type once, whichever method needs it. A resolver that
// fails has no answer now.

import type {
  Answer,
  Lookup,
  RecordType,
  RecordTypes,
  Resolver,
  TxtAnswer,
} from "../ports/resolver.ts";

/** Keeps what was answered, and counts what was asked. */
export class AskingOnce implements Resolver, Lookup {
  readonly #resolver: Lookup;
  readonly #answers = new Map<string, Promise<Answer<unknown>>>();

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
    const key = `${type} ${name.toLowerCase()}`;
    const answer = this.#answers.get(key) ?? this.#ask(name, type);
    this.#answers.set(key, answer);
    return answer as Promise<Answer<RecordTypes[Type]>>;
  }

  async #ask<Type extends RecordType>(
    name: string,
    type: Type,
  ): Promise<Answer<RecordTypes[Type]>> {
    try {
      return await this.#resolver.lookup(name, type);
    } catch (error) {
      return { outcome: "temporary", detail: String(error) };
    }
  }
}
