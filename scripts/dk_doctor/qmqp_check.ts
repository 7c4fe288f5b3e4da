// Checks who may hand mail to this host by QMQP. The protocol has no authentication: whoever may
// connect has mail relayed to anywhere, and signed. Knows no firewall.

import type { RunScript } from "../site/run_script.ts";
import type { Rule } from "../site/rules.ts";
import type { RulesFile } from "../site/services.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import { formatRebuild } from "./settings.ts";

/** tcpserver lets in whom no rule names. */
const UNNAMED = { isAllowed: true };
const PORTS = ["628", "qmqp"];
const LOOPBACK = /^(?:127\.|localhost$|::1$)/;
/** RFC 1918, RFC 4193. */
const PRIVATE =
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|f[cd][\da-f]{2}:)/i;

/** Checks each server of QMQP that tcpserver starts. */
export function checkQmqp(
  scripts: RunScript[],
  rulesFiles: RulesFile[],
): Finding[] {
  return scripts.filter(({ words }) => isQmqpServer(words)).flatMap(
    (script) => {
      const file = rulesFiles.find(({ path, cdbPath }) =>
        script.rules.some((named) => named === cdbPath || named === path)
      );
      const rules = file?.cdb ?? file?.text;
      // Without its cdb tcpserver lets nobody in: that is said elsewhere.
      return script.rules.length > 0 && rules === undefined
        ? []
        : checkServer(script, rules ?? [], file);
    },
  );
}

function checkServer(
  { path, words }: RunScript,
  rules: Rule[],
  file: RulesFile | undefined,
): Finding {
  const { isAllowed: isOpen } = rules.find(({ address }) => address === "") ??
    UNNAMED;
  if (!isOpen) {
    const allowed = rules.filter(({ isAllowed }) => isAllowed)
      .map(({ address }) => address).join(", ");
    const whom = allowed === "" ? "nobody" : `${allowed} alone`;
    return ok("rules", path, `takes mail by QMQP from ${whom}`);
  }
  const host = words[words.findIndex((word) => PORTS.includes(word)) - 1] ?? "";
  if (LOOPBACK.test(host)) {
    return ok("rules", path, "takes mail by QMQP from this host alone");
  }
  const advice = file === undefined
    ? `tcpserver -x FILE.cdb there, made of lines like 10.0.1.:allow,RELAYCLIENT="" and, last, :deny`
    : `sed -i '/^:/d' ${file.path} && echo :deny >>${file.path} && ${
      formatRebuild(file)
    }  # with a line for each network of your own`;
  const detail = "takes mail by QMQP from everybody who reaches " +
    `${/^0?$/.test(host) ? "it" : host}: relays it, and may sign it`;
  return (PRIVATE.test(host) ? warn : fail)("rules", path, detail, advice);
}

function isQmqpServer(words: string[]): boolean {
  const names = words.map((word) => word.slice(word.lastIndexOf("/") + 1));
  return names.some((name) => /^(?:tcpserver|sslserver)$/.test(name)) &&
    names.some((name, at) =>
      /^(?:qmail-qmqpd|qmqpfront-qmail)$/.test(name) ||
      name === "mailfront" && names[at + 1] === "qmqp"
    );
}
