// When a folder's keys are replaced, and what the next step is: from what the files say, the time, and
// what DNS has answered. Takes no step itself, and knows neither files nor DNS.

/** What DNS says of the key of a selector, all servers together. */
export type Published =
  /** Each server that was asked has it. */
  | "everywhere"
  /** Some have it, and each of them has answered. */
  | "somewhere"
  /** None has it, and some say that it is revoked: `p=` is empty. */
  | "revoked"
  /** None has a record. */
  | "gone"
  /** Some server does not answer, or has another key there. */
  | "unknown";

/** A key that signs, by the link or the file that programs look for. */
export interface Signing {
  /** Of the link or the file. */
  name: string;
  selector: string;
  /** When the key was made, in milliseconds since 1970. */
  madeMs: number;
  /** The selector that is to follow. */
  next?: Next;
}

/** A selector that is to follow. */
export interface Next {
  selector: string;
  /** Its key is there. */
  isMade: boolean;
  published: Published;
}

/** A key that signs no more, whose public half has to stay in DNS for a while. */
export interface Retired {
  selector: string;
  /** Since when, in milliseconds since 1970. */
  sinceMs: number;
  /** Its private key is there. */
  isThere: boolean;
  published: Published;
}

/** What the files and DNS say of a folder. */
export interface FolderState {
  nowMs: number;
  /** The same as `YYYYMM`. */
  month: string;
  /** In the order of their names; they are replaced together. */
  signing: Signing[];
  retired: Retired[];
  /** The names that are taken in the folder. */
  names: string[];
}

/** What a site wants. */
export interface RotationOptions {
  /** A key is replaced when it is so old. */
  everyDays: number;
  /** A key stays in DNS for so long after its last signature. */
  keepDays: number;
  /** A revoked key stays in DNS for so long. */
  forgetDays: number;
  /** Replace keys that are younger too. */
  isForced: boolean;
}

/** What is to be done now. */
export type Step =
  /** Choose the next selector of a key that signs. */
  | { is: "name"; name: string; selector: string }
  /** Make the key of the next selector. */
  | { is: "make"; name: string; selector: string }
  /** Write down that a key retires, and have the next one sign. */
  | { is: "switch"; name: string; selector: string; retiring: string }
  /** Remove a private key that DNS does not name any more. */
  | { is: "remove"; selector: string }
  /** Forget a selector that is gone from DNS. */
  | { is: "forget"; selector: string };

/** What somebody else has to do, or time. */
export type Wait =
  /** The record of a key has to be published. */
  | { is: "publish"; selector: string; published: Published }
  /** A key is young. */
  | { is: "young"; name: string; selector: string; untilMs: number }
  /** A public key has to stay in DNS. */
  | { is: "keep"; selector: string; untilMs: number }
  /** The record of a key is to have an empty `p=`. */
  | { is: "revoke"; selector: string }
  /** A record may be taken out of DNS. */
  | { is: "take out"; selector: string }
  /** The same, later. */
  | { is: "leave"; selector: string; untilMs: number }
  /** Not all servers have answered, or one has another key there. */
  | { is: "unclear"; selector: string };

/** What comes next in a folder: steps, and when there is none, what is waited for. */
export interface Plan {
  steps: Step[];
  waits: Wait[];
}

const DAY_MS = 86_400_000;

/** Finds what is to be done. Each step is safe to repeat, and is there until it has been done. */
export function planRotation(
  state: FolderState,
  options: RotationOptions,
): Plan {
  const signing = planSigning(state, options);
  const retired = state.retired.map((key) =>
    planRetired(key, state.nowMs, options)
  );
  return {
    steps: [...signing.steps, ...retired.flatMap(({ steps }) => steps)],
    waits: [...signing.waits, ...retired.flatMap(({ waits }) => waits)],
  };
}

/** What is there when a step has been taken, as far as files say it. */
export function afterStep(state: FolderState, step: Step): FolderState {
  const { nowMs, signing, retired } = state;
  switch (step.is) {
    case "name":
    case "make": {
      const next: Next = {
        selector: step.selector,
        isMade: step.is === "make",
        published: "gone",
      };
      return {
        ...state,
        signing: signing.map((key) =>
          key.name === step.name ? { ...key, next } : key
        ),
      };
    }
    case "switch":
      return {
        ...state,
        signing: signing.map(({ next, ...key }) =>
          key.name === step.name
            ? { ...key, selector: step.selector, madeMs: nowMs }
            : next === undefined
            ? key
            : { ...key, next }
        ),
        retired: [...retired, {
          selector: step.retiring,
          sinceMs: nowMs,
          isThere: true,
          published: "everywhere",
        }],
      };
    case "remove":
      return {
        ...state,
        retired: retired.map((key) =>
          key.selector === step.selector ? { ...key, isThere: false } : key
        ),
      };
    case "forget":
      return {
        ...state,
        retired: retired.filter(({ selector }) => selector !== step.selector),
      };
  }
}

