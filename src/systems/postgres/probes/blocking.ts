import { count } from '../../../core/count.ts';
import type { Probe } from '../../../core/system.ts';
import { readWaiters, rootsOf } from '../blocking-tree.ts';
import { observe, type PostgresConnection } from '../client.ts';

export const blocking: Probe<PostgresConnection> = {
  id: 'postgres.blocking',
  summary: 'Sessions that wait for a lock and who holds it (pg_locks, pg_blocking_pids)',
  metrics: {
    'postgres.blocked.count': { summary: 'Sessions waiting for a lock', unit: 'count', kind: 'gauge' },
    'postgres.blocked.longest_wait': {
      summary: 'Longest time a session has waited for a lock',
      unit: 'seconds',
      kind: 'gauge',
    },
    'postgres.blocked.roots': {
      summary: 'Sessions that block others and wait for nobody',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.quick, ctx, async (query) => {
      const waiters = await readWaiters(query);
      const roots = rootsOf(waiters);
      const [root] = roots;
      return {
        ...(root
          ? {
              detail: `${count(root.behind.length, 'session waits', 'sessions wait')} behind pid ${root.pid}`,
            }
          : {}),
        readings: [
          { metric: 'postgres.blocked.count', value: new Set(waiters.map((waiter) => waiter.pid)).size },
          {
            metric: 'postgres.blocked.longest_wait',
            value: Math.max(0, ...waiters.map((waiter) => waiter.waitSeconds)),
          },
          { metric: 'postgres.blocked.roots', value: roots.length },
        ],
      };
    }),
};
