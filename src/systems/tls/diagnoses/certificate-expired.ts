import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Evidence } from '../../../core/evidence.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { certificateFacts } from '../../../machine/network/certificate.ts';
import { networkFailure } from '../../../machine/network/failure.ts';
import { FileUnreadable, inspect, NoTls, type TlsClient } from '../client.ts';

const id = 'tls.certificate-expired';
const inspectWithinMs = 5_000;

/** The certificate has ended; says whose, since when, and whether a newer one lies on the disk unused. */
export const certificateExpired: Diagnosis<TlsClient> = {
  id,
  summary: 'The served certificate has ended',
  explains: ['tls.expired', 'tls.expiry'],
  async gather(client, target, ctx) {
    const served = await servedEvidence(client, target, ctx);
    return [served, ...(await fileEvidence(client, target, ctx))];
  },
  conclude(evidence, target) {
    const served = evidence.find((each) => each.id === `${target}.served-certificate`);
    const facts = served?.facts;
    const notAfter = facts?.notAfter;
    if (served === undefined || typeof notAfter !== 'number' || notAfter > served.at) return [];
    const file = evidence.find((each) => each.id === `${target}.certificate-file`);
    const onDisk = file?.facts?.notAfter;
    const isRenewed = typeof onDisk === 'number' && onDisk > served.at;
    const ago = formatDuration(served.at - notAfter);
    return [
      {
        id,
        target,
        summary: isRenewed
          ? `the certificate ${facts?.subject} ended ${ago} ago; ${file?.facts?.file} holds a newer one that the server has not loaded`
          : `the certificate ${facts?.subject} ended ${ago} ago`,
        explanation: `The server shows the certificate ${facts?.subject} (issued by ${facts?.issuer}, ended ${facts?.ended}); every careful client turns away. ${
          isRenewed
            ? 'It was renewed on the disk already: reload the server.'
            : 'It was not renewed in time: look at the renewal job (certbot renew --dry-run, systemctl list-timers), renew, then reload the server.'
        }`,
        confidence: 0.98,
        onset: notAfter,
        evidence: [served.id, ...(file?.facts ? [file.id] : [])],
        unseen: file?.unseen === undefined ? [] : [file.unseen],
        recommendations: [],
      },
    ];
  },
};

const ended = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' });

async function servedEvidence(client: TlsClient, target: string, ctx: DiagnosisContext): Promise<Evidence> {
  const { host, port } = client.to;
  const starttls = client.config.protocol === 'postgres' ? ' -starttls postgres' : '';
  const base = {
    id: `${target}.served-certificate`,
    target,
    title: 'The certificate that is served',
    at: ctx.clock.now(),
    how: `openssl s_client -connect ${host}:${port} -servername ${client.serverName}${starttls} </dev/null | openssl x509 -noout -subject -issuer -dates -serial`,
  };
  const began = ctx.clock.monotonic();
  const controller = new AbortController();
  const cancel = ctx.clock.after(inspectWithinMs, () => controller.abort());
  try {
    const signal = AbortSignal.any([ctx.signal, controller.signal]);
    const seen = await inspect(client, { signal, clock: ctx.clock, timeoutMs: inspectWithinMs });
    const leaf = seen.chain[0];
    if (leaf === undefined) return { ...base, unseen: 'the certificate: the server showed none' };
    return { ...base, facts: { ...shown(leaf), protocol: seen.protocol, sent: seen.chain.length } };
  } catch (error) {
    const why =
      error instanceof FileUnreadable || error instanceof NoTls
        ? error.message
        : networkFailure(error, client.to, ctx.clock.monotonic() - began).detail;
    return { ...base, unseen: `the certificate: ${why}` };
  } finally {
    cancel();
  }
}

function shown(certificate: X509Certificate) {
  const { subject, issuer, names, serial, notAfter } = certificateFacts(certificate);
  return {
    subject,
    issuer,
    names: names.slice(0, 20).join(', '),
    serial,
    notAfter,
    ended: `${ended.format(notAfter)} UTC`,
  };
}

/** The configured file, or where certbot would keep one for this name. */
async function fileEvidence(client: TlsClient, target: string, ctx: DiagnosisContext): Promise<Evidence[]> {
  const isName = /^[A-Za-z0-9.-]+$/.test(client.serverName);
  const usual = isName ? [`/etc/letsencrypt/live/${client.serverName}/fullchain.pem`] : [];
  for (const file of client.file === undefined ? usual : [client.file]) {
    const base = {
      id: `${target}.certificate-file`,
      target,
      title: 'The certificate on the disk',
      at: ctx.clock.now(),
      how: `openssl x509 -in ${file} -noout -subject -issuer -dates -serial`,
    };
    try {
      const certificate = new X509Certificate(await readFile(file));
      return [{ ...base, facts: { file, ...shown(certificate) } }];
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'no certificate';
      if (client.file !== undefined) return [{ ...base, unseen: `the certificate in ${file}: ${code}` }];
    }
  }
  return [];
}
