// Says what the programs did, by the lines that they have left in logs. Reads each log once, by
// chunks; the plotting library is loaded for a page alone.

import { writeFileSync } from "node:fs";
import { escapeText } from "../dktest/report.ts";
import { messageOf, reportFailure } from "../command/failure.ts";
import { Candidates } from "./candidates.ts";
import { figuresOf } from "./figures.ts";
import { parseLogLine } from "./log_line.ts";
import { type Command, parseCommand, USAGE } from "./options.ts";
import { Progress } from "./progress.ts";
import { openSources, type Source } from "./sources.ts";
import { Tally } from "./tally.ts";
import { formatText } from "./text_table.ts";

/** @returns Whether all was read. */
async function report(command: Command, now: number): Promise<boolean> {
  const tally = new Tally(command.period);
  const candidates = new Candidates((text) => {
    const line = parseLogLine(text, now);
    if (line !== undefined) tally.add(line);
  });
  const { sources, isWhole } = await openAll(command);
  const isAllRead = await readAll(sources, candidates);
  const figures = figuresOf(tally, candidates.tooLong);
  if (command.htmlFile !== undefined) {
    const { formatPage } = await import("./page.ts");
    await Deno.writeTextFile(command.htmlFile, await formatPage(figures));
  }
  if (command.json) {
    writeFileSync(1, `${JSON.stringify(figures)}\n`);
  } else if (command.htmlFile === undefined) {
    const isColoured = Deno.stdout.isTerminal() && !Deno.noColor;
    writeFileSync(1, formatText(figures, isColoured));
  }
  return isWhole && isAllRead;
}

/** What cannot be opened keeps nothing else back. */
async function openAll({ logs, period }: Command) {
  const sources: Source[] = [];
  let isWhole = true;
  for (const log of logs) {
    try {
      sources.push(...await openSources(log, period.since));
    } catch (error) {
      isWhole = false;
      say(`Cannot open "${log}": ${messageOf(error)}`);
    }
  }
  return { sources, isWhole };
}

async function readAll(
  sources: Source[],
  candidates: Candidates,
): Promise<boolean> {
  const sizes = sources.map(({ size }) => size);
  const total = sizes.includes(undefined)
    ? undefined
    : sizes.reduce((sum: number, size) => sum + size!, 0);
  using progress = new Progress(
    Deno.stderr.isTerminal() ? (text) => writeFileSync(2, text) : undefined,
    total,
  );
  let isAllRead = true;
  for (const source of sources) {
    try {
      for await (const chunk of source.chunks()) {
        candidates.push(chunk);
        progress.add(chunk.length);
      }
    } catch (error) {
      isAllRead = false;
      say(`Cannot read "${source.name}": ${messageOf(error)}`);
    }
    candidates.end();
  }
  return isAllRead;
}

function say(text: string): void {
  console.error(escapeText(`dk-report: ${text}`));
}

async function main(args: string[]): Promise<number> {
  try {
    const now = Date.now();
    const command = parseCommand(args, now);
    if (command === undefined) {
      writeFileSync(1, USAGE);
      return 0;
    }
    return await report(command, now) ? 0 : 1;
  } catch (error) {
    return reportFailure("dk-report", error, say);
  }
}

Deno.exit(await main(Deno.args));
