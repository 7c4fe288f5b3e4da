/**
 * DKIM (RFC 6376, RFC 8463) and DomainKeys (RFC 4870) for messages in memory: what the filters of
 * this project do to mail on its way, as functions; SPF (RFC 7208), DMARC (RFC 9989), ARC (RFC 8617).
 *
 * @example Hash a body as DKIM does
 * ```ts
 * import { DKIM_RELAXED, LineEnds, RelaxedBody } from "@qmail/dk";
 * import { assertEquals } from "@std/assert";
 *
 * let canonical = "";
 * const decoder = new TextDecoder();
 * const body = new RelaxedBody((run) => canonical += decoder.decode(run), DKIM_RELAXED);
 * const lines = new LineEnds((run) => body.push(run));
 * lines.push(new TextEncoder().encode("Hello \t Bob. \n\n\n"));
 * lines.end();
 * body.end();
 * assertEquals(canonical, "Hello Bob.\r\n");
 * ```
 *
 * @module
 */

export {
  chooseKeyRecord,
  type Ed25519PublicKey,
  type InvalidKeyRecord,
  KEY_RECORD_FAULTS,
  type KeyRecord,
  type KeyRecordLeniency,
  parseKeyRecord,
  type PublicKey,
  type RsaPublicKey,
} from "./lib/keys/key_record.ts";
export {
  type Ed25519PrivateKey,
  parsePrivateKey,
  type PrivateKey,
  type RsaPrivateKey,
} from "./lib/keys/private_key.ts";
export {
  Body,
  type BodyForm,
  type Canonicalization,
  DKIM_CANONICALIZATIONS,
  DKIM_RELAXED,
  DKIM_SIMPLE,
  type DkimCanonicalization,
  DOMAINKEYS,
  DOMAINKEYS_CANONICALIZATIONS,
  type DomainKeysCanonicalization,
  NofwsBody,
  nofwsField,
  RelaxedBody,
  relaxedField,
  SimpleBody,
  simpleField,
} from "./lib/message/canonicalization.ts";
export { type HeaderField, parseHeader } from "./lib/message/header.ts";
export type { SignatureNames } from "./lib/ports/verifying.ts";
export { LineEnds } from "./lib/message/line_ends.ts";
export type { Sink, Stage } from "./lib/message/stage.ts";
export type {
  Answer,
  Lookup,
  RecordType,
  RecordTypes,
  Resolver,
  TxtAnswer,
} from "./lib/ports/resolver.ts";
export type {
  DkimVerdict,
  DomainKeysVerdict,
  Verdict,
} from "./lib/pass/verdict.ts";
export type { Verification } from "./lib/pass/verify_pass.ts";
export {
  AUTHENTICATION_RESULTS,
  claimsAuthservId,
  formatAuthenticationResults,
  type MethodResult,
  type Property,
  type ResultWord,
} from "./lib/authres/authentication_results.ts";
export { DKIM_STATUS, type DkimStatus } from "./lib/dkim/status.ts";
export {
  DOMAINKEYS_STATUS,
  type DomainKeysStatus,
} from "./lib/domainkeys/status.ts";
export type { ArcFault } from "./lib/arc/chain.ts";
export type { ArcFinding } from "./lib/arc/finding.ts";
export { ARC_STATUS, type ArcStatus } from "./lib/arc/status.ts";
export type { ArcWitness } from "./lib/dmarc/excuse.ts";
export type { ArcVerdict } from "./lib/pass/arc_verdict.ts";
export type { AuthenticatedDomain, Identifier } from "./lib/dmarc/alignment.ts";
export type { DmarcFinding } from "./lib/dmarc/evaluate.ts";
export type { DmarcQuestion } from "./lib/dmarc/policy_records.ts";
export {
  type AlignmentMode,
  type DmarcRecord,
  parseDmarcRecord,
  POLICIES,
  type Policy,
} from "./lib/dmarc/record.ts";
export { DMARC_STATUS, type DmarcStatus } from "./lib/dmarc/status.ts";
export type { DmarcVerdict } from "./lib/pass/dmarc_verdict.ts";
export type { SpfVerdict } from "./lib/pass/spf_verdict.ts";
export { SPF_LETTERS, type SpfLetter } from "./lib/policy/spf_letters.ts";
export { DMARC_LETTERS, type DmarcLetter } from "./lib/policy/dmarc_letters.ts";
export {
  DKIM_LETTERS,
  type DkimLetter,
  DOMAINKEYS_LETTERS,
  type DomainKeysLetter,
  type StatusLetter,
} from "./lib/policy/letters.ts";
export {
  SPF_RESULTS,
  type SpfFinding,
  type SpfResult,
  type SpfStep,
  type TermOutcome,
} from "./lib/spf/finding.ts";
export { type Scheme, SCHEMES } from "./lib/ports/signing.ts";
export { withoutForgedResults } from "./lib/authres/forged_results_text.ts";
export { DnsClient } from "./lib/system/dns/client.ts";
export {
  type DnsConfig,
  type DnsServer,
  type DnsSettings,
  parseDnsConfig,
  readDnsConfig,
} from "./lib/system/dns/config.ts";
export type { Message } from "./lib/api/arguments.ts";
export { sign, type SignSettings } from "./lib/api/sign.ts";
export { verify, type VerifySettings } from "./lib/api/verify.ts";
export {
  authenticate,
  type AuthenticateSettings,
  type Authentication,
} from "./lib/api/authenticate.ts";
export { checkSpf, type SpfSettings } from "./lib/api/check_spf.ts";
export { checkDmarc, type DmarcSettings } from "./lib/api/check_dmarc.ts";
export { type ArcSettings, verifyArc } from "./lib/api/verify_arc.ts";
export { sealArc, type Sealed, type SealSettings } from "./lib/api/seal_arc.ts";
