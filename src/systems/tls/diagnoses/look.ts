/** What the diagnoses of certificates look at: what is served, what lies on the disk, who renews it. */
import type { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { resolve as resolvePath } from 'node:path';
import type { Evidence, Finding, Scalar } from '../../../core/evidence.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { certificateFacts } from '../../../machine/network/certificate.ts';
import { withDeadline } from '../../../machine/network/deadline.ts';
import { networkFailure } from '../../../machine/network/failure.ts';
import { exchangeOf } from '../actions/exchange.ts';
import { isRenewable } from '../actions/renew-certificate.ts';
import { lastGood } from '../actions/restore-certificate.ts';
import { FileUnreadable, inspect, isFor, NoTls, readConfigured, type TlsClient } from '../client.ts';
import { certificatesIn, leafOf, readPair } from '../pair.ts';

const inspectWithinMs = 5_000;
/** Only its end is read: what was said at the last run. */
const logTailBytes = 65_536;

export type Topic = 'served-certificate' | 'certificate-file' | 'renewal-job' | 'certificate-means';
type Facts = Readonly<Record<string, Scalar>>;

export async function look(client: TlsClient, target: string, ctx: DiagnosisContext): Promise<Evidence[]> {
  return [
    await servedEvidence(client, target, ctx),
    ...(await fileEvidence(client, target, ctx)),
    ...(await jobEvidence(client, target, ctx)),
    await meansEvidence(client, target, ctx),
  ];
}

export interface Seen {
  readonly served: (Evidence & { readonly facts: Facts }) | undefined;
  readonly file: Facts | undefined;
  readonly job: Facts | undefined;
  readonly means: Facts;
  /** Ids of all that was seen of these. */
  readonly ids: string[];
  readonly unseen: string[];
}

/** Undefined facts where it was not seen. */
export function seenIn(evidence: readonly Evidence[], target: string): Seen {
  const of = (topic: Topic) => evidence.find((each) => each.id === `${target}.${topic}`);
  const served = of('served-certificate');
  const all = [served, of('certificate-file'), of('renewal-job'), of('certificate-means')];
  return {
    served: served?.facts === undefined ? undefined : { ...served, facts: served.facts },
    file: of('certificate-file')?.facts,
    job: of('renewal-job')?.facts,
    means: of('certificate-means')?.facts ?? {},
    ids: all.flatMap((each) => (each?.facts ? [each.id] : [])),
    unseen: all.flatMap((each) => (each?.unseen === undefined ? [] : [each.unseen])),
  };
}

/** The pair on the disk is another one, in its dates and for the name: loading it is all that lacks. */
export function isFileBetter({ served, file }: Seen): boolean {
  if (served === undefined || file === undefined || file.serial === served.facts.serial) return false;
  return Number(file.notAfter) > served.at && Number(file.notBefore) <= served.at && file.isNamed === true;
}

type Recommendations = Finding['recommendations'][number][];

const actions = {
  'tls.reload-certificate': 'canReload',
  'tls.renew-certificate': 'canRenew',
  'tls.restore-certificate': 'canRestore',
} as const;

/** The action, where it is declared how it is done here. */
export function recommend(
  seen: Seen,
  target: string,
  action: keyof typeof actions,
  why: string,
): Recommendations {
  return seen.means[actions[action]] === true ? [{ action, target, input: {}, why }] : [];
}

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
  try {
    const seen = await withDeadline(ctx, inspectWithinMs, (dial) => inspect(client, dial));
    const leaf = seen.chain[0];
    if (leaf === undefined) return { ...base, unseen: 'the certificate: the server showed none' };
    const asked = { asked: client.serverName, isNamed: isFor(leaf, client.serverName) };
    const how = { protocol: seen.protocol, sent: seen.chain.length, distrust: seen.distrust ?? null };
    return { ...base, facts: { ...shown(leaf), ...asked, ...how, ...above(client, seen.chain, base.at) } };
  } catch (error) {
    const why =
      error instanceof FileUnreadable || error instanceof NoTls
        ? error.message
        : networkFailure(error, client.to, ctx.clock.monotonic() - began).detail;
    return { ...base, unseen: `the certificate: ${why}` };
  }
}

