import { z } from 'zod';
import { defineAction, type Plan } from '../../../core/action.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { act, retryingLocks } from '../acting.ts';
import type { PostgresConnection } from '../client.ts';
import { readTable } from '../relations.ts';
import type { Query } from '../session.ts';
import { nameInput, placed, qualified, schemaInput } from './planned.ts';

const input = z.strictObject({ schema: schemaInput, table: nameInput('Table') });

export const analyze = defineAction<PostgresConnection, typeof input>({
  id: 'postgres.analyze',
  summary: 'Collects the statistics of a table anew, which the planner chooses plans by; locks nobody out',
  risk: 'safe',
  input,
  privileges:
    'GRANT shop_owner TO upkeep;  -- the owner of the table or the database; from PostgreSQL 17 on: GRANT pg_maintain TO upkeep;',

  plan: (conn, asked, ctx) => {
    const { schema, name } = placed(asked.schema, asked.table);
    return conn.work.use(ctx.signal, async (query) => {
      const table = await readTable(query, schema, name);
      if (table === undefined || !['r', 'p', 'm'].includes(table.kind)) {
        return { refused: `there is no table ${schema}.${name} in this database` };
      }
      if (!table.maintains) {
        return {
          refused: `${schema}.${name} may be analysed by its owner; as a superuser: ${table.owner_grant}`,
        };
      }
      const now = await statisticsOf(query, table.oid);
      return {
        summary: `Collect the statistics of ${schema}.${name} anew; ${now.modified} rows have changed since ${now.last ?? 'ever'}`,
        steps: [statementOf(schema, name)],
        before: { oid: table.oid, lastAnalyze: now.last, modified: now.modified },
        expect: `the statistics of ${schema}.${name} are of now, and plans made by old ones are gone`,
        undo: {
          possible: false,
          how: 'Nothing needs taking back: statistics describe the rows as they are, and are collected again whenever enough rows have changed.',
        },
        subjects: [`table ${schema}.${name}`],
        verifyWithinMs: 120_000,
        holdMs: 5_000,
      };
    });
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const asked = input.parse(plan.input);
    const { schema, name } = placed(asked.schema, asked.table);
    const statement = statementOf(schema, name);
    demandSteps(plan, [statement]);
    const limits = {
      lockTimeoutMs: 2_000,
      statementTimeoutMs: plan.verifyWithinMs,
      mayOutlast: true,
    } as const;
    return act(conn, ctx.signal, limits, async (query) => {
      const table = await readTable(query, schema, name);
      demandUnchanged(plan, { oid: table?.oid ?? null }, `table ${name}`);
      if (await isDone(query, plan)) return `${schema}.${name} was analysed meanwhile`;
      await retryingLocks(ctx.clock, () => query(statement));
      return `${schema}.${name} was analysed`;
    });
  },

  verify: (conn, plan, ctx) =>
    conn.work.use(ctx.signal, async (query) => {
      const now = await statisticsOf(query, String(plan.before.oid));
      const after = { lastAnalyze: now.last, modified: now.modified };
      return (await isDone(query, plan))
        ? { good: true, detail: `analysed at ${now.last}, ${now.modified} rows changed since`, after }
        : { good: false, detail: `not analysed since ${now.last ?? 'ever'}`, after };
    }),
});

function statementOf(schema: string, table: string): string {
  return `ANALYZE ${qualified(schema, table)}`;
}

/** Partitioned tables have no row of their own in the statistics views before they are analysed. */
async function statisticsOf(query: Query, oid: string): Promise<{ last: string | null; modified: number }> {
  const [row] = await query<{ last: string | null; modified: number }>(
    `SELECT greatest(last_analyze, last_autoanalyze)::text AS last, n_mod_since_analyze::float8 AS modified
       FROM pg_stat_all_tables WHERE relid = $1::oid`,
    [oid],
  );
  return row ?? { last: null, modified: 0 };
}

async function isDone(query: Query, plan: Plan): Promise<boolean> {
  const { last } = await statisticsOf(query, String(plan.before.oid));
  return last !== null && last !== plan.before.lastAnalyze;
}
