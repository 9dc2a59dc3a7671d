import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf } from '../../../core/evidence-rows.ts';
import { plain } from '../../../core/plain.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { PostgresConnection } from '../client.ts';
import { look } from './evidence.ts';

/** A prepared transaction's locks have no process; whoever waits for one has 0 among its blockers. */
const preparedSql = `
SELECT p.gid, p.owner::text AS owner, p.database::text AS database, p.database = current_database() AS "isHere",
       extract(epoch FROM clock_timestamp() - p.prepared)::float8 AS seconds, age(p.transaction) AS age,
       (SELECT count(*)::int FROM pg_locks l
         WHERE l.pid IS NULL AND l.locktype = 'relation' AND l.virtualtransaction = (
           SELECT t.virtualtransaction FROM pg_locks t
            WHERE t.locktype = 'transactionid' AND t.transactionid = p.transaction AND t.pid IS NULL LIMIT 1)) AS locks
  FROM pg_prepared_xacts p ORDER BY p.prepared LIMIT 20`;
const columns = ['gid', 'owner', 'database', 'isHere', 'seconds', 'age', 'locks'] as const;
const blockedSql = `SELECT count(DISTINCT pid)::int AS blocked FROM pg_locks WHERE NOT granted AND 0 = ANY (pg_blocking_pids(pid))`;

/** A transaction manager ends them within seconds; five minutes is where the watch of databases.md P18 warns (J). */
const forgottenSeconds = 300;
/** With somebody waiting for it, ten seconds are enough (J). */
const blockingSeconds = 10;

export const preparedForgotten: Diagnosis<PostgresConnection> = {
  id: 'postgres.prepared-forgotten',
  title: 'a prepared transaction was never ended',
  summary:
    'A transaction was prepared and never ended: it keeps its locks and holds vacuum back, without a session',
  explains: [
    'postgres.prepared-transaction',
    'postgres.blocked',
    'postgres.blocked-sessions',
    'postgres.horizon',
    'postgres.dead-tuples',
    'postgres.wraparound',
    'postgres.freeze-overdue',
    'postgres.wraparound-soon',
    'postgres.lock-table',
  ],
  async gather(conn, target, ctx) {
    const isAlerted = ctx.alerts.some(
      (alert) => alert.target === target && alert.rule === 'postgres.prepared-transaction',
    );
    return [
      await look(
        conn.work,
        target,
        ctx,
        {
          id: 'prepared',
          title: 'Prepared transactions, what they lock and who waits',
          how: preparedSql.trim(),
        },
        async (query) => {
          const rows =
            await query<Record<(typeof columns)[number], string | number | boolean | null>>(preparedSql);
          const [waiting] = rows.length === 0 ? [] : await query<{ blocked: number }>(blockedSql);
          return { facts: { blocked: waiting?.blocked ?? 0, isAlerted }, table: tableOf(columns, rows) };
        },
      ),
    ];
  },
  conclude,
};

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const prepared = find(evidence, target, 'prepared');
  if (prepared === undefined) return [];
  const blocked = numberOf(prepared.facts?.blocked);
  return rowsOf(prepared).flatMap((row): Finding[] => {
    const seconds = numberOf(row.seconds);
    const isBlocking = blocked > 0 && numberOf(row.locks) > 0 && seconds >= blockingSeconds;
    // The team's own threshold says what counts as forgotten.
    const isAlerted = prepared.facts?.isAlerted === true;
    if (seconds < forgottenSeconds && !isBlocking && !isAlerted) return [];
    const name = plain(textOf(row.gid), 80);
    const waiting = isBlocking ? `; ${blocked} sessions wait for a prepared transaction` : '';
    return [
      {
        id: 'postgres.prepared-forgotten',
        target,
        summary: `prepared transaction ${name} of ${textOf(row.owner)} was never ended, for ${formatDuration(seconds * 1_000)}${waiting}`,
        explanation: `It holds ${numberOf(row.locks)} table locks, and rows that died in the last ${numberOf(row.age)} transactions cannot be removed, until somebody ends it; it outlives sessions and restarts. Whether COMMIT PREPARED or ROLLBACK PREPARED is right is a decision about the data: ask ${textOf(row.owner)} what the other side of it did.`,
        // Age alone does not prove that nobody will end it; somebody who waits proves that it does harm.
        confidence: isBlocking ? 0.9 : 0.85,
        onset: Math.round(prepared.at - seconds * 1_000),
        evidence: [prepared.id],
        unseen: ['what the other participants of the distributed transaction did'],
        recommendations:
          row.isHere === true
            ? [
                {
                  action: 'postgres.rollback-prepared',
                  target,
                  input: { gid: textOf(row.gid) },
                  why: 'nobody has ended it; asked for, because what it changed is lost',
                },
              ]
            : [],
      },
    ];
  });
}
