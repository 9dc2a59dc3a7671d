import { count } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { TidbConnection } from '../client.ts';
import { isWaiting, type JobRow, jobOf, jobsSql } from '../ddl.ts';
import { type Holder, holdersSql } from '../mdl.ts';
import { type TransactionRow, transactionOf, transactionsSql } from '../sessions.ts';
import { idsOf, measured, rowsBy } from './gather.ts';

/** One that has not gone on for so long stands still (rule tidb.ddl-stuck). */
const standingSeconds = 600;

export const ddlStuck: Diagnosis<TidbConnection> = {
  id: 'tidb.ddl-stuck',
  title: 'a schema change does not go on',
  summary: 'Which schema change is before the others, and the transaction that it waits for',
  explains: ['tidb.ddl-waiting', 'tidb.ddl-stuck', 'tidb.idle-transaction'],
  async gather(conn, target, ctx) {
    return [
      await rowsBy<JobRow>(
        conn,
        target,
        ctx,
        { id: 'jobs', title: 'Schema changes', how: jobsSql },
        ['id', 'database', 'table', 'type', 'state', 'rows', 'startedAt', 'statement'],
        (row) => {
          const { startedAt, ...job } = jobOf(row);
          return { ...job, startedAt: startedAt ?? null };
        },
      ),
      await rowsBy<Holder>(
        conn,
        target,
        ctx,
        { id: 'holders', title: 'Transactions that schema changes wait for', how: holdersSql },
        ['job', 'session', 'table'],
        ({ job, session, table }) => ({ job: Number(job), session, table }),
      ),
      await rowsBy<TransactionRow>(
        conn,
        target,
        ctx,
        { id: 'transactions', title: 'Open transactions', how: transactionsSql },
        ['id', 'session', 'user', 'state', 'startedAt'],
        (row) => {
          const { id, session, user, state, startedAt } = transactionOf(row);
          return { id, session, user, state, startedAt };
        },
      ),
      measured(target, ctx, 'standing', 'How long one has gone over no more rows', ['tidb.ddl.standing']),
    ];
  },
  conclude,
};

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const piece = find(evidence, target, 'jobs');
  const jobs = rowsOf(piece);
  const waiting = jobs.filter((job) => isWaiting({ state: textOf(job.state) }));
  const [first] = jobs.filter(({ state }) => state === 'running');
  if (piece === undefined || (first === undefined && waiting.length === 0)) return [];
  const base = {
    id: 'tidb.ddl-stuck',
    target,
    evidence: idsOf(evidence, target),
    unseen: unseenOf(evidence),
  };
  if (first === undefined)
    return [
      {
        ...base,
        summary: `${count(waiting.length, 'schema change waits', 'schema changes wait')} and none runs`,
        explanation:
          'No TiDB server works as DDL owner, or every one of them waits for a table that is locked. ADMIN SHOW DDL; names the owner.',
        confidence: 0.6,
        decides: ['ADMIN SHOW DDL;', "SHOW GLOBAL VARIABLES LIKE 'tidb_enable_ddl'; on each server"],
        recommendations: [],
      },
    ];
  const holder = rowsOf(find(evidence, target, 'holders')).find(({ job }) => job === first.id);
  const transaction =
    holder &&
    rowsOf(find(evidence, target, 'transactions')).find(({ session }) => session === holder.session);
  const name = `${textOf(first.type)} on ${textOf(first.database)}.${textOf(first.table)} (job ${numberOf(first.id)})`;
  if (transaction !== undefined)
    return [{ ...base, ...heldWords(name, transaction, waiting.length, piece.at, target) }];
  const standing = rowsOf(find(evidence, target, 'standing')).map(({ value }) => numberOf(value));
  const isStanding = Math.max(0, ...standing) >= standingSeconds;
  if (waiting.length === 0 && !isStanding) return [];
  const since = typeof first.startedAt === 'number' ? piece.at - first.startedAt : 0;
  return [
    {
      ...base,
      summary: `${name} has run for ${formatDuration(since)} with ${numberOf(first.rows)} rows done; ${count(waiting.length, 'schema change waits', 'schema changes wait')} behind it`,
      explanation: isStanding
        ? 'It has gone over no more rows for ten minutes or more: it waits for something. Cancelled, it takes back what it has done.'
        : 'It works on: changes of one table, and of whole databases, go one after the other. Wait, or cancel it and run it in a quiet hour.',
      confidence: isStanding ? 0.75 : 0.7,
      ...(isStanding ? {} : { nature: 'capacity' as const }),
      decides: ['ADMIN SHOW DDL JOBS; twice: does ROW_COUNT grow?', 'SELECT * FROM mysql.tidb_mdl_view;'],
      recommendations: isStanding
        ? [
            {
              action: 'tidb.cancel-ddl',
              target,
              input: { job: numberOf(first.id) },
              why: 'it stands still and others wait',
            },
          ]
        : [],
    },
  ];
}

function heldWords(
  name: string,
  transaction: Row,
  waiting: number,
  at: number,
  target: string,
): Omit<Finding, 'id' | 'target' | 'evidence' | 'unseen'> {
  const isIdle = transaction.state === 'Idle';
  return {
    summary: `${name} waits for a transaction of ${textOf(transaction.user)} (session ${textOf(transaction.session)}, ${textOf(transaction.state).toLowerCase()}, open for ${formatDuration(at - numberOf(transaction.startedAt))})`,
    explanation: `The transaction still uses the table as it was, so that the change cannot go on (metadata lock); ${count(waiting, 'other waits', 'others wait')} behind it.`,
    confidence: 0.9,
    recommendations: isIdle
      ? [
          {
            action: 'tidb.kill-connection',
            target,
            input: {
              id: textOf(transaction.session),
              user: textOf(transaction.user),
              transaction: textOf(transaction.id),
            },
            why: 'it does nothing and the schema change waits for it',
          },
        ]
      : [],
  };
}
