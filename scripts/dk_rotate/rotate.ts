// One domain's folder, as far as it can be brought now: looks, plans, takes each step, and looks again.

import { toALabels } from "../../lib/message/domain_name.ts";
import { encodeUtf8 } from "../../lib/message/octets.ts";
import { keyRecordName } from "../../lib/keys/key_record.ts";
import {
  afterStep,
  type FolderState,
  planRotation,
  type RotationOptions,
  type Step,
  type Wait,
} from "../../lib/keys/rotation.ts";
import type { Resolver } from "../../lib/ports/resolver.ts";
import { generateKey } from "../dknewkey/generate.ts";
import type { TextRecord } from "../dknewkey/domain_records.ts";
import { formatKeyText } from "../dknewkey/record.ts";
import { KeyFolder } from "./folder.ts";
import { askPublished } from "./published.ts";

/** What a rotation needs of the world. */
export interface World {
  now(): number;
  /** One for each server that has to have a record. */
  servers(domain: string): Promise<Resolver[]>;
  /** Says what is done, and what is to be done by somebody. */
  say(text: string): void;
}

/** The domain that a folder is named by. */
export function domainOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const domain = toALabels(encodeUtf8(name))?.toLowerCase();
  if (domain?.includes(".")) return domain;
  throw new Error(
    `Cannot tell the domain of "${path}": give a folder with its name, as /etc/domainkeys/example.com`,
  );
}

/** Takes every step that can be taken. @returns What is waited for. */
export async function rotate(
  path: string,
  options: RotationOptions,
  world: World,
): Promise<Wait[]> {
  const domain = domainOf(path);
  new KeyFolder(path).clean();
  for (let isForced = options.isForced;; isForced = false) {
    const folder = new KeyFolder(path);
    const state = await readState(folder, domain, world);
    const { steps, waits } = planRotation(state, { ...options, isForced });
    for (const step of steps) {
      await take(step, folder, world);
      world.say(describeStep(step, domain));
    }
    if (steps.length === 0) return waits;
  }
}

/** Says what {@linkcode rotate} would do. @returns What would be waited for. */
export async function describe(
  path: string,
  options: RotationOptions,
  world: World,
): Promise<Wait[]> {
  const domain = domainOf(path);
  const folder = new KeyFolder(path);
  let state = await readState(folder, domain, world);
  for (let isForced = options.isForced;; isForced = false) {
    const { steps, waits } = planRotation(state, { ...options, isForced });
    for (const step of steps) {
      world.say(`would do: ${describeStep(step, domain)}`);
      state = afterStep(state, step);
    }
    if (steps.length > 0) continue;
    const isKnown = ({ is, selector }: Wait) =>
      is !== "publish" || folder.read(selector) !== undefined;
    for (const { selector } of waits.filter((wait) => !isKnown(wait))) {
      world.say(`would wait for: ${nameOf(path, selector)}`);
    }
    return waits.filter(isKnown);
  }
}

async function readState(
  folder: KeyFolder,
  domain: string,
  world: World,
): Promise<FolderState> {
  const servers = await world.servers(domain);
  const publishedOf = (selector: string) =>
    askPublished(servers, { selector, domain }, folder.read(selector)?.key);
  const chains = folder.chains();
  const nowMs = world.now();
  return {
    nowMs,
    month: new Date(nowMs).toISOString().slice(0, 7).replace("-", ""),
    names: folder.names,
    signing: await Promise.all(chains.map(async ({ name, selector, next }) => {
      const present = folder.read(selector);
      if (present === undefined) {
        throw new Error(
          `Cannot find the key "${folder.pathOf(selector)}": restore it`,
        );
      }
      const isMade = next !== undefined && folder.read(next) !== undefined;
      return {
        name,
        selector,
        madeMs: present.madeMs,
        ...(next === undefined ? {} : {
          next: {
            selector: next,
            isMade,
            published: isMade ? await publishedOf(next) : "gone",
          },
        }),
      };
    })),
    // What signs was about to retire when somebody was killed.
    retired: await Promise.all(
      folder.retired().filter(({ selector }) =>
        !chains.some((chain) => chain.selector === selector)
      ).map(async ({ selector, sinceMs }) => ({
        selector,
        sinceMs,
        isThere: folder.read(selector) !== undefined,
        published: await publishedOf(selector),
      })),
    ),
  };
}

async function take(step: Step, folder: KeyFolder, world: World) {
  switch (step.is) {
    case "name":
      return folder.name(step.name, step.selector);
    case "make": {
      const { selector: present } = folder.chains().find(({ name }) =>
        name === step.name
      )!;
      const { key } = folder.read(present)!;
      return folder.make(
        step.selector,
        await generateKey(key),
        present,
        world.now(),
      );
    }
    case "switch":
      return folder.switch(step.name, step.retiring, world.now());
    case "remove":
      return folder.remove(step.selector);
    case "forget":
      return folder.forget(step.selector);
  }
}

function describeStep(step: Step, domain: string): string {
  switch (step.is) {
    case "name":
      return `${domain}: the key after ${step.name} is ${step.selector}`;
    case "make":
      return `${domain}: made the key ${step.selector}`;
    case "switch":
      return `${domain}: ${step.selector} signs in place of ${step.retiring}`;
    case "remove":
      return `${domain}: removed the private key of ${step.selector}`;
    case "forget":
      return `${domain}: ${step.selector} is gone`;
  }
}

/**
 * Says what is waited for; nothing where nobody has to do anything.
 *
 * @param format Writes a record as whoever has the zone wants it.
 */
export async function describeWait(
  wait: Wait,
  path: string,
  format: (record: TextRecord) => string,
): Promise<string | undefined> {
  const { selector } = wait;
  const name = nameOf(path, selector);
  switch (wait.is) {
    case "publish":
      return `publish: ${format(await recordOf(path, selector))}`;
    case "revoke":
      return `publish in place of its key: ${
        format(revokedRecord(path, selector))
      }`;
    case "take out":
      return `take out of DNS: ${name}`;
    case "unclear":
      return `not every server says what ${name} is`;
    case "young":
    case "keep":
    case "leave":
      return undefined;
  }
}

/** The records that DNS is to have now: of what signs, of what is to, and of what has. */
export async function recordsOf(
  path: string,
  waits: Wait[],
): Promise<TextRecord[]> {
  const folder = new KeyFolder(path);
  const signing = folder.chains().flatMap(({ selector, next }) =>
    [selector, next].filter((name) => name !== undefined)
  ).filter((selector) => folder.read(selector) !== undefined);
  const stateOf = (selector: string) =>
    waits.find((wait) => wait.selector === selector && wait.is !== "publish")
      ?.is;
  const retired = folder.retired().map(({ selector }) => selector)
    .filter((selector) =>
      !signing.includes(selector) && stateOf(selector) !== "take out"
    );
  return await Promise.all([
    ...signing.map((selector) => recordOf(path, selector)),
    ...retired.map((selector) =>
      stateOf(selector) === "keep"
        ? recordOf(path, selector)
        : revokedRecord(path, selector)
    ),
  ]);
}

async function recordOf(path: string, selector: string): Promise<TextRecord> {
  const found = new KeyFolder(path).read(selector);
  if (found === undefined) return revokedRecord(path, selector);
  const text = `v=DKIM1; ${await formatKeyText(found.key)}`;
  return { name: nameOf(path, selector), text };
}

function revokedRecord(path: string, selector: string): TextRecord {
  return { name: nameOf(path, selector), text: "v=DKIM1; p=" };
}

function nameOf(path: string, selector: string): string {
  return keyRecordName({ selector, domain: domainOf(path) });
}
