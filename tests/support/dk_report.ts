// dk-report as a process, with a clock zone of its own: days are counted in UTC.

import { assertEquals } from "@std/assert";
import type { Figures } from "../../scripts/dk_report/figures.ts";

const SCRIPT =
  new URL("../../scripts/dk_report/main.ts", import.meta.url).pathname;

/** What the process left behind. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs it, with what the installed one is allowed. */
export async function runReport(
  args: string[],
  input: string | Uint8Array = "",
): Promise<Ended> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--quiet",
      "--allow-read",
      "--allow-write",
      SCRIPT,
      ...args,
    ],
    env: { TZ: "UTC", NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  // A process that wants no input has closed it.
  writer.write(
    typeof input === "string" ? new TextEncoder().encode(input) : input,
  )
    .then(() => writer.close()).catch(() => {});
  const { code, stdout, stderr } = await process.output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

/** The figures that it prints, when it says nothing else. */
export async function readFigures(
  args: string[],
  input?: string | Uint8Array,
): Promise<Figures> {
  const { code, stdout, stderr } = await runReport(["--json", ...args], input);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  return JSON.parse(stdout);
}
