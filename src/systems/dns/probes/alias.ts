import type { Outcome } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import type { DnsClient } from '../client.ts';
import { askResolver, bare, type WireAnswer } from '../wire.ts';
import { unseen } from './unseen.ts';

export const aliasProbe: Probe<DnsClient> = {
  id: 'dns.alias',
  summary: 'Whether the name is an alias (CNAME) of something that is no longer there',
  atMostEveryMs: 60_000,
  metrics: {
    'dns.alias.dangling': {
      summary: 'The alias leads to a name that does not exist (1), or it is none or leads somewhere (0)',
      unit: 'state',
      kind: 'gauge',
    },
  },
  async run({ config }, ctx): Promise<Outcome> {
    if (!['A', 'AAAA', 'CNAME'].includes(config.type)) return { ok: true, readings: [] };
    try {
      const answer = await askResolver(config, { name: config.name, type: 'A' }, ctx);
      const chain = aliasesIn(answer, config.name);
      const last = chain.at(-1);
      if (last === undefined) return said(0);
      if (answer.code === 'NXDOMAIN') return said(1, last);
      if (answer.answers.some(({ type }) => type === 'A')) return said(0, last);
      // Who only holds the zone of the alias leaves its end to others.
      const end = await askResolver(config, { name: last, type: 'A' }, ctx);
      if (end.code === 'NXDOMAIN') return said(1, last);
      if (end.code === 'NOERROR') return said(0, last);
      return unseen(`${last}: the resolver says ${end.code}`, `dig ${last}`);
    } catch (error) {
      return unseen(error instanceof Error ? error.message : String(error), 'let Upkeep reach the resolver');
    }
  },
};

/** Names that the name stands for, one after the other. */
function aliasesIn({ answers }: WireAnswer, name: string): string[] {
  const next = new Map(
    answers.flatMap((each) => (each.type === 'CNAME' ? [[bare(each.name), bare(each.data)] as const] : [])),
  );
  const chain: string[] = [];
  for (let at = next.get(bare(name)); at !== undefined && chain.length < 16; at = next.get(at))
    chain.push(at);
  return chain;
}

function said(value: 0 | 1, end?: string): Outcome {
  const readings = [{ metric: 'dns.alias.dangling', value }];
  if (end === undefined) return { ok: true, readings };
  return { ok: true, readings, detail: value === 1 ? `its alias ${end} does not exist` : `alias of ${end}` };
}