function planSigning(state: FolderState, options: RotationOptions): Plan {
  const { signing, nowMs } = state;
  const [first] = signing;
  const replaced = signing.flatMap(({ name, selector, next }) =>
    next === undefined ? [] : [{ name, retiring: selector, ...next }]
  );
  if (replaced.length === 0) {
    const madeMs = Math.min(...signing.map(({ madeMs }) => madeMs));
    const untilMs = madeMs + options.everyDays * DAY_MS;
    return options.isForced || nowMs >= untilMs
      ? stepsOf(nameAll(signing, state))
      : waitsOf(signing.map(({ name, selector }) => ({
        is: "young",
        name,
        selector,
        untilMs,
      })));
  }
  // They are named from the first to the last, and switched in the same order: without a next one the
  // first has been switched already, and any other has not been named.
  if (first?.next !== undefined && replaced.length < signing.length) {
    const unnamed = signing.filter(({ next }) => next === undefined);
    return stepsOf(nameAll(unnamed, state));
  }
  const unmade = replaced.filter(({ isMade }) => !isMade);
  if (unmade.length > 0) {
    return stepsOf(
      unmade.map(({ name, selector }) => ({ is: "make", name, selector })),
    );
  }
  const unpublished = replaced.filter(({ published }) =>
    published !== "everywhere"
  );
  if (unpublished.length > 0) {
    return waitsOf(unpublished.map(({ selector, published }) => ({
      is: "publish",
      selector,
      published,
    })));
  }
  return stepsOf(replaced.map(({ name, selector, retiring }) => ({
    is: "switch",
    name,
    selector,
    retiring,
  })));
}

function planRetired(
  { selector, sinceMs, isThere, published }: Retired,
  nowMs: number,
  { keepDays, forgetDays }: RotationOptions,
): Plan {
  const keptMs = sinceMs + keepDays * DAY_MS;
  if (nowMs < keptMs) {
    return waitsOf([{ is: "keep", selector, untilMs: keptMs }]);
  }
  switch (published) {
    case "unknown":
      return waitsOf([{ is: "unclear", selector }]);
    case "everywhere":
    case "somewhere":
      return waitsOf([{ is: "revoke", selector }]);
    case "gone":
      return stepsOf([
        isThere ? { is: "remove", selector } : { is: "forget", selector },
      ]);
    case "revoked": {
      if (isThere) return stepsOf([{ is: "remove", selector }]);
      const untilMs = keptMs + forgetDays * DAY_MS;
      return waitsOf([
        nowMs < untilMs
          ? { is: "leave", selector, untilMs }
          : { is: "take out", selector },
      ]);
    }
  }
}

function nameAll(unnamed: Signing[], state: FolderState): Step[] {
  const { month, names, signing, retired } = state;
  const taken = new Set([
    ...names,
    // Its key may not be there yet, or not any more; it is not given to another one.
    ...signing.flatMap(({ next }) => next?.selector ?? []),
    ...retired.map(({ selector }) => selector),
  ]);
  return unnamed.map(({ name }) => {
    const selector = freeSelector(`s${month}`, taken);
    taken.add(selector);
    return { is: "name", name, selector };
  });
}

/** `sYYYYMM`, else with `-a` to `-z`, `-aa` and so on after it. */
function freeSelector(base: string, taken: Set<string>): string {
  for (let n = 0;; n++) {
    const selector = n === 0 ? base : `${base}-${lettersOf(n)}`;
    if (!taken.has(selector)) return selector;
  }
}

function lettersOf(n: number): string {
  const letter = String.fromCharCode(97 + (n - 1) % 26);
  return n <= 26 ? letter : lettersOf(Math.floor((n - 1) / 26)) + letter;
}

function stepsOf(steps: Step[]): Plan {
  return { steps, waits: [] };
}

function waitsOf(waits: Wait[]): Plan {
  return { steps: [], waits };
}
