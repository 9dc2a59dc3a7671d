import type { Outcome, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import type { DnsClient } from '../client.ts';
import { askForZone, type ServerAnswer, serversOf } from '../zone.ts';
import { unseen } from './unseen.ts';

export const zoneProbe: Probe<DnsClient> = {
  id: 'dns.zone',
  summary: 'Asks each name server of the zone: does it hold it, with which serial, with which name servers',
  atMostEveryMs: 60_000,
  metrics: {
    'dns.zone.servers': { summary: 'Name servers that hold the zone', unit: 'count', kind: 'gauge' },
    'dns.zone.lame': {
      summary: 'Name servers that answer and do not hold the zone',
      unit: 'count',
      kind: 'gauge',
    },
    'dns.zone.silent': { summary: 'Name servers that do not answer', unit: 'count', kind: 'gauge' },
    'dns.zone.serials': {
      summary: 'Different serials of the zone among its name servers',
      unit: 'count',
      kind: 'gauge',
    },
    'dns.zone.agrees': {
      summary: 'All name servers name the same name servers (1) or not (0)',
      unit: 'state',
      kind: 'gauge',
    },
    'dns.zone.duration': {
      summary: 'From the question to the answer, of each name server',
      unit: 'seconds',
      kind: 'gauge',
    },
  },
  async run({ config }, ctx): Promise<Outcome> {
    const { zone } = config;
    if (zone === undefined) return { ok: true, readings: [] };
    try {
      const servers = await serversOf(config, zone, ctx);
      if (servers.length === 0)
        return unseen(
          `the resolver names no name server of ${zone}`,
          'is `zone` a zone of its own? dig NS ZONE',
        );
      const told = await Promise.all(servers.map((server) => askForZone(server, zone, ctx)));
      if (ctx.signal.aborted)
        return unseen('the name servers were not asked in time', 'give this target a longer `timeout`');
      return { ok: true, readings: readingsOf(told), detail: inWords(told) };
    } catch (error) {
      return unseen(
        error instanceof Error ? error.message : String(error),
        'let Upkeep reach its resolver over UDP and TCP 53',
      );
    }
  },
};

function readingsOf(told: readonly ServerAnswer[]): Reading[] {
  const well = told.filter(({ standing }) => standing === 'well');
  const many = (standing: ServerAnswer['standing']) =>
    told.filter((each) => each.standing === standing).length;
  const readings: Reading[] = [
    { metric: 'dns.zone.servers', value: well.length },
    { metric: 'dns.zone.lame', value: many('lame') },
    { metric: 'dns.zone.silent', value: many('silent') },
    ...told.flatMap(({ name, seconds }) =>
      seconds === undefined
        ? []
        : [{ metric: 'dns.zone.duration', value: seconds, labels: { server: name } }],
    ),
  ];
  if (well.length === 0) return readings;
  const sets = new Set(well.map(({ nameServers }) => nameServers.join(' ')));
  return [
    ...readings,
    { metric: 'dns.zone.serials', value: new Set(well.map(({ serial }) => serial)).size },
    { metric: 'dns.zone.agrees', value: sets.size === 1 ? 1 : 0 },
  ];
}

function inWords(told: readonly ServerAnswer[]): string {
  return told
    .map(({ name, serial, standing, why }) =>
      standing === 'well' ? `${name}: serial ${serial}` : `${name}: ${standing}, ${why}`,
    )
    .join('; ');
}
