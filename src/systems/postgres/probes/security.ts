import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { grantPlace, psqlCommand } from '../grants.ts';
import { listed, told } from '../in-words.ts';
import { advisoryLints, judgedLints } from '../security-lints.ts';
import type { Query } from '../session.ts';
import { hiddenFrom, visibility } from '../visibility.ts';

export const security: Probe<PostgresConnection> = {
  id: 'postgres.security',
  summary: 'Who may do more than is safe: roles, grants, functions, row security, pg_hba.conf',
  atMostEveryMs: 300_000,
  metrics: {
    'postgres.security.found': {
      summary: 'Objects that a security lint found, by lint',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.security.noted': {
      summary: 'Objects that are often so on purpose, by lint; for reports only',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.security.remote_trust': {
      summary: 'Lines of pg_hba.conf that let other machines in with no password or a clear one',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.security.unencrypted': {
      summary: 'Sessions from other machines without TLS',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.seldom, ctx, async (query) => {
      const readings: Reading[] = [];
      for (const [metric, lints] of [
        ['postgres.security.found', judgedLints],
        ['postgres.security.noted', advisoryLints],
      ] as const) {
        for (const { lint, sql } of lints) {
          const names = (await query<{ name: string }>(sql)).map(({ name }) => name);
          readings.push(told(metric, names.length, listed(names), { lint }));
        }
      }
      const who = await visibility(query);
      if (who.seesAll) readings.push(await unencrypted(query));
      const hba = await readAccessFile(query, who.user);
      return {
        readings: [...readings, ...hba.readings],
        missing: [...hiddenFrom(who, ['postgres.security.unencrypted']), ...hba.missing],
      };
    }),
};

async function unencrypted(query: Query): Promise<Reading> {
  const rows = await query<{ who: string; sessions: number }>(
    `SELECT format('%s from %s', a.usename, host(a.client_addr)) AS who, count(*)::int AS sessions
       FROM pg_stat_activity a JOIN pg_stat_ssl s USING (pid)
      WHERE NOT s.ssl AND a.client_addr IS NOT NULL AND NOT a.client_addr <<= '127.0.0.0/8'
        AND a.client_addr <> '::1' AND a.client_addr IS DISTINCT FROM inet_server_addr()
      GROUP BY 1 ORDER BY sessions DESC LIMIT 100`,
  );
  const sessions = rows.reduce((sum, row) => sum + row.sessions, 0);
  return told('postgres.security.unencrypted', sessions, listed(rows.map(({ who }) => who)));
}

/** Only a superuser reads the view unless it is granted. Loopback addresses and sockets are this machine. */
async function readAccessFile(
  query: Query,
  user: string,
): Promise<{ readings: Reading[]; missing: Missing[] }> {
  const [may] = await query<{ may: boolean }>(
    `SELECT has_table_privilege('pg_hba_file_rules', 'SELECT')
        AND has_function_privilege('pg_hba_file_rules()', 'EXECUTE') AS may`,
  );
  if (!may?.may) {
    const place = await grantPlace(query);
    const grants = ['SELECT ON pg_hba_file_rules', 'EXECUTE ON FUNCTION pg_hba_file_rules()'];
    const remedy = psqlCommand(
      place,
      grants.map((one) => `GRANT ${one} TO ${place.role};`),
    );
    const reason = `role ${user} may not see the rules of pg_hba.conf`;
    return { readings: [], missing: [{ metrics: ['postgres.security.remote_trust'], reason, remedy }] };
  }
  const rows = await query<{ name: string; is_weak: boolean }>(
    `SELECT format('line %s: %s %s %s %s', line_number, type, array_to_string(database, ','),
                   array_to_string(user_name, ','), auth_method) AS name, auth_method = 'md5' AS is_weak
       FROM pg_hba_file_rules
      WHERE error IS NULL AND type LIKE 'host%' AND auth_method IN ('trust', 'password', 'md5')
        AND coalesce(address, '') NOT IN ('127.0.0.1', '::1', 'localhost', 'samehost') AND address NOT LIKE '127.%'
      ORDER BY line_number LIMIT 100`,
  );
  const named = (isWeak: boolean) => rows.filter((row) => row.is_weak === isWeak).map(({ name }) => name);
  const [open, weak] = [named(false), named(true)];
  return {
    readings: [
      told('postgres.security.remote_trust', open.length, listed(open)),
      told('postgres.security.found', weak.length, listed(weak), { lint: 'md5 passwords' }),
    ],
    missing: [],
  };
}
