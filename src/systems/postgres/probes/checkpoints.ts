import type { Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import type { Query } from '../session.ts';
import { lookingBack } from '../window.ts';

interface Writes {
  readonly timed: number;
  readonly requested: number;
  readonly by_checkpoints: number;
  readonly by_writer: number;
  /** By sessions themselves. */
  readonly by_backends: number;
}

const windowMs = 30 * 60_000;
/** Below these the shares say nothing. */
const fewestCheckpoints = 5;
const fewestBuffers = 10_000;

/** PostgreSQL 17 moved the checkpointer's figures, and pg_stat_io (16) has those of sessions. */
const sinceSeventeen = `
SELECT c.num_timed::float8 AS timed, c.num_requested::float8 AS requested, c.buffers_written::float8 AS by_checkpoints,
       w.buffers_clean::float8 AS by_writer,
       (SELECT coalesce(sum(writes), 0) FROM pg_stat_io
         WHERE backend_type = 'client backend' AND object = 'relation' AND context = 'normal')::float8 AS by_backends
  FROM pg_stat_checkpointer c, pg_stat_bgwriter w`;
const beforeSeventeen = `
SELECT checkpoints_timed::float8 AS timed, checkpoints_req::float8 AS requested,
       buffers_checkpoint::float8 AS by_checkpoints, buffers_clean::float8 AS by_writer,
       buffers_backend::float8 AS by_backends FROM pg_stat_bgwriter`;

export const checkpoints: Probe<PostgresConnection> = {
  id: 'postgres.checkpoints',
  summary: 'Checkpoints that came before their time, and who writes changed pages to disk',
  atMostEveryMs: 60_000,
  metrics: {
    'postgres.checkpoints.timed': {
      summary: 'Checkpoints begun because it was time',
      unit: 'count',
      kind: 'counter',
    },
    'postgres.checkpoints.requested': {
      summary: 'Checkpoints begun before their time: WAL reached max_wal_size, a command, a backup',
      unit: 'count',
      kind: 'counter',
    },
    'postgres.checkpoints.requested_ratio': {
      summary: `Share of the checkpoints of the last 30 minutes that came before their time, when there were ${fewestCheckpoints} or more`,
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'postgres.buffers.by_sessions_ratio': {
      summary: `Share of the pages written in the last 30 minutes that sessions had to write themselves, of ${fewestBuffers} or more`,
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (query) => {
      const row = await writes(query);
      const then = halfAnHourAgo(conn, ctx.clock.monotonic(), row);
      const readings: Reading[] = [
        { metric: 'postgres.checkpoints.timed', value: row.timed },
        { metric: 'postgres.checkpoints.requested', value: row.requested },
      ];
      if (then !== undefined) readings.push(...shares(then, row));
      return { readings };
    }),
};

const halfAnHourAgo = lookingBack<Writes>(
  windowMs,
  (before, now) => now.timed < before.timed || now.by_checkpoints < before.by_checkpoints,
);

function shares(then: Writes, now: Writes): Reading[] {
  const requested = now.requested - then.requested;
  const all = requested + now.timed - then.timed;
  const bySessions = now.by_backends - then.by_backends;
  const pages = bySessions + now.by_checkpoints - then.by_checkpoints + now.by_writer - then.by_writer;
  return [
    ...(all >= fewestCheckpoints
      ? [{ metric: 'postgres.checkpoints.requested_ratio', value: requested / all }]
      : []),
    ...(pages >= fewestBuffers
      ? [{ metric: 'postgres.buffers.by_sessions_ratio', value: bySessions / pages }]
      : []),
  ];
}

async function writes(query: Query): Promise<Writes> {
  const [server] = await query<{ is_new: boolean }>(
    `SELECT current_setting('server_version_num')::int >= 170000 AS is_new`,
  );
  const [row] = await query<Writes>(server?.is_new ? sinceSeventeen : beforeSeventeen);
  if (row === undefined) throw new Error('the server answered without a row');
  return row;
}