/** Who signed what, up to the last that was sent or is trusted here. */
function above(client: TlsClient, chain: readonly X509Certificate[], now: number): Facts {
  const { ca } = client.config;
  const own = ca === undefined ? [] : certificatesIn(readConfigured('ca', resolvePath(client.folder, ca)));
  const all = [...chain, ...own.filter((one) => chain.at(-1)?.checkIssued(one) === true)].map(
    certificateFacts,
  );
  const links = all.filter(
    ({ fingerprint }, index) => all.findIndex((one) => one.fingerprint === fingerprint) === index,
  );
  const [leaf] = links;
  const top = links.at(-1);
  const over = links.slice(1).find(({ notAfter }) => notAfter <= now);
  return {
    chain: links.map(({ subject }) => subject).join(' ← '),
    top: (top?.isSelfSigned ? top.subject : top?.issuer) ?? null,
    isTopSelfSigned: top?.isSelfSigned ?? false,
    issuerUrl: leaf?.issuerUrl ?? null,
    issuerEnded: over?.subject ?? null,
    issuerEndedAt: over?.notAfter ?? null,
    ownAuthority: own.length === 0 ? null : own.map((one) => certificateFacts(one).subject).join(', '),
  };
}

const end = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' });

function shown(certificate: X509Certificate) {
  const { subject, issuer, names, serial, notBefore, notAfter } = certificateFacts(certificate);
  return {
    subject,
    issuer,
    names: names.slice(0, 20).join(', '),
    serial,
    notBefore,
    notAfter,
    end: `${end.format(notAfter)} UTC`,
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
      const all = certificatesIn(await readFile(file, 'utf8'));
      const [certificate] = all;
      if (certificate === undefined)
        return [{ ...base, unseen: `the certificate in ${file}: no certificate` }];
      const held = { held: all.length, isNamed: isFor(certificate, client.serverName) };
      return [{ ...base, facts: { file, ...shown(certificate), ...held } }];
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'no certificate';
      if (client.file !== undefined) return [{ ...base, unseen: `the certificate in ${file}: ${code}` }];
    }
  }
  return [];
}

const certbotLog = '/var/log/letsencrypt/letsencrypt.log';

/** What certbot's log says, where certbot keeps this certificate. */
async function jobEvidence(client: TlsClient, target: string, ctx: DiagnosisContext): Promise<Evidence[]> {
  const found = await stat(certbotLog).catch(() => undefined);
  const isCertbots = client.file === undefined || client.file.startsWith('/etc/letsencrypt/');
  if (found === undefined || !isCertbots) return [];
  const base = {
    id: `${target}.renewal-job`,
    target,
    title: 'The last run of certbot',
    at: ctx.clock.now(),
    how: `tail -n 100 ${certbotLog}; systemctl list-timers certbot.timer`,
  };
  try {
    const text = (await readFile(certbotLog, 'utf8')).slice(-logTailBytes);
    const failed = text
      .split('\n')
      .findLast((line) => /(ERROR|Failed to renew|urn:ietf:params:acme:error)/.test(line));
    return [
      { ...base, facts: { lastRunAt: Math.round(found.mtimeMs), lastError: failed?.slice(0, 300) ?? null } },
    ];
  } catch (error) {
    return [{ ...base, unseen: `certbot's log: ${error instanceof Error ? error.message : error}` }];
  }
}

async function meansEvidence(client: TlsClient, target: string, ctx: DiagnosisContext): Promise<Evidence> {
  const at = ctx.clock.now();
  const pair = client.place === undefined ? undefined : await readPair(client.place).catch(() => undefined);
  const canReload = !('refused' in exchangeOf(client));
  const good = pair && canReload ? await lastGood(client, pair, at) : undefined;
  return {
    id: `${target}.certificate-means`,
    target,
    title: 'What is declared for this certificate',
    at,
    how: 'file, key, reload and acme of the target in upkeep.yaml; the pairs in its folder `keep`',
    facts: {
      canReload,
      canRenew: isRenewable(client),
      canRestore: good !== undefined,
      goodSerial: good === undefined ? null : certificateFacts(leafOf(good)).serial,
      goodHeld: good === undefined ? null : certificatesIn(good.certificate).length,
    },
  };
}
