import { count } from '../../../core/count.ts';
import type { Probe } from '../../../core/system.ts';
import { root } from '../answers.ts';
import { ask, type OpensearchConnection, observe } from '../client.ts';
import { ilmExplain, ismExplain, type Managed, managedBy, managedByIlm } from '../lifecycle.ts';

export const ismPath = '_plugins/_ism/explain/*';
export const ilmPath = '_all/_ilm/explain?only_managed=true';

export const lifecycle: Probe<OpensearchConnection> = {
  id: 'opensearch.lifecycle',
  summary: 'Indices under a policy (ISM, or ILM of Elasticsearch) and those whose policy does not go on',
  atMostEveryMs: 60_000,
  metrics: {
    'opensearch.lifecycle.managed': { summary: 'Indices under a policy', unit: 'count', kind: 'gauge' },
    'opensearch.lifecycle.stuck': {
      summary: 'Indices whose policy does not go on, by the age of the step and what it says',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const managed = await readManaged(conn, ctx.clock.now(), ctx.signal);
      const stuck = managed.filter(({ trouble }) => trouble !== undefined);
      return {
        detail: `${count(managed.length, 'index', 'indices')} under a policy, ${stuck.length} stuck`,
        readings: [
          { metric: 'opensearch.lifecycle.managed', value: managed.length },
          { metric: 'opensearch.lifecycle.stuck', value: stuck.length },
        ],
      };
    }),
};

export async function readManaged(
  conn: OpensearchConnection,
  now: number,
  signal: AbortSignal,
): Promise<Managed[]> {
  const who = await ask(conn, '', root, signal);
  return who.version.distribution === 'opensearch'
    ? managedBy(await ask(conn, ismPath, ismExplain, signal), now)
    : managedByIlm(await ask(conn, ilmPath, ilmExplain, signal));
}
