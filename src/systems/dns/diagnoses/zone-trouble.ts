/** Which name server of a zone is behind, lame or silent, and what its signatures say. */
import type { Evidence, Finding, Scalar } from '../../../core/evidence.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import type { DnsClient } from '../client.ts';
import { askForZone, type ServerAnswer, serversOf } from '../zone.ts';

const id = 'dns.zone-trouble';

export const zoneTrouble: Diagnosis<DnsClient> = {
  id,
  title: 'name servers of the zone disagree',
  summary: 'Which name server of the zone has an old copy, does not hold it or does not answer',
  explains: [
    'dns.zone-differs',
    'dns.lame-server',
    'dns.silent-server',
    'dns.name-servers-differ',
    'dns.down',
    'dns.wrong-answer',
  ],
  async gather({ config }, target, ctx) {
    const { zone } = config;
    if (zone === undefined) return [];
    const piece = {
      id: `${target}.name-servers`,
      target,
      title: `What each name server says of ${zone}`,
      at: ctx.clock.now(),
      how: `dig NS ${zone}; dig SOA ${zone} @SERVER +norecurse`,
    };
    try {
      const told = await askAll(config, zone, ctx);
      return [
        {
          ...piece,
          facts: { zone },
          table: {
            columns: ['server', 'standing', 'serial', 'why', 'name servers', 'seconds'],
            rows: told.map(rowOf),
          },
        },
      ];
    } catch (error) {
      return [{ ...piece, unseen: error instanceof Error ? error.message : String(error) }];
    }
  },
  conclude(evidence, target) {
    const piece = evidence.find((each) => each.id === `${target}.name-servers`);
    if (piece?.table === undefined) return [];
    const { rows } = piece.table;
    const zone = String(piece.facts?.zone);
    return [...behind(rows, zone), ...notHolding(rows, zone), ...differing(rows, zone)].map((told) =>
      finding(told, piece, target),
    );
  },
};

async function askAll(
  config: DnsClient['config'],
  zone: string,
  ctx: DiagnosisContext,
): Promise<ServerAnswer[]> {
  const servers = await serversOf(config, zone, ctx);
  return Promise.all(servers.map((server) => askForZone(server, zone, ctx)));
}

function rowOf({ name, standing, serial, why, nameServers, seconds }: ServerAnswer): Scalar[] {
  return [name, standing, serial ?? null, why, nameServers.join(' '), seconds ?? null];
}

type Row = readonly Scalar[];
type Told = Pick<Finding, 'summary' | 'explanation' | 'confidence'>;

function finding(told: Told, piece: Evidence, target: string): Finding {
  return { id, target, ...told, evidence: [piece.id], unseen: [], recommendations: [] };
}

const half = 2 ** 31;

/** Serials count in a circle (RFC 1982). */
function isOlder(serial: number, than: number): boolean {
  return serial !== than && (than - serial + 2 * half) % (2 * half) < half;
}

function behind(rows: readonly Row[], zone: string): Told[] {
  const well = rows.filter(([, standing]) => standing === 'well');
  const newest = well
    .map(([, , serial]) => Number(serial))
    .reduce((a, b) => (isOlder(a, b) ? b : a), Number(well[0]?.[2] ?? 0));
  return well
    .filter(([, , serial]) => isOlder(Number(serial), newest))
    .map(([server, , serial]) => ({
      summary: `${server} has an old ${zone}: serial ${serial}, the newest is ${newest}`,
      explanation:
        'It has not taken over the last change, so that the answer depends on whom a resolver asks. For the minutes of a transfer that is usual; if it lasts, the transfer fails: its log, NOTIFY and the right to AXFR, or a serial that was not raised.',
      confidence: 0.93,
    }));
}

function notHolding(rows: readonly Row[], zone: string): Told[] {
  return rows.flatMap(([server, standing, , why]): Told[] => {
    if (standing === 'lame')
      return [
        {
          summary: `${server} does not hold ${zone}: ${why}`,
          explanation:
            'It is named as a name server of the zone and sends resolvers away, which then ask another one, later. Configure the zone on it, or take it out at the registrar and in the NS records.',
          confidence: 0.93,
        },
      ];
    if (standing === 'silent')
      return [
        {
          summary: `${server} does not answer for ${zone}: ${why}`,
          explanation:
            'Resolvers wait for it before they ask another one. It is down, or UDP or TCP 53 does not reach it from here.',
          confidence: 0.85,
        },
      ];
    return [];
  });
}

function differing(rows: readonly Row[], zone: string): Told[] {
  const well = rows.filter(([, standing]) => standing === 'well');
  const sets = [...new Set(well.map(([, , , , names]) => names))];
  if (sets.length < 2) return [];
  return [
    {
      summary: `the name servers of ${zone} do not name the same name servers`,
      explanation: `They say ${sets.map((set) => `"${set}"`).join(' and ')}. Half of a move of the zone, or an old copy: where a resolver ends up depends on whom it asked.`,
      confidence: 0.9,
    },
  ];
}
