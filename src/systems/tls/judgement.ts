/** What is to be said of a served certificate. Pure. */
import type { CertificateFacts, Distrust } from '../../machine/network/certificate.ts';

/** Share of the lifetime that is left, 0 to 1; below 0 when expired. */
export function lifetimeLeft(facts: CertificateFacts, now: number): number {
  return (facts.notAfter - now) / Math.max(1, facts.notAfter - facts.notBefore);
}

/** RSA from 2048 bits and curves from 224 (NIST SP 800-131A), no SHA-1 or MD5 signature. */
export function isStrong(facts: CertificateFacts): boolean {
  if (/sha1|md5/i.test(facts.signature ?? '')) return false;
  if (facts.keyBits === undefined) return true;
  return facts.keyType.startsWith('rsa') ? facts.keyBits >= 2_048 : facts.keyBits >= 224;
}

/**
 * An intermediate is missing: the last certificate that was sent is no root, and either it says where its issuer's is
 * or the authority that should have issued it is configured. Without either it may as well be a private authority.
 */
export function lacksIntermediate(
  distrust: Distrust | undefined,
  last: CertificateFacts,
  hasConfiguredAuthority: boolean,
): boolean {
  if (distrust !== 'unknown-issuer' || last.isSelfSigned) return false;
  return last.issuerUrl !== undefined || hasConfiguredAuthority;
}

/** `TLSv1.2` as 1.2; 0 for SSL and what is not known. */
export function protocolNumber(protocol: string): number {
  const version = /^TLSv(\d(?:\.\d)?)$/.exec(protocol)?.[1];
  return version === undefined ? 0 : Number(version);
}
