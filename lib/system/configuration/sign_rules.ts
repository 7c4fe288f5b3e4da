// Which rule the mail of a domain has: a line of control/dkimkeys, else what DKSIGN or control/dksign
// says of all domains. Knows no message.

import type { KeyLine, KeyTable } from "../../keys/key_table.ts";
import { parseAlign } from "../../policy/options.ts";
import type { SignRule, SignRules } from "../../policy/sign_rule.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { type KeyTableFiles, openTable } from "../keys/key_table_files.ts";
import { messageOf } from "../process/error_message.ts";
import {
  controlPath,
  type Environment,
  readControlFolder,
  readControlLine,
  usable,
  withValues,
} from "./environment.ts";
import { readSignOptions } from "./options.ts";

/** Opens tables; without a memory, each message reads its own. */
const UNREMEMBERED: Pick<KeyTableFiles, "open"> = {
  open: openTable,
};

/**
 * Reads which mail is signed, and how.
 *
 * @param elsewhere Where the keys of domains are that no line and no setting names.
 * @returns `undefined` where nothing says that mail is signed.
 * @throws {StepFailed} 55 for a variable or a control file that cannot be used. The rules throw it for
 * a line of the table.
 */
export function readSignRules(
  environment: Environment,
  tables: Pick<KeyTableFiles, "open"> = UNREMEMBERED,
  elsewhere?: string,
): SignRules | undefined {
  const pattern = environment.get("DKSIGN") ??
    readControlLine(environment, "dksign") ?? elsewhere;
  const otherwise: SignRule | undefined = pattern === undefined
    ? undefined
    : readSignOptions(environment, pattern);
  const table = openKeyTable(environment, tables);
  if (table === undefined) return otherwise && (() => otherwise);
  const align = usable(() => parseAlign(environment.get("DKIMALIGN")));
  const noLine = {
    reason: "no line in control/dkimkeys",
    isFinal: false,
    align,
  };
  const rules = new Map<KeyLine, SignRule>();
  return (domain) => {
    const line = usable(() => table.find(domain));
    if (line === undefined) return otherwise ?? noLine;
    return rules.getOrInsertComputed(line, () => ruleOf(line, environment));
  };
}

/**
 * Opens control/dkimkeys.
 *
 * @returns `undefined` where there is none, and where NODKIMKEYS is set.
 * @throws {StepFailed} 55 for a table that cannot be read.
 */
export function openKeyTable(
  environment: Environment,
  tables: Pick<KeyTableFiles, "open"> = UNREMEMBERED,
): KeyTable | undefined {
  if (environment.get("NODKIMKEYS") !== undefined) return undefined;
  const path = controlPath(environment, "dkimkeys");
  try {
    return tables.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof StepFailed) throw error;
    throw new StepFailed(
      EXIT.configuration,
      `Cannot read "${path}": ${messageOf(error)}`,
    );
  }
}

/**
 * What a line says, its variables in place of those of the environment.
 *
 * @throws {StepFailed} 55 for a value that cannot be used.
 */
export function ruleOf(
  { number, pattern, variables }: KeyLine,
  environment: Environment,
): SignRule {
  const own = withValues(environment, variables);
  try {
    if (pattern === undefined) {
      return {
        reason: "control/dkimkeys says so",
        isFinal: true,
        align: usable(() => parseAlign(own.get("DKIMALIGN"))),
      };
    }
    const folder = readControlFolder(environment);
    const options = readSignOptions(own, below(folder, pattern));
    const { extraPattern } = options;
    return extraPattern === undefined || !variables.has("DKIMSIGNEXTRA")
      ? options
      : { ...options, extraPattern: below(folder, extraPattern) };
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    throw new StepFailed(
      error.code,
      `Line ${number()} of control/dkimkeys: ${error.message}`,
    );
  }
}

/** A path of a table is relative to the folder of the table. */
function below(folder: string, path: string): string {
  return path.startsWith("/") ? path : `${folder}/${path}`;
}
