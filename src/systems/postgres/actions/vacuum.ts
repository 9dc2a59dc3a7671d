import { z } from 'zod';
import { defineAction, type Plan } from '../../../core/action.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { formatDuration } from '../../../core/time.ts';
import { act, retryingLocks } from '../acting.ts';
import type { PostgresConnection } from '../client.ts';
import { type Holder, readHolders } from '../holders.ts';
import { readTable } from '../relations.ts';
import type { Query } from '../session.ts';
import { buildLimitMs, nameInput, placed, qualified, schemaInput, sizeOf } from './planned.ts';

const input = z.strictObject({ schema: schemaInput, table: nameInput('Table') });

/** Rows that died since a holder began cannot be removed; one as old as this has probably kept most of them (J). */
const longHolderSeconds = 300;
/** What a vacuum must leave at most, as a share of the dead rows of before: new ones die meanwhile (J). */
const goodShare = 0.5;

export const vacuum = defineAction<PostgresConnection, typeof input>({
  id: 'postgres.vacuum',
  summary:
    'Removes dead rows of a table and collects its statistics; never VACUUM FULL, which would lock everybody out',
  risk: 'safe',
  input,
  privileges:
    'GRANT shop_owner TO upkeep;  -- the owner of the table or the database; from PostgreSQL 17 on: GRANT pg_maintain TO upkeep;',

  plan: (conn, asked, ctx) => {
    const { schema, name } = placed(asked.schema, asked.table);
    return conn.work.use(ctx.signal, async (query) => {
      const table = await readTable(query, schema, name);
      if (table === undefined || !['r', 'm'].includes(table.kind)) {
        return { refused: `there is no plain table ${schema}.${name} in this database` };
      }
      if (!table.maintains) {
        return {
          refused: `${schema}.${name} may be vacuumed by its owner; as a superuser: ${table.owner_grant}`,
        };
      }
      const now = await stateOf(query, table.oid);
      if (now.pid !== null)
        return { refused: `pid ${now.pid} vacuums ${schema}.${name} already (${now.phase})` };
      if (now.dead === 0)
        return { refused: `${schema}.${name} has no dead rows that the statistics know of` };
      const holder = (await readHolders(query)).find(isLasting);
      if (holder) {
        return {
          refused: `it would remove little: ${holder.who} has kept dead rows${holder.seconds === null ? '' : ` for ${formatDuration(holder.seconds * 1_000)}`}; that comes first`,
        };
      }
      return {
        summary: `Vacuum ${schema}.${name}: ${now.dead} dead rows beside ${now.live} live ones, ${sizeOf(table.bytes)}, last vacuumed ${now.last ?? 'never'}`,
        steps: [statementOf(schema, name)],
        before: { oid: table.oid, dead: now.dead, live: now.live, lastVacuum: now.last, bytes: table.bytes },
        expect: `less than half of the ${now.dead} dead rows are left; the file keeps its size, its space is used again`,
        undo: {
          possible: false,
          how: 'Nothing needs taking back: only rows that nobody can see any more are removed.',
        },
        subjects: [`table ${schema}.${name}`],
        verifyWithinMs: buildLimitMs(table.bytes),
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
      const now = await stateOf(query, String(plan.before.oid));
      if (now.pid !== null) return `pid ${now.pid} vacuums ${schema}.${name} already`;
      if (now.last !== plan.before.lastVacuum) return `${schema}.${name} was vacuumed meanwhile`;
      await retryingLocks(ctx.clock, () => query(statement));
      return `${schema}.${name} was vacuumed`;
    });
  },

  verify: (conn, plan, ctx) =>
    conn.work.use(ctx.signal, async (query) => {
      const now = await stateOf(query, String(plan.before.oid));
      const after = { dead: now.dead, live: now.live, lastVacuum: now.last };
      if (now.pid !== null) return { good: false, detail: `being vacuumed: ${now.phase}`, after };
      if (now.last === null || now.last === plan.before.lastVacuum) {
        return { good: false, detail: `not vacuumed since ${now.last ?? 'ever'}`, after };
      }
      const left = `${now.dead} dead rows are left of ${plan.before.dead}`;
      return { good: now.dead <= Number(plan.before.dead) * goodShare, detail: left, after };
    }),
});

function statementOf(schema: string, table: string): string {
  return `VACUUM (ANALYZE) ${qualified(schema, table)}`;
}

function isLasting(holder: Holder): boolean {
  return holder.seconds === null || holder.seconds >= longHolderSeconds;
}

interface State {
  readonly dead: number;
  readonly live: number;
  readonly last: string | null;
  readonly pid: number | null;
  readonly phase: string | null;
}

async function stateOf(query: Query, oid: Plan['before'][string]): Promise<State> {
  const [row] = await query<State>(
    `SELECT s.n_dead_tup::float8 AS dead, s.n_live_tup::float8 AS live,
            greatest(s.last_vacuum, s.last_autovacuum)::text AS last, p.pid, p.phase
       FROM pg_stat_all_tables s LEFT JOIN pg_stat_progress_vacuum p ON p.relid = s.relid
      WHERE s.relid = $1::oid`,
    [oid],
  );
  return row ?? { dead: 0, live: 0, last: null, pid: null, phase: null };
}
