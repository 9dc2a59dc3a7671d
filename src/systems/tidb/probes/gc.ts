import type { Probe } from '../../../core/system.ts';
import { observe } from '../../../protocols/mysql/observe.ts';
import type { TidbConnection } from '../client.ts';
import { readCollection } from '../gc.ts';

const names = ['tidb.gc.enabled', 'tidb.gc.life_time', 'tidb.gc.behind', 'tidb.gc.last_run'] as const;

export const gc: Probe<TidbConnection> = {
  id: 'tidb.gc',
  summary: 'Whether old versions of rows are collected, and how far that is behind',
  atMostEveryMs: 30_000,
  metrics: {
    'tidb.gc.enabled': { summary: '0 while tidb_gc_enable is off', unit: 'state', kind: 'gauge' },
    'tidb.gc.life_time': {
      summary: 'How long old versions are kept on purpose (tidb_gc_life_time)',
      unit: 'seconds',
      kind: 'gauge',
    },
    'tidb.gc.behind': {
      summary: 'Age of the safepoint beyond what tidb_gc_life_time keeps',
      unit: 'seconds',
      kind: 'gauge',
    },
    'tidb.gc.last_run': { summary: 'Time since the collection ran last', unit: 'seconds', kind: 'gauge' },
  },
  run: (conn, ctx) =>
    observe(conn.quick, ctx, async (db) => {
      const read = await readCollection(db, names);
      if ('missing' in read) return { readings: [], missing: [read.missing] };
      const { isEnabled, lifeSeconds, safePointAt, lastRunAt, life } = read.collection;
      const since = (at: number) => Math.max(0, (ctx.clock.now() - at) / 1_000);
      return {
        detail: `old versions are kept ${life}`,
        readings: [
          { metric: 'tidb.gc.enabled', value: isEnabled ? 1 : 0 },
          { metric: 'tidb.gc.life_time', value: lifeSeconds },
          ...(safePointAt === undefined
            ? []
            : [{ metric: 'tidb.gc.behind', value: Math.max(0, since(safePointAt) - lifeSeconds) }]),
          ...(lastRunAt === undefined ? [] : [{ metric: 'tidb.gc.last_run', value: since(lastRunAt) }]),
        ],
      };
    }),
};
