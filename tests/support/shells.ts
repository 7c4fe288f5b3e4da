// The shells that may be /bin/sh.

import { Environment } from "../../lib/system/configuration/environment.ts";
import { findExecutable } from "../../lib/system/process/executable.ts";

function find(name: string): string {
  return findExecutable(name, new Environment(Deno.env)) ?? `/bin/${name}`;
}

/** Shells, and what starts them in the first line of a script. */
export const SHELLS: [name: string, path: string, line: string][] = [
  ["dash", "/bin/dash", "/bin/dash"],
  ["bash", "/bin/bash", "/bin/bash --posix"],
  ["busybox sh", find("busybox"), `${find("busybox")} sh`],
  ["mksh", find("mksh"), find("mksh")],
];
