import type { Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { listed, told } from '../in-words.ts';

interface Subscription {
  readonly name: string;
  readonly enabled: boolean;
  readonly works: boolean;
  readonly tables: number;
  readonly unready: number;
  readonly errors: number | null;
}

/** pg_stat_subscription_stats exists since PostgreSQL 15; the errors are unknown before. */
const subscriptionsSql = (errors: string) => `
SELECT s.subname::text AS name, s.subenabled AS enabled,
       EXISTS (SELECT FROM pg_stat_subscription w WHERE w.subid = s.oid AND w.relid IS NULL AND w.pid IS NOT NULL) AS works,
       (SELECT count(*)::int FROM pg_subscription_rel r WHERE r.srsubid = s.oid) AS tables,
       (SELECT count(*)::int FROM pg_subscription_rel r WHERE r.srsubid = s.oid AND r.srsubstate <> 'r') AS unready,
       ${errors} AS errors
  FROM pg_subscription s
 WHERE s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY name LIMIT 50`;
const withErrors = subscriptionsSql(
  '(SELECT (apply_error_count + sync_error_count)::float8 FROM pg_stat_subscription_stats e WHERE e.subid = s.oid)',
);
const withoutErrors = subscriptionsSql('NULL::float8');

export const subscriptions: Probe<PostgresConnection> = {
  id: 'postgres.subscriptions',
  summary: 'Logical subscriptions of this database: workers, errors, tables not yet in step',
  atMostEveryMs: 30_000,
  metrics: {
    'postgres.subscriptions.stopped': {
      summary: 'Subscriptions that are enabled and have no worker',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.subscriptions.disabled': {
      summary: 'Subscriptions that are disabled: their publisher keeps WAL for them',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.subscriptions.unready_tables': {
      summary: 'Tables not yet in step with their publisher',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.subscriptions.errors': {
      summary: 'Errors of applying and of the first copy, since PostgreSQL 15',
      unit: 'count',
      kind: 'counter',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (query) => {
      const [server] = await query<{ has_errors: boolean }>(
        `SELECT current_setting('server_version_num')::int >= 150000 AS has_errors`,
      );
      const rows = await query<Subscription>(server?.has_errors ? withErrors : withoutErrors);
      const named = (of: (row: Subscription) => boolean) => rows.filter(of).map(({ name }) => name);
      const stopped = named(({ enabled, works }) => enabled && !works);
      const disabled = named(({ enabled }) => !enabled);
      const unready = rows.filter((row) => row.enabled && row.unready > 0);
      const readings: Reading[] = [
        told('postgres.subscriptions.stopped', stopped.length, listed(stopped)),
        told('postgres.subscriptions.disabled', disabled.length, listed(disabled)),
        told(
          'postgres.subscriptions.unready_tables',
          unready.reduce((sum, row) => sum + row.unready, 0),
          listed(unready.map((row) => `${row.name}: ${row.unready} of ${row.tables} tables`)),
        ),
        ...rows.flatMap(({ name, errors }) =>
          errors === null
            ? []
            : [{ metric: 'postgres.subscriptions.errors', value: errors, labels: { subscription: name } }],
        ),
      ];
      return { readings };
    }),
};
