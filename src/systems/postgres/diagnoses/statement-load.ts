/** What the statements of now cost and how they are planned: two looks at pg_stat_statements, and EXPLAIN of the worst. */
import type { Evidence, Scalar } from '../../../core/evidence.ts';
import { tableOf } from '../../../core/evidence-rows.ts';
import { plain } from '../../../core/plain.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import type { PostgresConnection } from '../client.ts';
import { readIndexesOf, readTable } from '../relations.ts';
import type { Query } from '../session.ts';
import { longestText, look } from './evidence.ts';
import { explain, type Scan } from './explain.ts';

const windowMs = 2_000;
const mostExplained = 3;
const mostShown = 10;
/** Several diagnoses ask for the same within one investigation. */
const sharedForMs = 3_000;

interface Totals {
  readonly id: string;
  readonly calls: number;
  readonly ms: number;
  readonly temp: number;
  readonly rows: number;
}

/** What one statement cost within the window. */
export interface Load extends Totals {
  readonly text: string;
}

const statementColumns = ['queryid', 'statement', 'calls', 'meanMs', 'share', 'tempBytes'] as const;
const planColumns = ['queryid', 'shape', 'cost', 'schema', 'table', 'tableRows', 'filter'] as const;
const indexColumns = ['schema', 'table', 'index', 'valid', 'firstColumn', 'definition'] as const;

export interface StatementLoad {
  readonly evidence: readonly Evidence[];
  /** Texts are untrusted and long; they stay here. */
  readonly worst: readonly Load[];
}

const shared = new WeakMap<PostgresConnection, { at: number; load: Promise<StatementLoad> }>();

export function statementLoad(
  conn: PostgresConnection,
  target: string,
  ctx: DiagnosisContext,
): Promise<StatementLoad> {
  const now = ctx.clock.monotonic();
  const recent = shared.get(conn);
  if (recent && now - recent.at < sharedForMs) return recent.load;
  const load = gather(conn, target, ctx);
  shared.set(conn, { at: now, load });
  return load;
}

async function gather(
  conn: PostgresConnection,
  target: string,
  ctx: DiagnosisContext,
): Promise<StatementLoad> {
  let worst: Load[] = [];
  const about = {
    title: 'Statements by the time they took within the last two seconds',
    how: 'pg_stat_statements, twice',
  };
  const first = await look(conn.work, target, ctx, { id: 'statements', ...about }, async (query) => {
    const before = await totals(query);
    if (typeof before === 'string') return { unseen: before };
    started.set(conn, { at: ctx.clock.monotonic(), before });
    return {};
  });
  const begun = started.get(conn);
  started.delete(conn);
  if (first.unseen !== undefined || begun === undefined) return { evidence: [first], worst };
  await ctx.clock.sleep(windowMs, ctx.signal).catch(() => {});
  const statements = await look(conn.work, target, ctx, { id: 'statements', ...about }, async (query) => {
    const after = await totals(query);
    if (typeof after === 'string') return { unseen: after };
    const seconds = (ctx.clock.monotonic() - begun.at) / 1_000;
    const spent = increases(begun.before, after);
    const ms = spent.reduce((sum, one) => sum + one.ms, 0);
    worst = await withTexts(query, spent.slice(0, mostShown));
    const rows = worst.map((one) => ({
      queryid: one.id,
      statement: plain(one.text, longestText),
      calls: one.calls,
      meanMs: one.ms / one.calls,
      share: ms === 0 ? 0 : one.ms / ms,
      tempBytes: one.temp,
    }));
    const calls = spent.reduce((sum, one) => sum + one.calls, 0);
    return {
      facts: {
        seconds,
        callsPerSecond: calls / seconds,
        busy: ms / 1_000 / seconds,
        tempBytes: spent.reduce((sum, one) => sum + one.temp, 0),
      },
      table: tableOf(statementColumns, rows),
    };
  });
  if (worst.length === 0) return { evidence: [statements], worst };
  return { evidence: [statements, ...(await plans(conn, target, ctx, worst))], worst };
}

const started = new WeakMap<PostgresConnection, { at: number; before: ReadonlyMap<string, Totals> }>();

