// Programs that read a header, each asked whether it takes an Authentication-Results field of a file for
// one of ours that says `dkim=pass`. Knows no filter.

import { type Ended, runToEnd, type Start } from "../support/ended.ts";
import type { Prefix } from "../support/requirements.ts";
import { ignoreUnless, ignoreUnlessRuns, pathOf } from "./requirements.ts";

/** One of them. */
export interface Reader {
  name: string;
  needs: Prefix[];
  /** Whether each file fools it. The files are in a folder that it may write to. */
  isFooled(files: string[], host: string, folder: string): Promise<boolean[]>;
}

const SCRIPTS = new URL(".", import.meta.url).pathname;

/** A script that prints the values of each file's fields. */
function scripted(
  name: string,
  language: string,
  script: string,
  module: string,
  needs: Prefix,
): Reader {
  return {
    name,
    needs: [needs],
    async isFooled(files, host) {
      const args = [`${SCRIPTS}${script}`, module, ...files];
      const { code, stdout, stderr } = await run(language, args);
      if (code !== 0) throw new Error(stderr);
      const values: string[][] = JSON.parse(stdout);
      return values.map((texts) => texts.some((text) => isOurs(text, host)));
    },
  };
}

function perl(module: string, needs: Prefix): Reader {
  return scripted(module, "perl", "read_header.pl", module, needs);
}

const perlHas = (module: string): Promise<Prefix> =>
  ignoreUnlessRuns(`no ${module}`, ["perl", `-M${module}`, "-e", "1"]);
const PYTHON = await ignoreUnlessRuns("no Python email", [
  "python3",
  "-c",
  "import email.policy",
]);
const EMAIL_MIME = await perlHas("Email::MIME");

const formail: Reader = {
  name: "formail",
  needs: [ignoreUnless("formail")],
  isFooled: (files, host) =>
    each(files, async (file) => {
      const args = ["-czx", "Authentication-Results:"];
      const { stdout } = await run("formail", args, {
        stdin: await Deno.readFile(file),
      });
      return stdout.split("\n").some((line) => isOurs(line, host));
    }),
};

const FOOLED = 7;

const procmail: Reader = {
  name: "procmail",
  needs: [ignoreUnless("procmail")],
  async isFooled(files, host) {
    // It takes no recipe out of a folder that everybody may write to.
    const folder = await Deno.makeTempDir({ prefix: "dk_procmail_" });
    const recipe = `${folder}/procmailrc`;
    const pattern = host.replaceAll(".", "\\.");
    await Deno.writeTextFile(
      recipe,
      `SHELL=/bin/sh\nDEFAULT=/dev/null\nLOGFILE=/dev/null\n:0\n` +
        `* ^Authentication-Results:[ \t]*${pattern}.*dkim=pass\n` +
        `{ EXITCODE=${FOOLED} }\n:0\n/dev/null\n`,
    );
    const fooled = await each(files, async (file) => {
      const { code } = await run("procmail", ["-m", recipe], {
        stdin: await Deno.readFile(file),
      });
      return code === FOOLED;
    });
    await Deno.remove(folder, { recursive: true });
    return fooled;
  },
};

const sieve: Reader = {
  name: "Pigeonhole",
  needs: [ignoreUnless("sieve-test", "sievec")],
  async isFooled(files, host, folder) {
    const script = `${folder}/rule.sieve`;
    await Deno.writeTextFile(
      script,
      `require ["fileinto"];\n` +
        `if header :matches "Authentication-Results" "${host}*dkim=pass*" ` +
        `{ fileinto "FOOLED"; }\n`,
    );
    // It does not run as root.
    const user = Deno.uid() === 0
      ? ["-o", "mail_uid=65534", "-o", "mail_gid=65534"]
      : [];
    await run("sievec", [...user, script]);
    return await each(files, async (file) => {
      const args = [...user, script, file];
      const { code, stdout, stderr } = await run("sieve-test", args);
      if (code !== 0) throw new Error(stderr);
      return stdout.includes("FOOLED");
    });
  },
};

/** All of them; to some a careful rule is given, to others a careless one. */
export const READERS: Reader[] = [
  scripted("Python", "python3", "read_header.py", "default", PYTHON),
  scripted("Python compat32", "python3", "read_header.py", "compat32", PYTHON),
  perl("Email::MIME", EMAIL_MIME),
  perl("Mail::Header", await perlHas("Mail::Header")),
  perl(
    "Mail::AuthenticationResults",
    await perlHas("Mail::AuthenticationResults"),
  ),
  sieve,
  procmail,
  formail,
];

/** Those who say what they read, whatever rule there is. */
export const SCRIPTED: Reader[] = READERS.slice(0, 5);

/** What a careful rule says of a value, when it has taken out what nobody sees. */
function isOurs(value: string, host: string): boolean {
  const text = value.normalize("NFKC").replace(/(?!\s)\p{C}/gu, "");
  const name = host.replaceAll(".", "\\.");
  const rule = new RegExp(`^(?:\\s|\\([^)]*\\)|")*${name}\\.*(?![\\w.-])`, "i");
  return rule.test(text) && /dkim=pass/i.test(text);
}

async function each(
  files: string[],
  isFooled: (file: string) => Promise<boolean>,
): Promise<boolean[]> {
  const fooled: boolean[] = [];
  for (const file of files) fooled.push(await isFooled(file));
  return fooled;
}

function run(
  program: string,
  args: string[],
  start?: Start,
): Promise<Ended> {
  return runToEnd([pathOf(program), ...args], start);
}
