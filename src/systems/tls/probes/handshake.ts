import { X509Certificate } from 'node:crypto';
import { timestamp } from '../../../clock.ts';
import type { Snapshot } from '../../../core/change.ts';
import type { Metric, Missing, Outcome, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { certificateFacts, distrustOf, explainDistrust } from '../../../machine/network/certificate.ts';
import { networkFailure } from '../../../machine/network/failure.ts';
import {
  FileUnreadable,
  type Inspection,
  inspect,
  isFor,
  NoTls,
  readConfigured,
  type TlsClient,
} from '../client.ts';
import { isStrong, lacksIntermediate, lifetimeLeft, protocolNumber } from '../judgement.ts';
import { keepPair } from '../kept-pairs.ts';
import { belongsTogether, certificatesIn, readPair } from '../pair.ts';

const state = (summary: string): Metric => ({ summary, unit: 'state', kind: 'gauge' });
const seconds = (summary: string): Metric => ({ summary, unit: 'seconds', kind: 'gauge' });

export const handshakeProbe: Probe<TlsClient> = {
  id: 'tls.handshake',
  summary: 'Shakes hands and judges the certificate, its chain, its name and the protocol',
  liveness: true,
  metrics: {
    'tls.certificate.expires-in': seconds('Time until the certificate ends; negative once it has'),
    'tls.certificate.lifetime-left': {
      summary: 'Share of the certificate’s lifetime that is left',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'tls.certificate.valid': state('1 between notBefore and notAfter, else 0'),
    'tls.certificate.trusted': state('1 when the chain leads to a trusted authority, else 0'),
    'tls.certificate.name-matches': state(
      '1 when the certificate is for the name that was asked for, else 0',
    ),
    'tls.certificate.strong': state('1 when key and signature are strong enough for today, else 0'),
    'tls.certificate.matches-file': state(
      '1 when the certificate of `file` is the one that is served, else 0',
    ),
    'tls.chain.complete': state('1 when the server sends every intermediate certificate, else 0'),
    'tls.protocol': state('Negotiated version: 1.2, 1.3'),
    'tls.protocol.accepted': state('1 when the negotiated version is at least minVersion, else 0'),
    'tls.duration.handshake': seconds('TLS handshake'),
    'tls.duration.total': { ...seconds('Name lookup, connect and handshake'), latencyOf: 'check' },
  },
  async run(client, ctx) {
    const began = ctx.clock.monotonic();
    try {
      const seen = await inspect(client, ctx);
      const now = ctx.clock.now();
      const outcome = judge(client, seen, now);
      await keepGood(client, seen, now);
      return outcome;
    } catch (error) {
      if (error instanceof FileUnreadable) return { ok: false, why: 'broken-probe', detail: error.message };
      if (error instanceof NoTls) return { ok: false, why: 'refused', detail: error.message };
      return { ok: false, ...networkFailure(error, client.to, ctx.clock.monotonic() - began) };
    }
  },
};

function judge(client: TlsClient, seen: Inspection, now: number): Outcome {
  const [leaf] = seen.chain;
  if (leaf === undefined) return { ok: false, why: 'denied', detail: 'the server showed no certificate' };
  const facts = certificateFacts(leaf);
  const distrust = seen.distrust === undefined ? undefined : distrustOf(seen.distrust);
  const isValid = facts.notBefore <= now && now < facts.notAfter;
  const isNamed = isFor(leaf, client.serverName);
  const isAccepted = protocolNumber(seen.protocol) >= Number(client.config.minVersion);
  const { verify } = client.config;
  const readings: Reading[] = [
    { metric: 'tls.certificate.expires-in', value: (facts.notAfter - now) / 1_000 },
    { metric: 'tls.certificate.lifetime-left', value: lifetimeLeft(facts, now) },
    { metric: 'tls.certificate.valid', value: isValid ? 1 : 0 },
    { metric: 'tls.certificate.strong', value: isStrong(facts) ? 1 : 0 },
    { metric: 'tls.protocol', value: protocolNumber(seen.protocol) },
    { metric: 'tls.protocol.accepted', value: isAccepted ? 1 : 0 },
    { metric: 'tls.duration.handshake', value: seen.handshakeSeconds },
    {
      metric: 'tls.duration.total',
      value: (seen.dnsSeconds ?? 0) + seen.connectSeconds + seen.handshakeSeconds,
    },
  ];
  if (verify) readings.push({ metric: 'tls.certificate.name-matches', value: isNamed ? 1 : 0 });
  const chain = verify ? chainReadings(client, seen, isValid) : { readings: [], missing: [] };
  const file = fileReadings(client, leaf);
  const asked = { name: client.serverName, now, sent: seen.chain.length };
  const isTrouble =
    distrust !== undefined && (verify || distrust === 'expired' || distrust === 'not-yet-valid');
  const trouble = [
    ...(isTrouble && seen.distrust ? [explainDistrust(seen.distrust, facts, asked)] : []),
    ...(verify && !isNamed && distrust !== 'name-mismatch'
      ? [explainDistrust('ERR_TLS_CERT_ALTNAME_INVALID', facts, asked)]
      : []),
    ...(isAccepted ? [] : [`is served over ${seen.protocol}`]),
    ...file.trouble,
  ];
  const detail =
    trouble.length > 0
      ? `the certificate ${trouble.join('; it ')}`
      : `${seen.protocol}, ${facts.subject}, ends in ${formatDuration(facts.notAfter - now)}`;
  const missing = [...chain.missing, ...file.missing];
  return {
    ok: true,
    readings: [...readings, ...chain.readings, ...file.readings],
    detail,
    snapshots: [snapshotOf(leaf, seen.chain.length)],
    ...(missing.length > 0 ? { missing } : {}),
  };
}

/** The pair of a certificate with nothing wrong is kept for the day when another one lies there. */
async function keepGood(client: TlsClient, { chain, distrust }: Inspection, now: number): Promise<void> {
  const [leaf] = chain;
  if (client.place === undefined || leaf === undefined || distrust !== undefined) return;
  if (!isFor(leaf, client.serverName) || client.keptFingerprint === leaf.fingerprint256) return;
  try {
    const pair = await readPair(client.place);
    if (!belongsTogether(pair) || !holdsWhole(pair.certificate, chain)) return;
    await keepPair(client.keep, pair, { at: now, isProven: true });
    client.keptFingerprint = leaf.fingerprint256;
    client.keepTrouble = undefined;
  } catch (error) {
    client.keepTrouble = error instanceof Error ? error.message : String(error);
  }
}

/** Whether the file holds every certificate that was sent; a root need not be among them. */
function holdsWhole(file: string, chain: readonly X509Certificate[]): boolean {
  const held = new Set(certificatesIn(file).map((each) => each.fingerprint256));
  return chain.every((each) => held.has(each.fingerprint256) || certificateFacts(each).isSelfSigned);
}

/** Of what is served, for the ledger of changes. */
function snapshotOf(leaf: X509Certificate, sent: number): Snapshot {
  const { subject, issuer, names, serial, notAfter } = certificateFacts(leaf);
  return {
    document: 'tls.certificate',
    kind: 'certificate',
    values: {
      subject,
      issuer,
      names: names.join(', '),
      serial,
      until: timestamp(notAfter),
      sent: String(sent),
    },
  };
}

interface Part {
  readonly readings: Reading[];
  readonly missing: Missing[];
}

function chainReadings(client: TlsClient, seen: Inspection, isLeafInDates: boolean): Part {
  const last = seen.chain.at(-1);
  const distrust = seen.distrust === undefined ? undefined : distrustOf(seen.distrust);
  if (last === undefined) return { readings: [], missing: [] };
  const isOutOfDates = distrust === 'expired' || distrust === 'not-yet-valid';
  if (isOutOfDates && isLeafInDates)
    // It is one above that has ended, and the rest is hidden by that.
    return {
      readings: [{ metric: 'tls.certificate.trusted', value: 0 }],
      missing: [
        {
          metrics: ['tls.chain.complete'],
          reason: 'the chain is not judged while one of it is out of its dates',
          remedy: 'take the chain that the authority gives now',
        },
      ],
    };
  if (isOutOfDates) {
    // OpenSSL keeps one trouble only, and the dates hide the rest.
    const metrics = ['tls.certificate.trusted', 'tls.chain.complete'];
    const reason = 'the chain is not judged while a certificate is out of its dates';
    return { readings: [], missing: [{ metrics, reason, remedy: 'renew the certificate' }] };
  }
  const isIncomplete = lacksIntermediate(distrust, certificateFacts(last), client.config.ca !== undefined);
  if (isIncomplete) {
    const metrics = ['tls.certificate.trusted'];
    const reason = 'the chain ends before an authority';
    const remedy = 'let the server send the whole chain (fullchain.pem)';
    return {
      readings: [{ metric: 'tls.chain.complete', value: 0 }],
      missing: [{ metrics, reason, remedy }],
    };
  }
  const isTrusted = distrust === undefined || distrust === 'name-mismatch';
  return {
    readings: [
      { metric: 'tls.chain.complete', value: 1 },
      { metric: 'tls.certificate.trusted', value: isTrusted ? 1 : 0 },
    ],
    missing: [],
  };
}

function fileReadings(client: TlsClient, leaf: X509Certificate): Part & { readonly trouble: string[] } {
  if (client.file === undefined) return { readings: [], missing: [], trouble: [] };
  try {
    const onDisk = new X509Certificate(readConfigured('file', client.file));
    const isSame = onDisk.fingerprint256 === leaf.fingerprint256;
    return {
      readings: [{ metric: 'tls.certificate.matches-file', value: isSame ? 1 : 0 }],
      missing: [],
      trouble: isSame ? [] : [`is not the one in ${client.file}`],
    };
  } catch (error) {
    const reason =
      error instanceof FileUnreadable ? error.message : `file: ${client.file} holds no certificate`;
    const remedy = `chmod a+r ${client.file}`;
    return {
      readings: [],
      missing: [{ metrics: ['tls.certificate.matches-file'], reason, remedy }],
      trouble: [],
    };
  }
}
