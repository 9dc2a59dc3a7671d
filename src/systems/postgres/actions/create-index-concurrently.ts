import { escapeIdentifier } from 'pg';
import { z } from 'zod';
import { defineAction, type Plan } from '../../../core/action.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import { formatDuration } from '../../../core/time.ts';
import { act, retryingLocks } from '../acting.ts';
import type { PostgresConnection } from '../client.ts';
import {
  buildsOn,
  type Index,
  isNameTaken,
  oldestTransaction,
  readIndexesOf,
  readTable,
} from '../relations.ts';
import type { Query } from '../session.ts';
import { buildLimitMs, nameInput, qualified, schemaInput, sizeOf } from './planned.ts';

const input = z.strictObject({
  schema: schemaInput,
  table: nameInput('Table'),
  index: nameInput('Name of the new index'),
  columns: z
    .array(z.strictObject({ column: nameInput('Column'), descending: z.boolean().default(false) }))
    .min(1)
    .max(8)
    .describe('Keys in their order'),
  include: z.array(nameInput('Column')).max(8).default([]).describe('Columns only kept in the index'),
  method: z.enum(['btree', 'hash', 'gin', 'gist', 'brin']).default('btree'),
  unique: z.boolean().default(false),
});
type Wanted = z.output<typeof input>;

/** A build waits for every transaction that is older than it; one this old may last as long again (J). */
const longTransactionSeconds = 600;

export const createIndexConcurrently = defineAction<PostgresConnection, typeof input>({
  id: 'postgres.create-index-concurrently',
  summary: 'Builds an index without locking writers out; what an unfinished build leaves is dropped',
  risk: 'risky',
  input,
  privileges: [
    'GRANT shop_owner TO upkeep;                     -- only the owner of a table may index it',
    'GRANT CREATE ON SCHEMA public TO shop_owner;',
  ].join('\n'),

  plan: (conn, wanted, ctx) =>
    conn.work.use(ctx.signal, async (query) => {
      const name = `${wanted.schema}.${wanted.table}`;
      const table = await readTable(query, wanted.schema, wanted.table);
      if (table === undefined) return { refused: `there is no table ${name} in this database` };
      if (table.kind !== 'r' && table.kind !== 'm') {
        return { refused: `${name} is no plain table: no index can be built concurrently on it` };
      }
      if (!table.owns)
        return { refused: `only its owner may index ${name}; as a superuser: ${table.owner_grant}` };
      const unknown = [...wanted.columns.map(({ column }) => column), ...wanted.include].find(
        (column) => !table.columns.includes(column),
      );
      if (unknown !== undefined) return { refused: `${name} has no column ${unknown}` };
      const same = (await readIndexesOf(query, table.oid)).find((index) => isSame(index, wanted));
      if (same) {
        return {
          refused: `index ${same.name} is like it${same.valid ? '' : ', but not valid: rebuild or drop that one'}`,
        };
      }
      if (await isNameTaken(query, wanted.schema, wanted.index)) {
        return { refused: `${wanted.schema}.${wanted.index} exists already; choose another name` };
      }
      const [build] = await buildsOn(query, table.oid);
      if (build) return { refused: `pid ${build.pid} builds an index on ${name} now (${build.phase})` };
      const oldest = await oldestTransaction(query);
      if (oldest && oldest.seconds > longTransactionSeconds) {
        return {
          refused: `it would wait for pid ${oldest.pid} (${oldest.who}), whose transaction is open for ${formatDuration(oldest.seconds * 1_000)}`,
        };
      }
      return {
        summary: `Build index ${wanted.index} on ${name} (${wanted.columns.map(({ column }) => column).join(', ')}); the table has ${sizeOf(table.bytes)}`,
        steps: [statementOf(wanted)],
        before: { tableOid: table.oid, tableBytes: table.bytes, tableRows: table.rows, exists: false },
        expect: `index ${wanted.index} is valid, and the statements that it is for are faster`,
        undo: { possible: true, how: dropStatement(wanted) },
        subjects: [`table ${name}`],
        touches: ['schema-migration'],
        verifyWithinMs: buildLimitMs(table.bytes),
        holdMs: 10_000,
      };
    }),

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const wanted = input.parse(plan.input);
    const statement = statementOf(wanted);
    demandSteps(plan, [statement]);
    // A build that waits in the queue for its lock holds up no reader and no writer, so it may wait for long.
    const limits = {
      lockTimeoutMs: 60_000,
      statementTimeoutMs: plan.verifyWithinMs,
      mayOutlast: true,
    } as const;
    return act(conn, ctx.signal, limits, async (query) => {
      const state = await stateOf(query, plan, wanted);
      if (state === 'valid') return `index ${wanted.index} is there already`;
      if (state === 'building') return `index ${wanted.index} is being built already`;
      if (state !== 'absent') throw new Error(`${state}; nothing was done`);
      await retryingLocks(
        ctx.clock,
        () => query(statement),
        () => dropRest(query, plan, wanted),
      );
      return `index ${wanted.index} was built`;
    });
  },

  verify: (conn, plan, ctx) =>
    conn.work.use(ctx.signal, async (query) => {
      const wanted = input.parse(plan.input);
      const own = (await readIndexesOf(query, String(plan.before.tableOid))).find(
        ({ name }) => name === wanted.index,
      );
      const after = { exists: own !== undefined, valid: own?.valid ?? false, bytes: own?.bytes ?? 0 };
      const [build] = await buildsOn(query, String(plan.before.tableOid));
      if (own?.valid && isSame(own, wanted)) {
        return { good: true, detail: `index ${own.name} is valid and has ${sizeOf(own.bytes)}`, after };
      }
      const share =
        build?.share === null || build === undefined ? '' : `, ${Math.round(build.share * 100)} %`;
      const detail = build
        ? `index ${wanted.index} is being built: ${build.phase}${share}`
        : own
          ? `index ${wanted.index} is not valid`
          : `there is no index ${wanted.index}`;
      return { good: false, detail, after };
    }),

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const wanted = input.parse(plan.input);
    const limits = { lockTimeoutMs: 5_000, statementTimeoutMs: 60_000, mayOutlast: true } as const;
    return act(conn, ctx.signal, limits, async (query) => {
      for (const build of await buildsOn(query, String(plan.before.tableOid))) {
        if (build.isOurs) await query('SELECT pg_cancel_backend($1)', [build.pid]);
      }
      const own = await ownIndex(query, plan, wanted);
      if (own === undefined) return `there is no index ${wanted.index}`;
      // A build that was stopped clears away what it had, and may do so between our look and this.
      await retryingLocks(ctx.clock, () => query(dropStatement(wanted, 'IF EXISTS ')));
      return `index ${wanted.index} was dropped`;
    });
  },
});

