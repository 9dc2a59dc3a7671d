import { count } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { look, type Part } from '../../../protocols/mysql/evidence.ts';
import { numberOfError } from '../../../protocols/mysql/failure.ts';
import type { TidbConnection } from '../client.ts';
import { behind, readHeld, rootsOf, type Wait, waitsSql } from '../locks.ts';
import { isBackup } from '../sessions.ts';
import { idsOf } from './gather.ts';

/** Trees beyond these are in the table alone. */
const most = 3;

export const blockedByLock: Diagnosis<TidbConnection> = {
  id: 'tidb.blocked-by-lock',
  title: 'transactions wait for a lock',
  summary: 'The transaction at the root of lock waits, and what it does meanwhile',
  explains: ['tidb.blocked', 'tidb.latch', 'tidb.idle-transaction', 'tidb.slow-statements', 'tidb.query-p99'],
  async gather(conn, target, ctx) {
    const waits = await look(
      conn.work,
      target,
      ctx,
      { id: 'lock-waits', title: 'Who waits for whom', how: waitsSql },
      async (db): Promise<Part> => {
        try {
          const held = await readHeld(db);
          const rows = held.waits.map((wait): Row => {
            const holder = held.transactions.find(({ id }) => id === wait.holder);
            const waiter = held.transactions.find(({ id }) => id === wait.waiter);
            const process = held.processes.find(({ id }) => id === holder?.session);
            return {
              ...wait,
              session: holder?.session ?? null,
              user: holder?.user ?? null,
              instance: holder?.instance ?? null,
              state: holder?.state ?? null,
              holderBeganAt: holder?.startedAt ?? null,
              holderKeys: holder?.keys ?? null,
              holderStatement: process?.statement ?? null,
              isBackup: process === undefined ? false : isBackup(process),
              waitBeganAt: waiter?.waitingSince ?? null,
            };
          });
          return { table: tableOf(columns, rows) };
        } catch (error) {
          if (numberOfError(error) !== 1227) throw error;
          return { unseen: 'who waits for whom: GRANT PROCESS ON *.* to the account of Upkeep' };
        }
      },
    );
    return [waits];
  },
  conclude,
};

const columns = [
  ...['waiter', 'holder', 'table', 'statement', 'waitBeganAt', 'session', 'user', 'instance', 'state'],
  ...['holderBeganAt', 'holderKeys', 'holderStatement', 'isBackup'],
];

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const piece = find(evidence, target, 'lock-waits');
  const rows = rowsOf(piece);
  const waits: Wait[] = rows.map((row) => ({
    waiter: textOf(row.waiter),
    holder: textOf(row.holder),
    table: textOf(row.table),
    statement: textOf(row.statement),
  }));
  return rootsOf(waits)
    .slice(0, most)
    .flatMap((root): Finding[] => {
      const holder = rows.find((row) => row.holder === root);
      if (piece === undefined || holder === undefined) return [];
      const waiters = behind(waits, root);
      const own = rows.filter((row) => waiters.includes(textOf(row.waiter)));
      const since = Math.min(...own.map((row) => numberOf(row.waitBeganAt) || piece.at));
      const isKnown = textOf(holder.session) !== '';
      const isIdle = holder.state === 'Idle';
      const who = isKnown
        ? `session ${textOf(holder.session)} of ${textOf(holder.user)}`
        : `transaction ${root}, whose session is gone,`;
      const tables = [...new Set(own.map((row) => textOf(row.table)).filter(Boolean))].join(', ');
      return [
        {
          id: 'tidb.blocked-by-lock',
          target,
          summary: `${who} blocks ${count(waiters.length, 'transaction')}${tables === '' ? '' : ` on ${tables}`}${isIdle ? ' and does nothing' : ''}`,
          explanation: isKnown
            ? `It was begun ${formatDuration(piece.at - numberOf(holder.holderBeganAt))} ago, has written ${numberOf(holder.holderKeys)} keys and is ${textOf(holder.state).toLowerCase()}${textOf(holder.holderStatement) === '' ? '' : `: ${textOf(holder.holderStatement)}`}. ${isIdle ? 'An application forgot to commit, or waits for something else.' : 'It may end by itself.'}`
            : 'Locks that a broken session left are resolved when their time to live is over, in seconds to minutes.',
          confidence: isKnown ? (isIdle ? 0.95 : 0.8) : 0.6,
          onset: since,
          evidence: idsOf(evidence, target),
          unseen: unseenOf(evidence),
          recommendations:
            isKnown && isIdle && holder.isBackup !== true
              ? [
                  {
                    action: 'tidb.kill-connection',
                    target,
                    input: { id: textOf(holder.session), user: textOf(holder.user), transaction: root },
                    why: `it does nothing and ${count(waiters.length, 'transaction waits', 'transactions wait')} for it`,
                  },
                ]
              : [],
        },
      ];
    });
}
