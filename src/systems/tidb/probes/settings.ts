import type { Snapshot } from '../../../core/change.ts';
import type { Missing } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe } from '../../../protocols/mysql/observe.ts';
import { goSeconds, readOr } from '../access.ts';
import type { TidbConnection } from '../client.ts';
import type { Db } from '../session.ts';

export const settings: Probe<TidbConnection> = {
  id: 'tidb.settings',
  summary:
    'Settings that put the cluster at risk; all variables and configurations for the ledger of changes',
  atMostEveryMs: 300_000,
  metrics: {
    'tidb.settings.unsafe': {
      summary: 'Settings by which a cluster stops cleaning up, learning or protecting itself',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (db) => {
      const variables = await readVariables(db);
      const unsafe = unsafeIn(variables);
      const config = await readConfig(db);
      return {
        readings: [{ metric: 'tidb.settings.unsafe', value: unsafe.length }],
        snapshots: [
          { document: 'tidb.variables', kind: 'configuration', values: documentOf(variables) },
          ...config.snapshots,
        ],
        missing: config.missing,
        ...(unsafe.length === 0 ? {} : { detail: unsafe.join('; ') }),
      };
    }),
};

type Values = ReadonlyMap<string, string>;

async function readVariables(db: Db): Promise<Values> {
  const rows = await db.query<{ Variable_name: string; Value: string | null }>('SHOW GLOBAL VARIABLES');
  return new Map(rows.map((row) => [row.Variable_name.toLowerCase(), String(row.Value ?? '')]));
}

/** More than a day of old versions slows every scan down (J); TiDB's own default is 10 minutes. */
const longestLifeSeconds = 86_400;

function unsafeIn(variables: Values): string[] {
  const isOff = (name: string) => /^(OFF|0|false)$/i.test(variables.get(name) ?? 'ON');
  const life = variables.get('tidb_gc_life_time');
  return [
    ...(isOff('tidb_gc_enable') ? ['tidb_gc_enable = OFF: old versions are never collected'] : []),
    ...((goSeconds(life) ?? 0) > longestLifeSeconds ? [`tidb_gc_life_time = ${life}`] : []),
    ...(variables.get('tidb_server_memory_limit') === '0'
      ? ['tidb_server_memory_limit = 0: one query can end the server']
      : []),
    ...(isOff('tidb_enable_auto_analyze')
      ? ['tidb_enable_auto_analyze = OFF: plans go by statistics that grow old']
      : []),
  ];
}

/** Change by themselves, or may hold a secret; tidb_config is the whole file of one server. */
const leftOut =
  /^(tidb_config|tidb_current_ts|tidb_last_|last_|timestamp|identity|rand_seed|error_count|warning_count|tidb_gc_.*_time$|hostname|port|socket|tidb_service_scope)|auth|password|secret|token|ssl_|_key$/;

function documentOf(variables: Values): Record<string, string> {
  return Object.fromEntries(
    [...variables]
      // The life time is a setting; moments of the collector are none.
      .filter(([name]) => name === 'tidb_gc_life_time' || !leftOut.test(name))
      .map(([name, value]) => [name, value.slice(0, 200)]),
  );
}

const secretConfig = /password|secret|token|key|auth|cert|security|access/i;

async function readConfig(db: Db): Promise<{ snapshots: Snapshot[]; missing: Missing[] }> {
  const read = await readOr<{ Type: string; Instance: string; Name: string; Value: string | null }>(
    db,
    [],
    'SHOW CONFIG',
  );
  if ('missing' in read)
    return {
      snapshots: [],
      missing: [
        {
          ...read.missing,
          reason: read.missing.reason.replace(', which it asks', ', which SHOW CONFIG asks'),
        },
      ],
    };
  const values = read.rows
    .filter(({ Name }) => !secretConfig.test(Name))
    .map(({ Type, Instance, Name, Value }): [string, string] => [
      `${Type} ${Instance} ${Name}`,
      String(Value ?? '').slice(0, 200),
    ]);
  return {
    snapshots: [{ document: 'tidb.config', kind: 'configuration', values: Object.fromEntries(values) }],
    missing: [],
  };
}
