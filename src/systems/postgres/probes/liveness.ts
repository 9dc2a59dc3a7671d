import type { Outcome } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { noteListener } from '../../../machine/last-listener.ts';
import { destination, observe, type PostgresConnection } from '../client.ts';
import { isServerFull } from '../failure.ts';

export const liveness: Probe<PostgresConnection> = {
  id: 'postgres.liveness',
  summary: 'Logs in and asks for version, role and uptime',
  liveness: true,
  metrics: {
    'postgres.response_time': {
      summary: 'Round trip of one small query',
      unit: 'seconds',
      kind: 'gauge',
      latencyOf: 'check',
    },
    'postgres.uptime': { summary: 'Time since the server started', unit: 'seconds', kind: 'gauge' },
    'postgres.standby': { summary: '1 on a standby, 0 on a primary', unit: 'state', kind: 'gauge' },
  },
  async run(conn, ctx) {
    const outcome = await observe(conn.quick, ctx, async (query) => {
      const started = ctx.clock.monotonic();
      const [row] = await query<{ version: string; standby: boolean; uptime: number }>(
        `SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS standby,
                extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())::float8 AS uptime`,
      );
      const seconds = (ctx.clock.monotonic() - started) / 1_000;
      if (row === undefined) throw new Error('the server answered without a row');
      const to = destination(conn.config);
      if (to) noteListener(to, ctx.clock);
      const version = row.version.split(' ')[0] ?? row.version;
      return {
        detail: `PostgreSQL ${version}, ${row.standby ? 'standby' : 'primary'}`,
        readings: [
          { metric: 'postgres.response_time', value: seconds },
          { metric: 'postgres.uptime', value: row.uptime },
          { metric: 'postgres.standby', value: row.standby ? 1 : 0 },
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
  return { ...outcome, readings: [{ metric: 'postgres.up', value: 0, about }] };
}
