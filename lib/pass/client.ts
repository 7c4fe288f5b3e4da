// What is known of the client: its HELO name out of the Received field that the SMTP server has just
// written, where that field names the client's address too. Takes octet strings, knows no environment.

import { fieldValue, type HeaderField, isNamed } from "../message/header.ts";
import { type IpAddress, parseClientAddress } from "../spf/address.ts";

/** What may stand above the server's Received field: filters before us write it. */
const ABOVE = ["Authentication-Results", "Received-SPF"];

/** As much of a field as two names and an address take. */
const VALUE_OCTETS = 1024;

/**
 * qmail-smtpd: `from HOST (HELO x) (info@IP)`, without HELO where it is HOST; indimail says first by
 * which program.
 */
const QMAIL =
  /^ (?:indimail-mta [^\s()]+ \d+ )?from ([^\s()]+)(?: \((?:HELO|EHLO) ([^\s()]+)\))? \((?:[^()\n]*@)?([^\s()@[\]]+)\)(?:\s|$)/;

/** mailfront: `from x (HOST [IP])`. */
const MAILFRONT =
  /^ from ([^\s()]+) \((?:[^\s()]+ )?\[([^\s()[\]]+)\]\)(?:\s|$)/;

/**
 * The HELO name. A client says any it likes, so a field that it wrote itself gains it nothing.
 *
 * @returns `undefined` where it is not known.
 */
export function findHelo(
  fields: HeaderField[],
  client: IpAddress,
): string | undefined {
  const top = fields.find((field) =>
    !ABOVE.some((name) => isNamed(field, name))
  );
  if (top === undefined || !isNamed(top, "Received")) return undefined;
  const { name, address } = readReceived(
    fieldValue(top).slice(0, VALUE_OCTETS),
  ) ?? {};
  // Of what qmail takes out, a question mark is left.
  if (name === undefined || name.includes("?")) return undefined;
  const told = parseClientAddress(address ?? "");
  const isClient = told !== undefined && told.family === client.family &&
    told.parts.every((part, at) => part === client.parts[at]);
  return isClient ? name : undefined;
}

function readReceived(
  value: string,
): { name: string | undefined; address: string } | undefined {
  const qmail = QMAIL.exec(value);
  if (qmail !== null) {
    const [, host, helo, address = ""] = qmail;
    return { name: helo ?? (host === "unknown" ? undefined : host), address };
  }
  const [, name, address = ""] = MAILFRONT.exec(value) ?? [];
  return name === undefined ? undefined : { name, address };
}
