import type { Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection, type Seen } from '../client.ts';
import { listed, told } from '../in-words.ts';
import type { Query } from '../session.ts';
import { hiddenFrom, visibility } from '../visibility.ts';

interface Standby {
  readonly name: string;
  readonly state: string | null;
  readonly sync: boolean;
}

const ofPrimaries = ['postgres.replication.sync_missing', 'postgres.replication.catching_up'] as const;

export const replicationStates: Probe<PostgresConnection> = {
  id: 'postgres.replication-states',
  summary:
    'Synchronous standbys that commits wait for, standbys that catch up, paused replay, cancelled queries',
  atMostEveryMs: 5_000,
  metrics: {
    'postgres.replication.sync_missing': {
      summary: 'Synchronous standbys that are asked for and not there: commits wait for them',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.replication.catching_up': {
      summary: 'Standbys connected and not yet streaming (startup, catchup)',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.replication.replay_paused': {
      summary: 'On a standby: 1 while replay is paused by command',
      unit: 'state',
      kind: 'gauge',
    },
    'postgres.replication.conflicts': {
      summary: 'On a standby: statements cancelled because replay needed what they used',
      unit: 'count',
      kind: 'counter',
    },
  },
  run: (conn, ctx) =>
    observe(conn.quick, ctx, async (query) => {
      const [row] = await query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
      return row?.standby ? ofStandby(query) : ofPrimary(query);
    }),
};

/** `FIRST 2 (a, b)`, `ANY 1 (a, b)` and `2 (a, b)` say how many; a bare list asks for one. */
export function synchronousWanted(names: string, commit: string): number {
  if (names.trim() === '' || commit === 'off' || commit === 'local') return 0;
  return Number(/^\s*(?:first\s+|any\s+)?(\d+)\s*\(/i.exec(names)?.[1] ?? 1);
}

async function ofPrimary(query: Query): Promise<Seen> {
  const who = await visibility(query);
  const [asked] = await query<{ names: string; commit: string }>(
    `SELECT current_setting('synchronous_standby_names') AS names, current_setting('synchronous_commit') AS commit`,
  );
  const wanted = synchronousWanted(asked?.names ?? '', asked?.commit ?? '');
  const rows = await query<Standby>(
    `SELECT coalesce(nullif(application_name, ''), pid::text) AS name, state,
            coalesce(state = 'streaming' AND sync_state IN ('sync', 'quorum'), false) AS sync
       FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup' ORDER BY name LIMIT 50`,
  );
  if (!who.seesAll && (rows.length > 0 || wanted > 0))
    return { readings: [], missing: hiddenFrom(who, ofPrimaries) };
  const present = rows.filter(({ sync }) => sync).length;
  const late = rows.filter(({ state }) => state === 'catchup' || state === 'startup');
  const lack = Math.max(0, wanted - present);
  return {
    readings: [
      told(
        'postgres.replication.sync_missing',
        lack,
        lack > 0 ? `${present} of ${wanted} synchronous standbys (${asked?.names}) stream: commits wait` : '',
      ),
      told(
        'postgres.replication.catching_up',
        late.length,
        listed(late.map(({ name, state }) => `${name} (${state})`)),
      ),
    ],
  };
}

async function ofStandby(query: Query): Promise<Seen> {
  const [row] = await query<{ paused: boolean; conflicts: number }>(
    `SELECT pg_is_wal_replay_paused() AS paused,
            (SELECT coalesce(sum(conflicts), 0)::float8 FROM pg_stat_database) AS conflicts`,
  );
  const readings: Reading[] = [
    { metric: 'postgres.replication.replay_paused', value: row?.paused ? 1 : 0 },
    { metric: 'postgres.replication.conflicts', value: row?.conflicts ?? 0 },
  ];
  return { readings };
}
