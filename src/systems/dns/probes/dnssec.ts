import type { Missing, Outcome, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { DnsClient } from '../client.ts';
import { chainOf, signaturesIn } from '../dnssec.ts';
import { askResolver, askServer } from '../wire.ts';
import { serversOf } from '../zone.ts';
import { unseen } from './unseen.ts';

export const dnssecProbe: Probe<DnsClient> = {
  id: 'dns.dnssec',
  summary:
    'Signatures of the zone: when the first of them runs out, and whether the parent vouches for its keys',
  atMostEveryMs: 300_000,
  metrics: {
    'dns.dnssec.signed': { summary: 'The zone is signed (1) or not (0)', unit: 'state', kind: 'gauge' },
    'dns.dnssec.expires-in': {
      summary: 'Until the first signature of SOA, NS and DNSKEY runs out',
      unit: 'seconds',
      kind: 'gauge',
    },
    'dns.dnssec.chain': {
      summary: 'The DS records of the parent fit a key of the zone (1), or none of them does (0)',
      unit: 'state',
      kind: 'gauge',
    },
  },
  async run({ config }, ctx): Promise<Outcome> {
    const { zone } = config;
    if (zone === undefined) return { ok: true, readings: [] };
    try {
      const servers = await serversOf(config, zone, ctx);
      const address = servers.find((each) => each.address !== undefined)?.address;
      if (address === undefined) return unseen(`no name server of ${zone} is known`, 'dig NS ZONE');
      const asked = await Promise.all(
        (['SOA', 'NS', 'DNSKEY'] as const).map((type) =>
          askServer({ server: address, name: zone, type, signatures: true }, ctx),
        ),
      );
      const answers = asked.flatMap((each) => each.answers);
      const keys = answers.flatMap((each) => (each.type === 'DNSKEY' ? [each.data] : []));
      const signatures = signaturesIn(answers);
      const parent = await askResolver(config, { name: zone, type: 'DS' }, ctx);
      const ds = parent.answers.flatMap((each) => (each.type === 'DS' ? [each.data] : []));
      const chain = chainOf(zone, ds, keys);
      const until = Math.min(...signatures.map((each) => each.until));
      const readings: Reading[] = [{ metric: 'dns.dnssec.signed', value: signatures.length > 0 ? 1 : 0 }];
      if (signatures.length > 0)
        readings.push({ metric: 'dns.dnssec.expires-in', value: (until - ctx.clock.now()) / 1_000 });
      if (chain === 'whole' || chain === 'broken')
        readings.push({ metric: 'dns.dnssec.chain', value: chain === 'whole' ? 1 : 0 });
      const missing: Missing[] = chain === 'unknown' ? [unknownDigest] : [];
      const left = until - ctx.clock.now();
      const ends = left < 0 ? `ran out ${formatDuration(-left)} ago` : `run out in ${formatDuration(left)}`;
      const detail = signatures.length === 0 ? 'not signed' : `signatures ${ends}, ${words[chain]}`;
      return { ok: true, readings, missing, detail };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return unseen(reason, 'let Upkeep reach the resolver and the name servers over UDP and TCP 53');
    }
  },
};

const words = {
  unsigned: 'not signed',
  whole: 'the parent vouches for its key',
  broken: 'none of its keys is the one the parent vouches for',
  'no-parent': 'the parent does not vouch for it: nobody checks the signatures',
  unknown: 'the digest of the parent is of a kind not known here',
};

const unknownDigest: Missing = {
  metrics: ['dns.dnssec.chain'],
  reason: 'the DS record of the parent has a digest of a kind that is not known here',
  remedy: 'delv SOA ZONE',
};
