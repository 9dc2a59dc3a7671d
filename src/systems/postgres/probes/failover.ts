import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { destination, observe, type Pair, type PostgresConnection } from '../client.ts';
import { promoteGrant } from '../failover/facts.ts';
import {
  type Answer,
  asClientOf,
  askServer,
  type StandbyStanding,
  type Standing,
  standbyStandingOf,
  standingOf,
} from '../failover/standing.ts';
import { conninfoPart, exchange } from '../failover/way-back.ts';
import { listed, told } from '../in-words.ts';
import type { Query } from '../session.ts';
import { grantMonitor, visibility } from '../visibility.ts';

const faults = 'postgres.failover.faults';
const brains = 'postgres.failover.split_brain';

/** Runs on the replica of a pair that `failover:` names, and says nothing elsewhere. */
export const failover: Probe<PostgresConnection> = {
  id: 'postgres.failover',
  summary:
    'Whether the replica of a pair of `failover:` could take over now, and that only one of the two is a primary',
  atMostEveryMs: 15_000,
  metrics: {
    [faults]: {
      summary: 'What stands against a failover to this replica, or would hurt after it',
      unit: 'count',
      kind: 'gauge',
    },
    [brains]: { summary: '1 while both servers of the pair take writes', unit: 'state', kind: 'gauge' },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (query) => {
      const { pair } = conn;
      if (pair === undefined || pair.side === 'primary') return { readings: [] };
      // Our own session writes nothing by its setting; what clients may do is asked as they are.
      const own = await asClientOf(conn.config, ctx, standingOf);
      const old = await askServer(pair.other, ctx);
      const state = splitBrain(own, old, pair);
      if (!own.standby) return { readings: [state, turned(own, old, pair)] };
      const { user, seesAll } = await visibility(query);
      const standby = await standbyStandingOf(query);
      const found = [
        ...ofReplica(own, standby, pair),
        ...ofPrimary(own, standby, old, pair),
        ...(old.kind === 'answers' && seesAll ? await ofLogin(query, standby, pair) : []),
      ];
      return { readings: [told(faults, found.length, listed(found)), state], missing: hidden(user, seesAll) };
    }),
};

function hidden(user: string, seesAll: boolean): Missing[] {
  if (seesAll) return [];
  const reason = `role ${user} may not see where the replica streams from`;
  return [{ metrics: [faults], reason, remedy: grantMonitor(user) }];
}

function splitBrain(own: Standing, old: Answer, { settings }: Pair): Reading {
  const isSplit = own.writable && old.kind === 'answers' && old.writable && old.started !== own.started;
  const words = `${settings.primary} and ${settings.replica} both take writes; stop the one that clients are not led to`;
  return told(brains, isSplit ? 1 : 0, isSplit ? words : '');
}

/** The replica is a primary: somebody promoted it, and the configuration is of yesterday. */
function turned(own: Standing, old: Answer, { settings }: Pair): Reading {
  const { name, primary, replica, fence, switch: way } = settings;
  const follow = exchange({ pair: name, primary, replica, switchedBy: way.by, hasFence: fence !== null });
  const isTurned = old.kind === 'answers' && old.standby && old.system === own.system;
  const words = isTurned
    ? `${replica} is the primary and ${primary} its standby: ${follow}`
    : `${replica} is no standby, so nothing can take over from it: make ${primary} its standby (the promotion that did it, under Actions, says how; docs/guide/recovery.md too), then ${follow}`;
  return told(faults, 1, words);
}

function ofReplica(own: Standing, standby: StandbyStanding, pair: Pair): string[] {
  const { primary, replica } = pair.settings;
  return [
    ...(standby.streaming ? [] : [`${replica} gets nothing from its primary`]),
    ...(standby.paused ? ['replay is paused'] : []),
    ...(/^0/.test(standby.delay)
      ? []
      : [`recovery_min_apply_delay = ${standby.delay}: it is behind on purpose`]),
    ...(own.walLevel === 'minimal' ? [`wal_level = minimal on ${replica}: nothing could follow it`] : []),
    ...(standby.senders === 0 ? [`max_wal_senders = 0 on ${replica}: nothing could follow it`] : []),
    ...(own.synchronous === ''
      ? []
      : [
          `synchronous_standby_names = '${own.synchronous}' on ${replica}: once promoted, commits would wait`,
        ]),
    ...(standby.mayPromote
      ? []
      : [`Upkeep may not promote it: on ${primary}, as a superuser: ${promoteGrant(standby, pair)}`]),
  ];
}

function ofPrimary(own: Standing, standby: StandbyStanding, old: Answer, { settings }: Pair): string[] {
  const { primary, replica } = settings;
  // That it is down is said by its own checks.
  if (old.kind !== 'answers') return [];
  if (old.started === own.started) return [`${primary} and ${replica} lead to the same server`];
  if (old.system !== own.system)
    return [`${replica} is no copy of ${primary}: their system identifiers differ`];
  return [
    ...(old.standby ? [`${primary} is a standby itself`] : []),
    ...(standby.streaming && own.timeline !== null && old.timeline !== null && own.timeline !== old.timeline
      ? [`${replica} follows timeline ${own.timeline}, ${primary} writes ${old.timeline}`]
      : []),
    ...(old.canRewind
      ? []
      : [
          `${primary} has neither data checksums nor wal_log_hints: after a failover it could not be rewound`,
        ]),
  ];
}

/** Where the replica streams from, as which role, and whether its log is kept while it is away. */
async function ofLogin(query: Query, standby: StandbyStanding, pair: Pair): Promise<string[]> {
  const { primary, replica } = pair.settings;
  const { conninfo, slot } = standby;
  if (conninfo === null || conninfo === '') return [`primary_conninfo of ${replica} is empty`];
  const to = destination(pair.other);
  const port = conninfoPart(conninfo, 'port') ?? '5432';
  const [receiver] = await query<{ host: string | null; port: number | null }>(
    'SELECT sender_host AS host, sender_port AS port FROM pg_stat_wal_receiver',
  );
  const from = receiver?.port ?? Number(port);
  const user = conninfoPart(conninfo, 'user');
  return [
    ...(to === undefined || from === to.port
      ? []
      : [
          `${replica} streams from ${receiver?.host ?? conninfoPart(conninfo, 'host') ?? '?'}:${from}, ${primary} is at ${to.host}:${to.port}`,
        ]),
    ...(slot === '' ? [`${replica} has no primary_slot_name: its log may be gone when it was away`] : []),
    ...(user === undefined ? [] : await ofRole(query, user)),
  ];
}

/** Roles are the same on both. */
async function ofRole(query: Query, user: string): Promise<string[]> {
  const [role] = await query<{ may: boolean }>(
    'SELECT rolcanlogin AND (rolreplication OR rolsuper) AS may FROM pg_roles WHERE rolname = $1',
    [user],
  );
  if (role === undefined) return [`the replication role ${user} is gone`];
  return role.may ? [] : [`the replication role ${user} has lost LOGIN or REPLICATION`];
}
