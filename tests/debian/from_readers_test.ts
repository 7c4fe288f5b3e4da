// From as programs read it: where one of them finds another domain than the one that signed, neither
// scheme's result names the domain that signed as that of From.

import { assert, assertEquals } from "@std/assert";
import { endToEnd, type Prefix } from "../support/requirements.ts";
import { toBytes } from "../support/mail.ts";
import { MAIL } from "../support/signed_mail.ts";
import { signDomainKeys, verify } from "../support/verifying.ts";
import { ignoreUnless, ignoreUnlessRuns, pathOf } from "./requirements.ts";

/** Signed by example.com; a person is to take it for mail from bank.example. */
const FROMS = [
  "ceo@bank.example<a@example.com>",
  "ceo@bank.example <a@example.com>",
  "ceo@bank.example a@example.com",
  '"ceo@bank.example" <a@example.com>',
  "ceo@bank.example, a@example.com",
  "a@example.com, ceo@bank.example",
  "<ceo@bank.example> a@example.com",
  "<ceo@bank.example><a@example.com>",
  "<<ceo@bank.example>a@example.com>",
  "a@example.com <ceo@bank.example>",
  "ceo@bank.example (x) <a@example.com>",
  "(ceo@bank.example) a@example.com",
  "a@example.com (ceo@bank.example)",
  "ceo@bank.example (a@example.com)",
  "list: ceo@bank.example, a@example.com;",
  "list: ceo@bank.example;, a@example.com",
  "ceo@bank.example: a@example.com;",
  "<@bank.example:a@example.com>",
  "=?utf-8?q?ceo=40bank.example?= <a@example.com>",
  "=?utf-8?q?ceo@bank.example?= <a@example.com>",
  "=?utf-8?q?ceo@bank.example_?= <a@example.com>",
  "=?utf-8?q?ceo@bank.example,?= <a@example.com>",
  "=?utf-8?q?a@ceo@bank.example?= <a@example.com>",
  "=?utf-8?q?ceo=40bank.example=3E=2C=3C?= a@example.com",
  "ceo@bank.example\n <a@example.com>",
  "ceo@bank.example;a@example.com",
  "ceo@bank.example,a@example.com",
  "ceo@[bank.example]a@example.com",
  '"ceo@bank.example"@example.com',
  "ceo\\@bank.example@example.com",
  "ceo@bank.example@example.com",
  "ceo@bank.example.<a@example.com>",
  "ceo @ bank . example <a@example.com>",
  "undisclosed:;, a@example.com",
  ", ceo@bank.example, <a@example.com>",
  'x"ceo@bank.example"y <a@example.com>',
  "ceo@bank.example(<a@example.com>",
  'ceo@bank.example" <a@example.com>',
  "ceo@bank.example\\, <a@example.com>",
  "ceo@bank.example\xa0<a@example.com>",
  "ceo@bank.example\x0b<a@example.com>",
  "a@example.com\xa0,ceo@bank.example",
];

/**
 * An obsolete route of two hosts (RFC 5322 section 4.4): it is allowed, and Python's old getaddresses()
 * takes a host of it for the address.
 */
const ROUTE = "<@x.example,@bank.example:a@example.com>";
FROMS.push(ROUTE);

const SIGNED = FROMS.map((from) =>
  signDomainKeys(MAIL.replace(/^From:.*/m, () => `From: ${from}`))
);

/** Whose results say that From is of the domain that signed. */
async function isVouchedFor(message: string): Promise<boolean> {
  const { domainKeys } = await verify(message);
  return domainKeys.result === "pass" &&
    domainKeys.fromDomain === "example.com";
}

interface Reader {
  name: string;
  needs: Prefix[];
  /** Whether each file is from bank.example. */
  isFooled(files: string[], folder: string): Promise<boolean[]>;
}

const SCRIPTS = new URL(".", import.meta.url).pathname;

function scripted(
  name: string,
  program: string,
  script: string,
  needs: Prefix,
): Reader {
  return {
    name,
    needs: [needs],
    async isFooled(files) {
      const domains: string[][] = JSON.parse(
        await run(program, [`${SCRIPTS}${script}`, ...files]),
      );
      return domains.map((found) =>
        found.some((domain) => domain.toLowerCase() === "bank.example")
      );
    },
  };
}

const READERS: Reader[] = [
  scripted(
    "Python",
    "python3",
    "read_from.py",
    await ignoreUnlessRuns("no Python email", [
      "python3",
      "-c",
      "import email.policy",
    ]),
  ),
  scripted(
    "Mail::Address",
    "perl",
    "read_from.pl",
    await ignoreUnlessRuns("no Mail::Address", [
      "perl",
      "-MMail::Address",
      "-e",
      "1",
    ]),
  ),
  {
    name: "Pigeonhole",
    needs: [ignoreUnless("sieve-test", "sievec")],
    async isFooled(files, folder) {
      const script = `${folder}/rule.sieve`;
      await Deno.writeTextFile(
        script,
        'require ["fileinto"];\n' +
          'if address :domain :is "From" "bank.example" { fileinto "FOOLED"; }\n',
      );
      // It does not run as root.
      const user = Deno.uid() === 0
        ? ["-o", "mail_uid=65534", "-o", "mail_gid=65534"]
        : [];
      await run("sievec", [...user, script]);
      const fooled: boolean[] = [];
      for (const file of files) {
        const output = await run("sieve-test", [...user, script, file]);
        fooled.push(output.includes("FOOLED"));
      }
      return fooled;
    },
  },
];

for (const { name, needs, isFooled } of READERS) {
  endToEnd(
    `\`VerifyPass\` names no domain of From where ${name} reads another one`,
    async () => {
      const folder = await Deno.makeTempDir({ prefix: "dk_from_" });
      await Deno.chmod(folder, 0o777);
      const files = await Promise.all(SIGNED.map(async (message, n) => {
        const path = `${folder}/${n}.eml`;
        await Deno.writeFile(path, toBytes(message));
        return path;
      }));
      const fooled = await isFooled(files, folder);
      await Deno.remove(folder, { recursive: true });
      const vouched = await Promise.all(SIGNED.map(isVouchedFor));
      const deceived = FROMS.filter((_, n) => fooled[n] && vouched[n]);
      assertEquals(deceived, name === "Python" ? [ROUTE] : []);
      // Some fool it, and some are good: else nothing shows that it would say so.
      assert(fooled.filter(Boolean).length > 5, `${fooled}`);
      assert(vouched.filter(Boolean).length > 5, `${vouched}`);
    },
    ...needs,
  );
}

async function run(program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(pathOf(program), {
    args,
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr));
  return decoder.decode(stdout);
}
