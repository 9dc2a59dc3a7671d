import type { Probe } from '../../../core/system.ts';
import { noteListener } from '../../../machine/last-listener.ts';
import { observe } from '../../../protocols/mysql/observe.ts';
import { destination, type TidbConnection } from '../client.ts';

export const liveness: Probe<TidbConnection> = {
  id: 'tidb.liveness',
  summary: 'Logs in to a TiDB server and asks for its version',
  liveness: true,
  metrics: {
    'tidb.response_time': {
      summary: 'Round trip of one small query that needs no TiKV',
      unit: 'seconds',
      kind: 'gauge',
      latencyOf: 'check',
    },
  },
  async run(conn, ctx) {
    const outcome = await observe(conn.quick, ctx, async (db) => {
      if (db.version === undefined) return { readings: [], detail: db.greeting };
      const started = ctx.clock.monotonic();
      await db.query('SELECT 1 AS one');
      const seconds = (ctx.clock.monotonic() - started) / 1_000;
      const to = destination(conn.config);
      if (to) noteListener(to, ctx.clock);
      return { detail: `TiDB ${db.version}`, readings: [{ metric: 'tidb.response_time', value: seconds }] };
    });
    if (!outcome.ok || outcome.readings.length > 0) return outcome;
    return {
      ok: false,
      why: 'broken-probe',
      detail: `this server is no TiDB but ${outcome.detail ?? 'unknown'}: watch it with the system mysql`,
    };
  },
};
