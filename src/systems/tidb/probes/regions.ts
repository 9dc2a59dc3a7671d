import type { Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe } from '../../../protocols/mysql/observe.ts';
import type { TidbConnection } from '../client.ts';
import type { Memory } from '../memory.ts';
import { kinds, readRegions } from '../regions.ts';

/** Regions heal while stores are balanced: only what has not become less for so long is stuck (J). */
const healingMs = 10 * 60_000;

export const regions: Probe<TidbConnection> = {
  id: 'tidb.regions',
  summary: 'Regions with a peer that is down, missing or behind, and whether they become fewer',
  atMostEveryMs: 30_000,
  metrics: {
    'tidb.regions.unwell': {
      summary: 'Regions with a peer that is down, missing or pending',
      unit: 'count',
      kind: 'gauge',
    },
    'tidb.regions.stuck': {
      summary: 'The same, 0 while they have become fewer within 10 minutes',
      unit: 'count',
      kind: 'gauge',
    },
    'tidb.regions.stuck_ratio': {
      summary: 'Stuck regions of all regions of the cluster',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (db) => {
      const { counts, missing } = await readRegions(conn, db, ctx);
      const readings: Reading[] = kinds.flatMap((kind) => {
        const count = counts[kind];
        if (count === undefined) return [];
        const labels = { kind };
        const stuck = isHealing(conn.memory, kind, count, ctx.clock.now()) ? 0 : count;
        const { regions: total } = conn.memory;
        return [
          { metric: 'tidb.regions.unwell', value: count, labels },
          { metric: 'tidb.regions.stuck', value: stuck, labels },
          ...(total === undefined
            ? []
            : [{ metric: 'tidb.regions.stuck_ratio', value: Math.min(1, stuck / total), labels }]),
        ];
      });
      return { readings, missing };
    }),
};

function isHealing({ unwell }: Memory, kind: string, count: number, now: number): boolean {
  const seen = [...(unwell.get(kind) ?? []).filter(({ at }) => now - at <= healingMs), { at: now, count }];
  unwell.set(kind, seen);
  return seen.some((before) => before.count > count);
}
