// A message with fields of every kind, and signing it with options: both fields that are written
// are held against an independent verifier. Refuses to know what an option does.

import { assertEquals, assertMatch } from "@std/assert";
import type { SignOptions } from "../../lib/policy/options.ts";
import { Environment as Variables } from "../../lib/system/configuration/environment.ts";
import { readSignOptions } from "../../lib/system/configuration/options.ts";
import { SignPass } from "../../lib/pass/sign_pass.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { KeyFiles } from "../../lib/system/keys/key_files.ts";
import { type AddedField, addedFields, toBytes } from "./mail.ts";
import type { Site } from "./site.ts";
import { verifyDkim, verifyDomainKeys } from "./verifiers.ts";
import { feed } from "./laws.ts";

/** With fields that are signed, that never are, and some that occur more than once. */
export const RICH = "Return-Path: <ann@example.com>\n" +
  "Received: from a by b;\n\tThu, 1 Jan 2026 12:00:00 +0000\n" +
  "Received: from c by d\n" +
  "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=x; h=From; bh=AA==; b=AA==\n" +
  "DomainKey-Signature: a=rsa-sha1; c=nofws; d=example.org; s=x; b=AA==\n" +
  "Authentication-Results: example.org; none\n" +
  "ARC-Seal: i=1; a=rsa-sha256; b=AA==\n" +
  "X-Mailer: x\n" +
  "Comments: none\n" +
  "Sender: ann@example.com\n" +
  "From: Ann <ann@example.com>\n" +
  "Subject: a long subject that is | folded,\n with = and ; in it\n" +
  "To: bob@example.net\n" +
  "CC: carl@example.net\n" +
  "Cc: dora@example.net\n" +
  "MIME-Version: 1.0\n" +
  "Content-Type: text/plain\n" +
  "Resent-From: ann@example.com\n" +
  "List-Id: <list.example.com>\n" +
  "List-Post: NO\n" +
  "Message-ID: <1@example.com>\n\n" +
  "Hello  Bob \n\n\n";

/** An environment, as dk-sign reads it. */
export type Environment = Record<string, string>;

/** @throws {StepFailed} For a value that cannot be used. */
export function signOptionsOf(env: Environment): SignOptions {
  const variables = new Variables({ get: (name) => env[name] });
  return readSignOptions(variables, env.DKSIGN!);
}

/** Signs, and returns the tags of the DKIM-Signature and of the DomainKey-Signature, both verified. */
export async function sign(
  site: Site,
  env: Environment,
  text = RICH,
): Promise<Record<"dkim" | "domainKeys", AddedField["tags"] | undefined>> {
  const message = toBytes(text);
  const options = signOptionsOf({ ...site.env, ...env });
  const pass = new SignPass(() => options, {
    keys: new KeyFiles(),
    crypto: systemCrypto,
    now: Math.floor(Date.now() / 1000),
  });
  const { action, newFields } = await feed(pass, [message]);
  assertEquals(action, "signed");
  const signed = toBytes(newFields + text);
  const fields = addedFields(message, signed);
  const tagsOf = (name: string) =>
    fields.find((field) => field.name === name)?.tags;
  const dkim = tagsOf("DKIM-Signature");
  const domainKeys = tagsOf("DomainKey-Signature");
  if (dkim !== undefined) {
    assertMatch(verifyDkim(signed, site.records)[0]!, / pass$/);
  }
  if (domainKeys !== undefined) {
    assertEquals(verifyDomainKeys(signed, site.records), "pass");
  }
  return { dkim, domainKeys };
}

/** `h=` of a DKIM-Signature, if nothing else is said. */
export const ALL_SIGNED =
  "From:From:Sender:Reply-To:Subject:Subject:Date:Message-ID:To:To:Cc:Cc:Cc:" +
  "MIME-Version:MIME-Version:Content-Type:Content-Type:" +
  "Content-Transfer-Encoding:Resent-From:List-Id:List-Post";
/** `h=` of a DomainKey-Signature, if nothing else is said. */
export const EVERY_FIELD =
  "Return-Path:Received:Received:DKIM-Signature:DomainKey-Signature:" +
  "Authentication-Results:ARC-Seal:X-Mailer:Comments:Sender:From:Subject:To:CC:Cc:" +
  "MIME-Version:Content-Type:Resent-From:List-Id:List-Post:Message-ID";

/** What one environment leads to. */
export interface Row {
  env: Record<string, string>;
  /** Names of the tags in their order, where that is what changes. */
  order?: string;
  /** Values of tags, `undefined` for one that is not there. */
  tags?: Record<string, string | undefined>;
}

/** The row's environment, for the name of its test. */
export function nameOf(env: Record<string, string>): string {
  const words = Object.entries(env).map(([name, value]) =>
    `${name}="${value}"`
  );
  return words.join(" ") || "no option";
}
