import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { codeOf } from '../../../machine/network/error-code.ts';
import { observe, type PostgresConnection, type Seen } from '../client.ts';
import type { Query } from '../session.ts';
import { statementShares } from './statement-shares.ts';

const notLoaded = '55000';

export const statements: Probe<PostgresConnection> = {
  id: 'postgres.statements',
  summary: 'Statements a second, their mean time and the share of those that take most (pg_stat_statements)',
  atMostEveryMs: 15_000,
  metrics: {
    'postgres.statements.rate': { summary: 'Statements executed', unit: 'per-second', kind: 'gauge' },
    'postgres.statements.mean_time': {
      summary: 'Mean execution time since the last run',
      unit: 'seconds',
      kind: 'gauge',
    },
    'postgres.statements.share': {
      summary: 'Share of the execution time of the last minute, of the statements that take most',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (query) => {
      if (!conn.config.statements) return { readings: [] };
      const found = await totals(query);
      if ('missing' in found) return found;
      const elapsed = ctx.increase('clock', ctx.clock.monotonic() / 1_000);
      const calls = ctx.increase('calls', found.calls);
      const seconds = ctx.increase('seconds', found.seconds);
      const readings: Reading[] = [];
      if (calls !== undefined && elapsed !== undefined && elapsed > 0) {
        readings.push({ metric: 'postgres.statements.rate', value: calls / elapsed });
      }
      if (calls !== undefined && calls > 0 && seconds !== undefined) {
        readings.push({ metric: 'postgres.statements.mean_time', value: seconds / calls });
      }
      const shares = await statementShares(conn, query, found.schema, ctx.clock.monotonic());
      return { readings: [...readings, ...shares.readings], missing: shares.missing };
    }),
};

async function totals(
  query: Query,
): Promise<{ schema: string; calls: number; seconds: number } | (Seen & { missing: Missing[] })> {
  const [extension] = await query<{ schema: string; user: string }>(
    `SELECT quote_ident(n.nspname) AS schema, quote_ident(current_user) AS user FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
      WHERE e.extname = 'pg_stat_statements'`,
  );
  if (extension === undefined) {
    return unseen('the extension pg_stat_statements is not installed in this database', createIt);
  }
  try {
    // showtext false: the file with the statements' texts is not read.
    const [row] = await query<{ calls: number; seconds: number }>(
      `SELECT coalesce(sum(calls), 0)::float8 AS calls, coalesce(sum(total_exec_time), 0)::float8 / 1000 AS seconds
         FROM ${extension.schema}.pg_stat_statements(false)`,
    );
    return { schema: extension.schema, ...(row ?? { calls: 0, seconds: 0 }) };
  } catch (error) {
    if (codeOf(error) === notLoaded) return unseen('pg_stat_statements is not loaded', loadIt);
    if (codeOf(error) === '42501') {
      return unseen(
        'pg_stat_statements may not be read',
        `GRANT USAGE ON SCHEMA ${extension.schema} TO ${extension.user};`,
      );
    }
    throw error;
  }
}

const loadIt = "shared_preload_libraries = 'pg_stat_statements' in postgresql.conf, then restart PostgreSQL";
const createIt = `CREATE EXTENSION pg_stat_statements; (it needs ${loadIt})`;

function unseen(reason: string, remedy: string): Seen & { missing: Missing[] } {
  return { readings: [], missing: [{ metrics: ['*'], reason, remedy }] };
}
