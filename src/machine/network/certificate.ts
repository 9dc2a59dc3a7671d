/** What a served certificate says, and what is wrong with its chain. */
import type { X509Certificate } from 'node:crypto';
import { formatDuration } from '../../core/time.ts';

export interface CertificateFacts {
  /** `CN=example.test` */
  readonly subject: string;
  readonly issuer: string;
  /** DNS names and addresses it is for. */
  readonly names: readonly string[];
  /** Epoch milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly serial: string;
  readonly fingerprint: string;
  /** `rsa`, `ec`, `ed25519` */
  readonly keyType: string;
  /** Bits of an RSA key or of the curve; undefined where the key has no such number. */
  readonly keyBits: number | undefined;
  /** `RSA-SHA256` as OpenSSL calls it. */
  readonly signature: string | undefined;
  /** Where its issuer's certificate can be fetched; only certificates below an intermediate tell. */
  readonly issuerUrl: string | undefined;
  readonly isSelfSigned: boolean;
}

export function certificateFacts(certificate: X509Certificate): CertificateFacts {
  const key = certificate.publicKey;
  const details = key.asymmetricKeyDetails;
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    names: namesOf(certificate),
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
    serial: certificate.serialNumber,
    fingerprint: certificate.fingerprint256,
    keyType: key.asymmetricKeyType ?? 'unknown',
    keyBits: details?.modulusLength ?? curveBits(details?.namedCurve),
    signature: certificate.signatureAlgorithm,
    issuerUrl: /CA Issuers - URI:(\S+)/.exec(certificate.infoAccess ?? '')?.[1],
    isSelfSigned: certificate.checkIssued(certificate),
  };
}

function oneLine(name: string | undefined): string {
  return printable((name ?? '').split('\n').join(', ')) || '(empty)';
}

function namesOf(certificate: X509Certificate): string[] {
  const names = certificate.subjectAltName?.split(', ') ?? [];
  return names.map((name) => printable(name.replace(/^(DNS|IP Address):/, '')));
}

function curveBits(curve: string | undefined): number | undefined {
  const bits = /(\d{3})/.exec(curve ?? '')?.[1];
  return bits === undefined ? undefined : Number(bits);
}

/** Without control characters, cut to a length that fits a line: certificates are written by strangers. */
export function printable(text: string, longest = 200): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, ' ');
  return clean.length > longest ? `${clean.slice(0, longest)}…` : clean;
}

export type Distrust =
  | 'expired'
  | 'not-yet-valid'
  | 'self-signed'
  | 'unknown-issuer'
  | 'name-mismatch'
  | 'revoked'
  | 'other';

const distrusts: Readonly<Record<string, Distrust>> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not-yet-valid',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'unknown-issuer',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknown-issuer',
  UNABLE_TO_GET_ISSUER_CERT: 'unknown-issuer',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknown-issuer',
  ERR_TLS_CERT_ALTNAME_INVALID: 'name-mismatch',
  CERT_REVOKED: 'revoked',
};

/** Reads OpenSSL's verify codes (openssl-verification-options(1)) and Node's for the name. */
export function distrustOf(code: string): Distrust {
  return distrusts[code] ?? 'other';
}

/** One line: `expired 3 d ago`, `is for a.test, not for b.test`. `sent` counts the certificates the server sent. */
export function explainDistrust(
  code: string,
  facts: CertificateFacts,
  asked: { readonly name: string; readonly now: number; readonly sent: number },
): string {
  switch (distrustOf(code)) {
    case 'expired':
      return facts.notAfter < asked.now
        ? `expired ${formatDuration(asked.now - facts.notAfter)} ago`
        : 'is signed by a certificate that has expired';
    case 'not-yet-valid':
      return `is not valid for another ${formatDuration(facts.notBefore - asked.now)}`;
    case 'self-signed':
      return 'is self-signed and not trusted here';
    case 'unknown-issuer':
      return unknownIssuer(facts, asked.sent);
    case 'name-mismatch':
      return `is for ${facts.names.join(', ') || 'no name'}, not for ${asked.name}`;
    case 'revoked':
      return 'was revoked by its issuer';
    case 'other':
      return `was not accepted (${code})`;
  }
}

function unknownIssuer(facts: CertificateFacts, sent: number): string {
  const issuer = `is issued by ${facts.issuer}, which is not trusted here`;
  if (sent > 1) return issuer;
  return facts.issuerUrl === undefined
    ? `${issuer} and was not sent: a missing intermediate, or a private CA`
    : `${issuer} and was not sent: the intermediate certificate is missing`;
}
