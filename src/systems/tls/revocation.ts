/** Whether an authority has revoked a certificate: its list (CRL, RFC 5280), fetched from where the certificate says. */
import type { X509Certificate } from 'node:crypto';
import { networkCode, networkWords } from '../../core/network-words.ts';
import { printable } from '../../machine/network/certificate.ts';

/** Lists of large authorities are split; more than this is no list of ours. */
const maxBytes = 20_000_000;

export type Revocation =
  | { readonly kind: 'good'; readonly nextAt: number | undefined }
  | { readonly kind: 'revoked'; readonly at: number; readonly reason: string }
  | { readonly kind: 'unknown'; readonly why: string };

const reasons: Readonly<Record<number, string>> = {
  1: 'its key was compromised',
  2: 'the authority was compromised',
  3: 'its affiliation changed',
  4: 'it was superseded',
  5: 'it is no longer needed',
  9: 'privileges were withdrawn',
};

/** @param issuer signed the leaf, and signs the list */
export async function askRevocation(
  leaf: X509Certificate,
  issuer: X509Certificate,
  ctx: { readonly signal: AbortSignal; readonly now: number },
): Promise<Revocation> {
  // Loaded when first asked for; it registers its kinds of keys by reflection.
  const x509 = await import('@peculiar/x509');
  const own = new x509.X509Certificate(leaf.raw);
  const points = own.getExtension(x509.CRLDistributionPointsExtension)?.distributionPoints ?? [];
  const url = points
    .flatMap((point) => point.distributionPoint?.fullName ?? [])
    .map((name) => name.uniformResourceIdentifier ?? '')
    .find((each) => /^https?:/.test(each));
  if (url === undefined)
    return { kind: 'unknown', why: 'the certificate does not say where a list of revoked ones is' };
  const place = printable(url);
  const bytes = await fetchBytes(url, ctx.signal).catch((error: unknown) => {
    const code = networkCode(error);
    if (code !== undefined) return networkWords(code);
    return error instanceof Error ? error.message : String(error);
  });
  if (typeof bytes === 'string') return { kind: 'unknown', why: `${place} cannot be fetched: ${bytes}` };
  try {
    const list = new x509.X509Crl(bytes);
    if (!(await list.verify({ publicKey: new x509.X509Certificate(issuer.raw) })))
      return { kind: 'unknown', why: `the list at ${place} is not signed by the authority` };
    const nextAt = list.nextUpdate?.getTime();
    if (nextAt !== undefined && nextAt < ctx.now)
      return { kind: 'unknown', why: `the list at ${place} is out of date` };
    const entry = list.findRevoked(own);
    if (entry === null) return { kind: 'good', nextAt };
    return {
      kind: 'revoked',
      at: entry.revocationDate.getTime(),
      reason: reasons[entry.reason ?? 0] ?? 'for a reason the authority does not give',
    };
  } catch {
    return { kind: 'unknown', why: `what lies at ${place} is no list of revoked certificates` };
  }
}

async function fetchBytes(url: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url, { signal, redirect: 'error' });
  if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > maxBytes) throw new Error('it is too long');
    chunks.push(chunk);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
