import type { Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe, type RedisConnection } from '../client.ts';
import { fieldsOf, type Info, readInfo } from '../info.ts';

export const replication: Probe<RedisConnection> = {
  id: 'redis.replication',
  summary: 'Replicas of a primary, or the link of a replica (INFO replication, stats)',
  metrics: {
    'redis.replication.replicas': { summary: 'Replicas online', unit: 'count', kind: 'gauge' },
    'redis.replication.missing': {
      summary: 'Replicas declared (`replicas:`) but not online',
      unit: 'count',
      kind: 'gauge',
    },
    'redis.replication.link': {
      summary: 'On a replica: 1 while the link to its primary is up',
      unit: 'state',
      kind: 'gauge',
    },
    'redis.replication.lag_bytes': {
      summary: 'Bytes the replica that is furthest behind has not yet confirmed',
      unit: 'bytes',
      kind: 'gauge',
    },
    'redis.replication.silent_time': {
      summary: 'Time since the replica that is quiet longest confirmed anything; they do each second',
      unit: 'seconds',
      kind: 'gauge',
    },
    'redis.replication.full_syncs': {
      summary:
        'Full copies given to replicas since Upkeep watches, whole data set and all; without those that it takes as backups',
      unit: 'count',
      kind: 'counter',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async (ask) => {
      const info = await readInfo(ask, 'replication', 'stats');
      return { readings: info.text('role') === 'slave' ? ofReplica(info) : ofPrimary(info, conn) };
    }),
};

function ofReplica(info: Info): Reading[] {
  return [{ metric: 'redis.replication.link', value: info.text('master_link_status') === 'up' ? 1 : 0 }];
}

function ofPrimary(info: Info, { config, copies }: RedisConnection): Reading[] {
  const online = info
    .names('slave')
    .filter((name) => /^slave\d+$/.test(name) && info.text(name)?.includes('state=online'));
  const readings: Reading[] = [{ metric: 'redis.replication.replicas', value: online.length }];
  if (config.replicas !== undefined) {
    readings.push({
      metric: 'redis.replication.missing',
      value: Math.max(0, config.replicas - online.length),
    });
  }
  const written = info.number('master_repl_offset');
  if (written !== undefined && online.length > 0) {
    const behind = online.map((name) => written - (fieldsOf(info.text(name)).offset ?? written));
    readings.push({ metric: 'redis.replication.lag_bytes', value: Math.max(0, ...behind) });
    const silent = online.map((name) => fieldsOf(info.text(name)).lag ?? 0);
    readings.push({ metric: 'redis.replication.silent_time', value: Math.max(0, ...silent) });
  }
  const full = info.number('sync_full');
  if (full !== undefined)
    readings.push({ metric: 'redis.replication.full_syncs', value: copies.others(full) });
  return readings;
}
