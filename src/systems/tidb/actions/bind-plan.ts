import { z } from 'zod';
import { defineAction, type Plan } from '../../../core/action.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import { formatDuration } from '../../../core/time.ts';
import { quoteAccount } from '../../../protocols/mysql/grants.ts';
import type { TidbConnection } from '../client.ts';
import { changesOf, isRegressed, type Usage, usageOf, usageSql } from '../plans.ts';
import type { Db } from '../session.ts';

const digest = z.string().regex(/^[0-9a-f]{32,64}$/, 'a digest of 32 to 64 hexadecimal digits');
const input = z.strictObject({
  statement: digest.describe('Digest of the statement (CLUSTER_STATEMENTS_SUMMARY.DIGEST)'),
  plan: digest.describe('Digest of the former plan that is to be held (PLAN_DIGEST of the history)'),
});

export const bindPlan = defineAction<TidbConnection, typeof input>({
  id: 'tidb.bind-plan',
  summary:
    'Holds the former plan of a statement that became slow with a new one; undone by dropping the binding',
  risk: 'risky',
  input,
  privileges: 'GRANT PROCESS, SUPER ON *.* TO upkeep;  -- bindings ask for SUPER',

  plan: (conn, wanted, ctx) =>
    conn.work.use(ctx.signal, async (db) => {
      const now = await usages(db, 'now');
      const change = changesOf(now, await usages(db, 'before')).find(
        (one) => one.digest === wanted.statement,
      );
      if (change === undefined)
        return { refused: 'the statement is not among those that both spans know well' };
      if (!change.isNewPlan || !isRegressed(change))
        return {
          refused: 'the statement did not become slow with a plan that is new; a binding would not help',
        };
      if (change.pastPlan !== wanted.plan)
        return { refused: `the best plan of before is ${change.pastPlan}, not ${wanted.plan}` };
      if (change.isBound || (await boundTo(db, wanted.statement)) !== undefined)
        return { refused: 'the statement has a binding already; somebody decided on its plan' };
      const lost = await lostIndex(db, change.schema, change.pastIndexes);
      if (lost !== undefined)
        return { refused: `the former plan needs ${lost}, which is not there or not shown to Upkeep` };
      const { account, has } = await db.privileges();
      if (!has('SUPER'))
        return {
          refused: `${account} may not make bindings: GRANT SUPER ON *.* TO ${quoteAccount(account)};`,
        };
      const speed = `${formatDuration(change.mean * 1_000)} a call instead of ${formatDuration(change.pastMean * 1_000)}`;
      return {
        summary: `Hold the former plan of a statement that takes ${speed}: ${change.text}`,
        steps: [stepOf(wanted.plan)],
        before: { ...wanted, goodCalls: callsOf(now, wanted, true), otherCalls: callsOf(now, wanted, false) },
        expect: 'the binding is there, and the statement is carried out by the former plan',
        undo: { possible: true, how: undoOf(wanted.statement) },
        touches: ['production-change'],
        verifyWithinMs: 120_000,
        holdMs: 60_000,
      };
    }),

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const wanted = wantedOf(plan);
    demandSteps(plan, [stepOf(wanted.plan)]);
    return conn.work.use(ctx.signal, async (db) => {
      const bound = await boundTo(db, wanted.statement);
      if (bound === wanted.plan) return 'the binding was there already';
      if (bound !== undefined)
        throw new Error('somebody else has bound the statement since; nothing was done');
      await db.query(stepOf(wanted.plan));
      return `plan ${wanted.plan} is bound`;
    });
  },

  verify: (conn, plan, ctx) =>
    conn.work.use(ctx.signal, async (db) => {
      const wanted = wantedOf(plan);
      if ((await boundTo(db, wanted.statement)) !== wanted.plan)
        return { good: false, detail: 'the binding is not there' };
      const now = await usages(db, 'now');
      const [good, other] = [callsOf(now, wanted, true), callsOf(now, wanted, false)];
      const isHeld = good > Number(plan.before.goodCalls) || other <= Number(plan.before.otherCalls);
      return {
        good: isHeld,
        detail: isHeld
          ? 'the binding is there and no call went another way alone'
          : 'calls still go the new way',
        after: { goodCalls: good, otherCalls: other },
      };
    }),

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const wanted = wantedOf(plan);
    return conn.work.use(ctx.signal, async (db) => {
      const bound = await boundTo(db, wanted.statement);
      if (bound === undefined) return 'the binding was gone already';
      if (bound !== wanted.plan)
        throw new Error('the statement is bound to another plan since; nothing was done');
      await db.query(undoOf(wanted.statement));
      return 'the binding was dropped';
    });
  },
});

function stepOf(plan: string): string {
  return `CREATE GLOBAL BINDING FROM HISTORY USING PLAN DIGEST '${plan}'`;
}

function undoOf(statement: string): string {
  return `DROP GLOBAL BINDING FOR SQL DIGEST '${statement}'`;
}

type Wanted = z.output<typeof input>;

function wantedOf({ before }: Plan): Wanted {
  return input.parse({ statement: before.statement, plan: before.plan });
}

async function usages(db: Db, span: 'now' | 'before'): Promise<Usage[]> {
  return (await db.query<Usage>(usageSql(span))).map(usageOf);
}

function callsOf(all: readonly Usage[], { statement, plan }: Wanted, isWanted: boolean): number {
  return all
    .filter((usage) => usage.digest === statement && (usage.plan === plan) === isWanted)
    .reduce((sum, { calls }) => sum + calls, 0);
}

/** The plan that the statement is bound to. */
async function boundTo(db: Db, statement: string): Promise<string | undefined> {
  const rows = await db.query<{ Sql_digest: string; Plan_digest: string }>('SHOW GLOBAL BINDINGS');
  return rows.find(({ Sql_digest }) => Sql_digest === statement)?.Plan_digest;
}

/** INDEX_NAMES is `orders:by_n,items:by_order`; a hint to an index that is gone is ignored. */
async function lostIndex(db: Db, schema: string, names: string): Promise<string | undefined> {
  for (const name of names.split(',').filter(Boolean)) {
    const [table = '', index = ''] = name.replace(/[[\]\s]/g, '').split(':');
    const found = await db.query(
      'SELECT KEY_NAME AS name FROM information_schema.TIDB_INDEXES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND KEY_NAME = ?',
      [schema, table.slice(table.lastIndexOf('.') + 1), index],
    );
    if (found.length === 0) return `index ${index} of ${table}`;
  }
  return undefined;
}