function statementOf({ schema, table, index, columns, include, method, unique }: Wanted): string {
  const keys = columns.map(
    ({ column, descending }) => `${escapeIdentifier(column)}${descending ? ' DESC' : ''}`,
  );
  const rest = include.length === 0 ? '' : ` INCLUDE (${include.map(escapeIdentifier).join(', ')})`;
  return `CREATE ${unique ? 'UNIQUE ' : ''}INDEX CONCURRENTLY ${escapeIdentifier(index)} ON ${qualified(schema, table)} USING ${method} (${keys.join(', ')})${rest}`;
}

function dropStatement({ schema, index }: Wanted, condition: 'IF EXISTS ' | '' = ''): string {
  return `DROP INDEX CONCURRENTLY ${condition}${qualified(schema, index)}`;
}

function isSame(index: Index, wanted: Wanted): boolean {
  const columns = [...wanted.columns.map(({ column }) => column), ...wanted.include];
  return (
    index.method === wanted.method &&
    index.keys === wanted.columns.length &&
    (index.unique || !wanted.unique) &&
    !index.partial &&
    !index.expressions &&
    index.columns.length === columns.length &&
    index.columns.every((column, at) => column === columns[at]) &&
    wanted.columns.every(({ descending }, at) => ((index.options[at] ?? 0) & 1) === (descending ? 1 : 0))
  );
}

/** The index of this name, made since the plan: the plan was made only while there was none. */
async function ownIndex(query: Query, plan: Plan, wanted: Wanted): Promise<Index | undefined> {
  const indexes = await readIndexesOf(query, String(plan.before.tableOid));
  return indexes.find((index) => index.name === wanted.index && isSame(index, wanted));
}

async function stateOf(query: Query, plan: Plan, wanted: Wanted): Promise<string> {
  const table = await readTable(query, wanted.schema, wanted.table);
  if (table === undefined || table.oid !== plan.before.tableOid)
    return `table ${wanted.table} is not the one it was planned for`;
  const own = await ownIndex(query, plan, wanted);
  if (own?.valid) return 'valid';
  const builds = await buildsOn(query, table.oid);
  if (own && builds.some(({ isOurs }) => isOurs)) return 'building';
  if (builds.length > 0) return `pid ${builds[0]?.pid} builds an index on it now`;
  return (await isNameTaken(query, wanted.schema, wanted.index))
    ? `${wanted.index} is there now and is not what was planned`
    : 'absent';
}

/** An index that was not finished slows every write and serves nobody. */
async function dropRest(query: Query, plan: Plan, wanted: Wanted): Promise<void> {
  const own = await ownIndex(query, plan, wanted);
  if (own && !own.valid) await query(dropStatement(wanted));
}
