import type pg from 'pg';
import type { Fault, Handles } from '../fault.ts';
import { changedOrders } from '../load.ts';
import { until } from '../until.ts';

const importName = 'nightly-import';

export function blockedTransaction({ postgres, clock }: Handles): Fault {
  let session: pg.Client | undefined;
  const statement = `update orders set quantity = quantity where id <= ${changedOrders}`;

  const isPresent = async () => {
    const [row] = await postgres.admin(
      `select count(*)::int as n from pg_stat_activity
        where application_name = $1 and state = 'idle in transaction'`,
      [importName],
    );
    return row?.n !== 0;
  };
  const heal = async () => {
    await session?.end().catch(() => {});
    session = undefined;
  };
  return {
    name: 'blocked-transaction',
    key: 'b',
    title: 'Transaction left open',
    does: `role batch, application ${importName}: BEGIN; ${statement}; and nothing more`,
    expect: {
      target: 'db',
      rule: 'postgres.blocked-sessions',
      diagnosis: 'postgres.blocked-by-lock',
      actions: ['postgres.terminate-backend'],
    },
    healedByUpkeep: true,
    async inject() {
      await heal();
      session = postgres.client('batch', importName);
      await session.connect();
      await session.query('begin');
      await session.query(statement);
      await until(clock, 'a session that waits for the open transaction', 10_000, async () => {
        const waiting = await postgres.admin(
          'select pid from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0',
        );
        return waiting.length > 0;
      });
    },
    heal,
    isPresent,
  };
}
