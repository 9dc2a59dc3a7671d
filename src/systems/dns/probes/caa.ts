import type { Outcome } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { certificateFacts } from '../../../machine/network/certificate.ts';
import { dial } from '../../../machine/network/dial.ts';
import { chainOf, handshake, inspectionContext } from '../../../machine/network/handshake.ts';
import { caaNameOf, caaOf, permits } from '../caa.ts';
import type { DnsClient } from '../client.ts';
import { askResolver } from '../wire.ts';
import { unseen } from './unseen.ts';

export const caaProbe: Probe<DnsClient> = {
  id: 'dns.caa',
  summary: 'Whether CAA lets the authority that issued the served certificate issue the next one',
  atMostEveryMs: 3_600_000,
  metrics: {
    'dns.caa.permits': {
      summary: 'The authority in use may issue for this name (1) or not (0)',
      unit: 'state',
      kind: 'gauge',
    },
  },
  async run({ config }, ctx): Promise<Outcome> {
    const { certificate } = config;
    if (certificate === undefined) return { ok: true, readings: [] };
    try {
      const { authority, issuer } = await authorityOf(config.name, certificate, ctx);
      if (authority === undefined)
        return unseen(
          `how ${issuer} calls itself in CAA records is not known here`,
          'name it: certificate: { authority: example-ca.org }',
        );
      const found = await caaOf(config.name, async (name) => {
        const { code, answers } = await askResolver(config, { name, type: 'CAA' }, ctx);
        if (code !== 'NOERROR' && code !== 'NXDOMAIN')
          throw new Error(`the resolver says ${code} for ${name} (CAA)`);
        return answers.flatMap((each) => (each.type === 'CAA' ? [each.data] : []));
      });
      const mayIssue = found === undefined || permits(found.records, authority, config.name.startsWith('*.'));
      const records = found?.records
        .map(({ tag, value }) => `${tag} ${value}`.replace(/[^\x20-\x7e]/g, '?').slice(0, 80))
        .join(', ');
      const detail =
        found === undefined
          ? `no CAA record: everybody may issue (${authority} does)`
          : `${found.at}: ${records}; in use is ${authority}`;
      return { ok: true, readings: [{ metric: 'dns.caa.permits', value: mayIssue ? 1 : 0 }], detail };
    } catch (error) {
      return unseen(
        error instanceof Error ? error.message : String(error),
        'let Upkeep reach the resolver and the port of `certificate`',
      );
    }
  },
};

type Certificate = NonNullable<DnsClient['config']['certificate']>;

/** Declared, else by the organisation that issued what is served. */
async function authorityOf(
  name: string,
  { authority, host, port }: Certificate,
  ctx: ProbeContext,
): Promise<{ readonly authority: string | undefined; readonly issuer: string }> {
  if (authority !== undefined) return { authority, issuer: authority };
  const { socket } = await dial({ host: host ?? name, port }, ctx);
  const secured = await handshake(socket, {
    serverName: name,
    context: inspectionContext(),
    signal: ctx.signal,
    clock: ctx.clock,
  });
  const [leaf] = chainOf(secured.socket);
  secured.socket.destroy();
  if (leaf === undefined) throw new Error(`${host ?? name}:${port} showed no certificate`);
  const { issuer } = certificateFacts(leaf);
  return { authority: caaNameOf(leaf.issuer) ?? caaNameOf(issuer), issuer };
}
