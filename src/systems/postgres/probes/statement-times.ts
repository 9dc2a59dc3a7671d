import { statementFingerprint } from '../../../core/novelty/statement-fingerprint.ts';
import type { Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { told } from '../in-words.ts';
import type { Query } from '../session.ts';
import { baselineOf, type Judged, type Totals, timesOf } from '../statement-baseline.ts';
import { hiddenFrom, visibility } from '../visibility.ts';
import { lookingBack } from '../window.ts';

const windowMs = 5 * 60_000;
const mostText = 200;
/** Only these are judged: dumps (COPY), maintenance and DDL take long by their nature. */
const judgedText = /^\s*(\/\*.*?\*\/\s*)*(select|insert|update|delete|merge|with|values)\b/is;

const metrics = ['postgres.statements.slowest', 'postgres.statements.regression'] as const;

export const statementTimes: Probe<PostgresConnection> = {
  id: 'postgres.statement-times',
  summary: 'Statements that are slow and take much of the time, and those that became slower than they were',
  atMostEveryMs: 60_000,
  metrics: {
    'postgres.statements.slowest': {
      summary:
        'Mean time of the slowest statement of the last 5 minutes that ran 100 times or more and took a tenth of all time; 0 without any',
      unit: 'seconds',
      kind: 'gauge',
    },
    'postgres.statements.regression': {
      summary:
        'Mean time of the last 5 minutes ÷ its median of up to 7 days, of the statement that got worst, from 50 ms and 20 runs on; 1 without any, nothing until half an hour is known',
      unit: 'ratio',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (query) => {
      if (!conn.config.statements) return { readings: [] };
      const who = await visibility(query);
      if (!who.seesAll) return { readings: [], missing: hiddenFrom(who, metrics) };
      const schema = await schemaOf(query);
      // What keeps the extension from being read is said by postgres.statements.
      if (schema === undefined) return { readings: [] };
      const now = await totals(query, schema);
      const at = ctx.clock.monotonic();
      const then = fiveMinutesAgo(conn, at, now);
      if (then === undefined) return { readings: [] };
      const judged = timesOf(then, now, baselineOf(conn), at);
      const readings: Reading[] = [await worst(query, schema, judged.slow, 'postgres.statements.slowest', 0)];
      if (judged.isKnown) {
        readings.push(await worst(query, schema, judged.regressed, 'postgres.statements.regression', 1));
      }
      return { readings };
    }),
};

const fiveMinutesAgo = lookingBack<Totals>(windowMs, (before, now) => callsOf(now) < callsOf(before));

function callsOf(totals: Totals): number {
  return [...totals.values()].reduce((sum, { calls }) => sum + calls, 0);
}

async function schemaOf(query: Query): Promise<string | undefined> {
  const [extension] = await query<{ schema: string }>(
    `SELECT quote_ident(n.nspname) AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
      WHERE e.extname = 'pg_stat_statements'
        AND current_setting('shared_preload_libraries') LIKE '%pg_stat_statements%'`,
  );
  return extension?.schema;
}

async function totals(query: Query, schema: string): Promise<Totals> {
  const rows = await query<{ id: string; calls: number; seconds: number }>(
    `SELECT queryid::text AS id, sum(calls)::float8 AS calls, sum(total_exec_time)::float8 / 1000 AS seconds
       FROM ${schema}.pg_stat_statements(false)
      WHERE queryid IS NOT NULL AND userid <> (SELECT oid FROM pg_roles WHERE rolname = current_user)
      GROUP BY queryid`,
  );
  return new Map(rows.map(({ id, calls, seconds }) => [id, { calls, seconds }]));
}

/** The file with the texts is read only where something is to be told. */
async function worst(
  query: Query,
  schema: string,
  found: readonly Judged[],
  metric: string,
  none: number,
): Promise<Reading> {
  if (found.length === 0) return { metric, value: none };
  const rows = await query<{ id: string; text: string }>(
    `SELECT queryid::text AS id, min(left(query, 4000)) AS text
       FROM ${schema}.pg_stat_statements(true) WHERE queryid::text = ANY($1) GROUP BY queryid`,
    [found.map(({ id }) => id)],
  );
  const texts = new Map(rows.filter(({ text }) => judgedText.test(text)).map(({ id, text }) => [id, text]));
  const one = found.find(({ id }) => texts.has(id));
  if (one === undefined) return { metric, value: none };
  const text = statementFingerprint(texts.get(one.id) ?? '').slice(0, mostText);
  return told(metric, one.value, `${one.detail}: ${text}`);
}
