import { z } from 'zod';
import { defineAction, type Plan } from '../../../core/action.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { formatDuration } from '../../../core/time.ts';
import { act, retryingLocks } from '../acting.ts';
import type { PostgresConnection } from '../client.ts';
import { buildsOn, type Index, oldestTransaction, readIndex, readIndexesOf } from '../relations.ts';
import type { Query } from '../session.ts';
import { buildLimitMs, nameInput, placed, qualified, schemaInput, sizeOf } from './planned.ts';

const input = z.strictObject({ schema: schemaInput, index: nameInput('Index') });

/** A rebuild waits for every transaction that is older than it; one this old may last as long again (J). */
const longTransactionSeconds = 600;

export const reindexConcurrently = defineAction<PostgresConnection, typeof input>({
  id: 'postgres.reindex-concurrently',
  summary:
    'Builds a bloated or invalid index anew without locking writers out; removes what a failed rebuild leaves',
  risk: 'risky',
  input,
  privileges: 'GRANT shop_owner TO upkeep;  -- only the owner of a table may rebuild its indexes',

  plan: (conn, asked, ctx) => {
    const { schema, name } = placed(asked.schema, asked.index);
    return conn.work.use(ctx.signal, async (query) => {
      const index = await readIndex(query, schema, name);
      if (index === undefined) return { refused: `there is no index ${schema}.${name} in this database` };
      const reason = reasonNotTo(index);
      if (reason !== undefined) return { refused: `index ${name} ${reason}` };
      const [build] = await buildsOn(query, index.table_oid);
      if (build)
        return { refused: `pid ${build.pid} builds an index on ${index.table} now (${build.phase})` };
      const oldest = await oldestTransaction(query);
      if (oldest && oldest.seconds > longTransactionSeconds) {
        return {
          refused: `it would wait for pid ${oldest.pid} (${oldest.who}), whose transaction is open for ${formatDuration(oldest.seconds * 1_000)}`,
        };
      }
      const rests = (await restsOf(query, index)).map((rest) => rest.name);
      const told =
        rests.length === 0 ? '' : `; an earlier rebuild left ${rests.join(', ')}, which stay as they are`;
      return {
        summary: `Rebuild index ${name} of ${index.table_schema}.${index.table}, ${index.valid ? 'valid' : 'not valid'}, ${sizeOf(index.bytes)}; it needs as much free disk meanwhile${told}`,
        steps: [statementOf(schema, name)],
        before: {
          oid: index.oid,
          tableOid: index.table_oid,
          definition: index.definition,
          valid: index.valid,
          bytes: index.bytes,
          rests: rests.join(' '),
        },
        expect: `index ${name} is valid and no larger than before`,
        undo: {
          possible: false,
          how: 'Nothing needs taking back: the new index holds the same as the old one. What a failed rebuild leaves is dropped at once.',
        },
        subjects: [`table ${index.table_schema}.${index.table}`],
        verifyWithinMs: buildLimitMs(index.bytes),
        holdMs: 5_000,
      };
    });
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const asked = input.parse(plan.input);
    const { schema, name } = placed(asked.schema, asked.index);
    const statement = statementOf(schema, name);
    demandSteps(plan, [statement]);
    const limits = {
      lockTimeoutMs: 60_000,
      statementTimeoutMs: plan.verifyWithinMs,
      mayOutlast: true,
    } as const;
    return act(conn, ctx.signal, limits, async (query) => {
      const index = await readIndex(query, schema, name);
      if (
        index &&
        index.oid !== plan.before.oid &&
        index.definition === plan.before.definition &&
        index.valid
      ) {
        return `index ${name} was rebuilt already`;
      }
      demandUnchanged(
        plan,
        { oid: index?.oid ?? null, definition: index?.definition ?? null },
        `index ${name}`,
      );
      const builds = await buildsOn(query, String(plan.before.tableOid));
      if (builds.some(({ isOurs }) => isOurs)) return `index ${name} is being rebuilt already`;
      await retryingLocks(
        ctx.clock,
        () => query(statement),
        () => dropNewRests(query, plan),
      );
      return `index ${name} was rebuilt`;
    });
  },

  verify: (conn, plan, ctx) =>
    conn.work.use(ctx.signal, async (query) => {
      const asked = input.parse(plan.input);
      const { schema, name } = placed(asked.schema, asked.index);
      const index = await readIndex(query, schema, name);
      const [build] = await buildsOn(query, String(plan.before.tableOid));
      const rests = index ? newRests(await restsOf(query, index), plan) : [];
      const after = { valid: index?.valid ?? false, bytes: index?.bytes ?? 0, rests: rests.join(' ') };
      if (build) return { good: false, detail: `index ${name} is being rebuilt: ${build.phase}`, after };
      if (index === undefined) return { good: false, detail: `index ${name} is gone`, after };
      if (rests.length > 0)
        return { good: false, detail: `the rebuild failed and left ${rests.join(', ')}`, after };
      if (!index.valid || index.oid === plan.before.oid) {
        return { good: false, detail: `index ${name} is not rebuilt`, after };
      }
      const was = sizeOf(Number(plan.before.bytes));
      return {
        good: true,
        detail: `index ${name} is valid, ${sizeOf(index.bytes)} instead of ${was}`,
        after,
      };
    }),
});

function statementOf(schema: string, index: string): string {
  return `REINDEX INDEX CONCURRENTLY ${qualified(schema, index)}`;
}

function reasonNotTo(index: Index): string | undefined {
  if (index.schema === 'pg_catalog' || index.schema === 'pg_toast') return 'belongs to the catalogue';
  if (!index.owns) return `may be rebuilt by its owner only; as a superuser: ${index.owner_grant}`;
  if (index.exclusion) return 'keeps an exclusion constraint, which cannot be rebuilt concurrently';
  if (index.partition) return 'is partitioned or a part of a partitioned index; rebuild it by hand';
  if (/_cc(new|old)\d*$/.test(index.name) && !index.valid) {
    return 'is what a failed rebuild left: drop it (postgres.drop-index-concurrently)';
  }
  return undefined;
}

/** Invalid copies of this index: REINDEX CONCURRENTLY names them `_ccnew` and `_ccold` (PostgreSQL manual, REINDEX). */
async function restsOf(query: Query, index: Pick<Index, 'name' | 'table_oid'>): Promise<Index[]> {
  const indexes = await readIndexesOf(query, index.table_oid);
  // Long names are cut so that the ending fits into 63 bytes.
  return indexes.filter(({ name, valid }) => {
    const stem = /^(.*)_cc(new|old)\d*$/.exec(name)?.[1];
    return !valid && stem !== undefined && index.name.startsWith(stem);
  });
}

function newRests(rests: readonly Index[], plan: Plan): string[] {
  const known = new Set(String(plan.before.rests).split(' '));
  return rests.map(({ name }) => name).filter((name) => !known.has(name));
}

async function dropNewRests(query: Query, plan: Plan): Promise<void> {
  const asked = input.parse(plan.input);
  const { schema, name: index } = placed(asked.schema, asked.index);
  const rests = await restsOf(query, { name: index, table_oid: String(plan.before.tableOid) });
  for (const name of newRests(rests, plan)) await query(`DROP INDEX CONCURRENTLY ${qualified(schema, name)}`);
}
