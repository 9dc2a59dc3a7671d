import type { Outcome } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { noteListener } from '../../../machine/last-listener.ts';
import { isServerFull } from '../../../protocols/mysql/failure.ts';
import { destination, type MysqlConnection, observe } from '../client.ts';
import { readStatus, readVariables } from '../status.ts';

export const liveness: Probe<MysqlConnection> = {
  id: 'mysql.liveness',
  summary: 'Logs in and asks for version, role and uptime',
  liveness: true,
  metrics: {
    'mysql.response_time': {
      summary: 'Round trip of one small query',
      unit: 'seconds',
      kind: 'gauge',
      latencyOf: 'check',
    },
    'mysql.uptime': { summary: 'Time since the server started', unit: 'seconds', kind: 'gauge' },
    'mysql.read_only': { summary: '1 while it takes no writes (read_only)', unit: 'state', kind: 'gauge' },
  },
  async run(conn, ctx) {
    const outcome = await observe(conn.quick, ctx, async (db) => {
      const started = ctx.clock.monotonic();
      await db.query('SELECT 1 AS one');
      const seconds = (ctx.clock.monotonic() - started) / 1_000;
      const status = await readStatus(db, 'Uptime');
      const isReadOnly = (await readVariables(db, 'read_only')).isOn('read_only');
      const to = destination(conn.config);
      if (to) noteListener(to, ctx.clock);
      const uptime = status.number('Uptime');
      return {
        detail: `${db.version.name} ${db.version.text}${isReadOnly ? ', read-only' : ''}`,
        readings: [
          { metric: 'mysql.response_time', value: seconds },
          ...(uptime === undefined ? [] : [{ metric: 'mysql.uptime', value: uptime }]),
          { metric: 'mysql.read_only', value: isReadOnly ? 1 : 0 },
        ],
      };
    });
    return whenTurnedAway(outcome);
  },
};

/** The server is alive: what is wrong is that nobody gets in. */
function whenTurnedAway(outcome: Outcome): Outcome {
  if (outcome.ok || !isServerFull(outcome.detail)) return outcome;
  const about = { summary: 'All connections are taken' };
  return { ...outcome, readings: [{ metric: 'mysql.up', value: 0, about }] };
}