async function plans(
  conn: PostgresConnection,
  target: string,
  ctx: DiagnosisContext,
  worst: readonly Load[],
): Promise<Evidence[]> {
  const scanned = new Map<string, Scan>();
  const explained = await look(
    conn.work,
    target,
    ctx,
    {
      id: 'plans',
      title: 'Plans of the statements that take most, nothing run',
      how: 'EXPLAIN (VERBOSE) EXECUTE, generic plan',
    },
    async (query) => {
      const rows: Record<string, Scalar>[] = [];
      const unseen = new Set<string>();
      for (const { id, text } of worst.slice(0, mostExplained)) {
        const explanation = await explain(query, text);
        if ('unseen' in explanation) {
          unseen.add(plain(explanation.unseen));
          continue;
        }
        const base = { queryid: id, shape: explanation.shape, cost: explanation.cost };
        if (explanation.scans.length === 0) rows.push(base);
        for (const scan of explanation.scans) {
          scanned.set(`${scan.schema}.${scan.table}`, scan);
          const table = await readTable(query, scan.schema, scan.table);
          rows.push({ ...base, ...scan, tableRows: table?.rows ?? null });
        }
      }
      return {
        table: tableOf(planColumns, rows),
        ...(unseen.size === 0 ? {} : { unseen: [...unseen].join('; ') }),
      };
    },
  );
  if (scanned.size === 0) return [explained];
  const indexes = await look(
    conn.work,
    target,
    ctx,
    { id: 'indexes', title: 'Indexes of the tables that are read whole', how: 'pg_index, pg_get_indexdef' },
    async (query) => {
      const rows: Record<string, Scalar>[] = [];
      for (const { schema, table } of scanned.values()) {
        const found = await readTable(query, schema, table);
        for (const index of found ? await readIndexesOf(query, found.oid) : []) {
          const firstColumn = index.columns[0] ?? null;
          rows.push({
            schema,
            table,
            index: index.name,
            valid: index.valid && !index.partial,
            firstColumn,
            definition: index.definition,
          });
        }
      }
      return { table: tableOf(indexColumns, rows) };
    },
  );
  return [explained, indexes];
}

/** What is missing in words; the statistics of every statement of this database otherwise. */
async function totals(query: Query): Promise<ReadonlyMap<string, Totals> | string> {
  const schema = await schemaOf(query);
  if (schema === undefined)
    return 'pg_stat_statements is not installed in this database: CREATE EXTENSION pg_stat_statements';
  const rows = await query<Totals>(
    `SELECT queryid::text AS id, sum(calls)::float8 AS calls, sum(total_exec_time)::float8 AS ms, sum(rows)::float8 AS rows,
            (sum(temp_blks_written) * 8192)::float8 AS temp
       FROM ${schema}.pg_stat_statements(false)
      WHERE queryid IS NOT NULL AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
      GROUP BY queryid`,
  );
  return new Map(rows.map((row) => [row.id, row]));
}

async function schemaOf(query: Query): Promise<string | undefined> {
  const [row] = await query<{ schema: string }>(
    `SELECT quote_ident(n.nspname) AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
      WHERE e.extname = 'pg_stat_statements'`,
  );
  return row?.schema;
}

function increases(before: ReadonlyMap<string, Totals>, after: ReadonlyMap<string, Totals>): Totals[] {
  return [...after.values()]
    .map((now) => {
      const then = before.get(now.id);
      if (then === undefined || now.calls < then.calls) return now;
      return {
        id: now.id,
        calls: now.calls - then.calls,
        ms: now.ms - then.ms,
        rows: now.rows - then.rows,
        temp: now.temp - then.temp,
      };
    })
    .filter(({ calls }) => calls > 0)
    .sort((a, b) => b.ms - a.ms);
}

/** Ours and other watchers' are left out: looking at the statistics is no load of the application. */
const watching =
  /\bpg_(stat|locks|settings|class|index|catalog|database|namespace|replication|prepared|ls_|is_in|roles)/i;

async function withTexts(query: Query, spent: readonly Totals[]): Promise<Load[]> {
  const schema = await schemaOf(query);
  if (schema === undefined || spent.length === 0) return [];
  const rows = await query<{ id: string; text: string }>(
    `SELECT queryid::text AS id, min(query) AS text FROM ${schema}.pg_stat_statements(true)
      WHERE queryid::text = ANY ($1) GROUP BY queryid`,
    [spent.map(({ id }) => id)],
  );
  const texts = new Map(rows.map(({ id, text }) => [id, text]));
  return spent.flatMap((one) => {
    const text = texts.get(one.id);
    return text === undefined ||
      text.length > 20_000 ||
      watching.test(text) ||
      /^\s*(begin|commit|rollback|set|show|deallocate|prepare)\b/i.test(text)
      ? []
      : [{ ...one, text }];
  });
}
