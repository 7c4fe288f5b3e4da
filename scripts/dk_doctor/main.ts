// Checks an installation, and says what is wrong and what to do. Changes nothing. Reads variables and
// keys by the functions of the programs themselves.

import { writeFileSync } from "node:fs";
import { escapeText } from "../dktest/report.ts";
import { parseCommand, USAGE } from "./command_line.ts";
import { examine } from "./examination.ts";
import { type Finding, formatFinding, formatFindings } from "./finding.ts";
import { reportFailure } from "../command/failure.ts";

async function main(args: string[]): Promise<number> {
  try {
    const command = parseCommand(args);
    if (command === undefined) {
      writeFileSync(1, USAGE);
      return 0;
    }
    const isColoured = Deno.stdout.isTerminal() && !Deno.noColor;
    const findings: Finding[] = [];
    await examine(command, (finding) => {
      findings.push(finding);
      if (!command.json) writeFileSync(1, formatFinding(finding, isColoured));
    });
    if (command.json) writeFileSync(1, formatFindings(findings));
    return findings.some(({ status }) => status === "fail") ? 1 : 0;
  } catch (error) {
    return reportFailure(
      "dk-doctor",
      error,
      (text) => console.error(escapeText(`dk-doctor: ${text}`)),
    );
  }
}

Deno.exit(await main(Deno.args));
