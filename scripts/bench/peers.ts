// Every other implementation on this machine, each as one process for one message. A missing one is
// left out, and a line says so.

import { NPM_VERSIONS } from "./npm_versions.ts";
import { findProgram, succeeds } from "./programs.ts";
import type { Setup, Subject, Task } from "./subjects.ts";

const DRIVERS = new URL("peers/", import.meta.url).pathname;

/** Lists the peers that are installed. */
export async function listPeers(setup: Setup): Promise<Subject[]> {
  const lists = [
    await listScripts(setup, {
      name: "Mail::DKIM",
      probe: ["/usr/bin/perl", "-MMail::DKIM::Signer", "-e1"],
      driver: ["/usr/bin/perl", `${DRIVERS}mail_dkim.pl`],
      tasks: [
        "sign, DKIM",
        "sign, DomainKeys",
        "verify, DKIM",
        "verify, DomainKeys",
      ],
      takes: "CRLF",
    }),
    await listScripts(setup, {
      name: "dkimpy",
      probe: ["/usr/bin/python3", "-c", "import dkim"],
      driver: ["/usr/bin/python3", `${DRIVERS}dkimpy.py`],
      tasks: ["sign, DKIM", "verify, DKIM"],
      takes: "LF",
    }),
    await listNode(setup),
    listOpendkim(setup),
    listLibraries(setup),
  ];
  return lists.flat();
}

interface Script {
  name: string;
  probe: string[];
  driver: string[];
  tasks: Task[];
  takes: Subject["takes"];
}

async function listScripts(
  setup: Setup,
  { name, probe, driver, tasks, takes }: Script,
): Promise<Subject[]> {
  if (!await succeeds(probe)) {
    setup.missing.push(`${name}: not installed ("${probe.join(" ")}" fails)`);
    return [];
  }
  return tasks.map((task): Subject => {
    const [what, scheme] = task.toLowerCase().split(", ") as [string, string];
    const isSigner = what === "sign";
    const path = isSigner ? setup.key.privatePath : setup.key.recordsPath;
    return {
      name,
      task,
      kind: "script",
      takes,
      command: () => [...driver, what, scheme, path],
      fd1: "output",
      result: isSigner ? "signature field" : "nothing",
    };
  });
}

/** Finds Node. The runtime puts a `node` of its own into PATH if there is none. */
const IS_NODE = ["-e", "process.exit(typeof Deno === 'undefined' ? 0 : 1)"];

/** Lists the peers in Node, with packages of pinned versions in a folder of their own. */
async function listNode(setup: Setup): Promise<Subject[]> {
  const node = findProgram("node");
  const isThere = node !== undefined && await succeeds([node, ...IS_NODE]);
  const folder = `${setup.folder}/node`;
  if (!isThere || !await installPackages(folder)) {
    setup.missing.push("mailauth, nodemailer: no Node, or no npm packages");
    return [];
  }
  const list = (file: string, tasks: Task[]) => {
    const driver = [node, `${folder}/${file}.mjs`];
    const name = `${file} (Node)`;
    return listScripts(setup, {
      name,
      probe: [node, "--version"],
      driver,
      tasks,
      takes: "LF",
    });
  };
  return [
    ...await list("mailauth", ["sign, DKIM", "verify, DKIM"]),
    ...await list("nodemailer", ["sign, DKIM"]),
  ];
}

async function installPackages(folder: string): Promise<boolean> {
  await Deno.mkdir(folder);
  const dependencies: Record<string, string> = {};
  for (const name of ["mailauth", "nodemailer"] as const) {
    dependencies[name] = NPM_VERSIONS[name];
    await Deno.copyFile(`${DRIVERS}${name}.mjs`, `${folder}/${name}.mjs`);
  }
  await Deno.writeTextFile(
    `${folder}/package.json`,
    JSON.stringify({ type: "module", dependencies }),
  );
  const command = [Deno.execPath(), "install", "--node-modules-dir=auto"];
  return await succeeds([...command, "--quiet"], folder);
}

/** Lists OpenDKIM's milter in its test mode, in which it ends after one message. */
function listOpendkim(setup: Setup): Subject[] {
  const program = findProgram("opendkim");
  if (program === undefined) {
    setup.missing.push("OpenDKIM: opendkim is not installed");
    return [];
  }
  const write = (name: string, lines: string[]) => {
    const path = `${setup.folder}/opendkim-${name}`;
    const all = [...lines, "RequireSafeKeys false"];
    Deno.writeTextFileSync(path, all.join("\n") + "\n");
    return ["-x", path, "-b", name, "-v", "-t"];
  };
  const signing = write("s", [
    "Domain example.com",
    "Selector default",
    `KeyFile ${setup.key.privatePath}`,
    "Canonicalization relaxed/relaxed",
    "SignatureAlgorithm rsa-sha256",
  ]);
  const verifying = write("v", [`TestPublicKeys ${setup.key.recordsPath}`]);
  const common = {
    name: "OpenDKIM",
    kind: "C",
    takes: "LF",
    fd1: "output",
  } as const;
  return [
    {
      ...common,
      task: "sign, DKIM",
      command: (message) => [program, ...signing, message],
      result: "signature field",
    },
    {
      ...common,
      task: "verify, DKIM",
      command: (message) => [program, ...verifying, message],
      result: /verification .* succeeded$/m,
    },
  ];
}

/** Lists C libraries, by their own test programs, which cannot verify without DNS. */
function listLibraries({ key, missing }: Setup): Subject[] {
  const common = {
    task: "sign, DKIM",
    kind: "C",
    takes: "CRLF",
    result: "signed message",
  } as const;
  const testmsg = findProgram("opendkim-testmsg");
  const libdkim = findProgram("libdkimtest");
  const subjects: Subject[] = [];
  if (testmsg === undefined) missing.push("opendkim-testmsg: not installed");
  else {
    const { privatePath } = key;
    const args = ["-C", "-d", "example.com", "-s", "default", "-k"];
    subjects.push({
      ...common,
      name: "opendkim-testmsg (rsa-sha1)",
      command: () => [testmsg, ...args, privatePath],
      fd1: "output",
    });
  }
  if (libdkim === undefined) missing.push("Alt-N libdkim: no libdkimtest");
  else {
    const args = ["-s", "-b2", "-z2", "-cr", "-x-"];
    subjects.push({
      ...common,
      name: "Alt-N libdkim",
      command: (
        message,
        output,
      ) => [libdkim, ...args, message, key.privatePath, output],
      fd1: "nothing",
    });
  }
  return subjects;
}
