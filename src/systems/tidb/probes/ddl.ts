import type { Probe } from '../../../core/system.ts';
import { observe } from '../../../protocols/mysql/observe.ts';
import { readOr } from '../access.ts';
import type { TidbConnection } from '../client.ts';
import { isWaiting, type JobRow, jobOf, jobsSql } from '../ddl.ts';

const names = ['tidb.ddl.waiting', 'tidb.ddl.running', 'tidb.ddl.longest', 'tidb.ddl.standing'] as const;

export const ddl: Probe<TidbConnection> = {
  id: 'tidb.ddl',
  summary: 'Schema changes that wait, run or stand still',
  atMostEveryMs: 15_000,
  metrics: {
    'tidb.ddl.waiting': { summary: 'Schema changes in the queue', unit: 'count', kind: 'gauge' },
    'tidb.ddl.running': { summary: 'Schema changes that run', unit: 'count', kind: 'gauge' },
    'tidb.ddl.longest': {
      summary: 'Time since the oldest running schema change began',
      unit: 'seconds',
      kind: 'gauge',
    },
    'tidb.ddl.standing': {
      summary: 'Longest time that a running schema change has gone over no more rows',
      unit: 'seconds',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.quick, ctx, async (db) => {
      const read = await readOr<JobRow>(db, names, jobsSql);
      if ('missing' in read) return { readings: [], missing: [read.missing] };
      const jobs = read.rows.map(jobOf);
      const running = jobs.filter(({ state }) => state === 'running');
      const now = ctx.clock.now();
      const { jobs: known } = conn.memory;
      for (const id of known.keys()) if (!running.some((job) => job.id === id)) known.delete(id);
      for (const { id, rows } of running) {
        if (known.get(id)?.rows !== rows) known.set(id, { rows, since: now });
      }
      const since = (at: number) => Math.max(0, (now - at) / 1_000);
      const [first] = running;
      return {
        readings: [
          { metric: 'tidb.ddl.waiting', value: jobs.filter(isWaiting).length },
          { metric: 'tidb.ddl.running', value: running.length },
          {
            metric: 'tidb.ddl.longest',
            value: Math.max(
              0,
              ...running.map(({ startedAt }) => (startedAt === undefined ? 0 : since(startedAt))),
            ),
          },
          {
            metric: 'tidb.ddl.standing',
            value: Math.max(0, ...[...known.values()].map((one) => since(one.since))),
          },
        ],
        ...(first === undefined
          ? {}
          : {
              detail: `job ${first.id}, ${first.type} on ${first.database}.${first.table}, ${first.rows} rows so far`,
            }),
      };
    }),
};
