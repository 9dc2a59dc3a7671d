import type { Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { listed, told } from '../in-words.ts';
import { minorsAsOf, standingOf } from '../releases.ts';
import type { Query } from '../session.ts';

export const versions: Probe<PostgresConnection> = {
  id: 'postgres.versions',
  summary: 'How old server, extensions and collations are',
  atMostEveryMs: 600_000,
  metrics: {
    'postgres.version.support_left': {
      summary: 'Time until this major release gets no more fixes; below 0 when it is over',
      unit: 'seconds',
      kind: 'gauge',
    },
    'postgres.version.minors_behind': {
      summary: `Minor releases that were out on ${minorsAsOf} and are not installed`,
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.extensions.outdated': {
      summary: 'Extensions of this database whose installed version is not the one of the server’s files',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.collations.changed': {
      summary:
        'Databases and collations made with another version of the system’s sorting rules: their text indexes may be wrong',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.seldom, ctx, async (query) => {
      const [server] = await query<{ number: number }>(
        `SELECT current_setting('server_version_num')::int AS number`,
      );
      const { version, minorsBehind, supportLeft } = standingOf(server?.number ?? 0, ctx.clock.now());
      const old = await query<{ extension: string }>(
        `SELECT format('%s %s (%s is there)', name, installed_version, default_version) AS extension
           FROM pg_available_extensions WHERE installed_version <> default_version ORDER BY name LIMIT 100`,
      );
      const readings: Reading[] = [
        told('postgres.version.minors_behind', minorsBehind, `PostgreSQL ${version}`),
        told('postgres.extensions.outdated', old.length, listed(old.map(({ extension }) => extension))),
        await collations(query, server?.number ?? 0),
      ];
      if (supportLeft !== undefined) {
        readings.push(told('postgres.version.support_left', supportLeft, `PostgreSQL ${version}`));
      }
      return { readings };
    }),
};

/** Databases know the version of their default collation since PostgreSQL 15. */
async function collations(query: Query, server: number): Promise<Reading> {
  const ofDatabases = `UNION ALL SELECT format('database %s (%s, now %s)', datname, datcollversion,
      pg_database_collation_actual_version(oid)) FROM pg_database
    WHERE datcollversion IS NOT NULL AND datallowconn
      AND datcollversion <> pg_database_collation_actual_version(oid)`;
  const rows = await query<{ name: string }>(
    `SELECT format('collation %s (%s, now %s)', collname, collversion, pg_collation_actual_version(oid)) AS name
       FROM pg_collation WHERE collversion IS NOT NULL AND collversion <> pg_collation_actual_version(oid)
        AND EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_collation'::regclass AND d.refobjid = pg_collation.oid)
     ${server >= 150000 ? ofDatabases : ''} LIMIT 100`,
  );
  return told('postgres.collations.changed', rows.length, listed(rows.map(({ name }) => name)));
}
