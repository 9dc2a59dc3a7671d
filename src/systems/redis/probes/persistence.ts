import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { notPermitted, observe, type RedisConnection } from '../client.ts';
import { isNotPermitted, isUnknownCommand } from '../failure.ts';
import { errorsOf, type Info, readInfo } from '../info.ts';
import type { Ask } from '../session.ts';

const age = 'redis.persistence.unsaved_time';

export const persistence: Probe<RedisConnection> = {
  id: 'redis.persistence',
  summary: 'Whether what is in memory gets to disk (INFO persistence, errorstats)',
  atMostEveryMs: 10_000,
  metrics: {
    'redis.persistence.save_failed': {
      summary: '1 when the last snapshot failed; writes are refused then (MISCONF)',
      unit: 'state',
      kind: 'gauge',
    },
    'redis.persistence.append_failed': {
      summary: '1 when the last write or rewrite of the append-only file failed',
      unit: 'state',
      kind: 'gauge',
    },
    'redis.errors.misconf': {
      summary: 'Writes refused because what is in memory cannot be saved (MISCONF)',
      unit: 'count',
      kind: 'counter',
    },
    [age]: {
      summary: 'Time since the last snapshot while there are changes and snapshots are on; else 0',
      unit: 'seconds',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async (ask) => {
      const info = await readInfo(ask, 'persistence', 'errorstats');
      const unsaved = await unsavedTime(ask, info, conn, ctx.clock.now());
      return {
        readings: [
          {
            metric: 'redis.persistence.save_failed',
            value: info.text('rdb_last_bgsave_status') === 'err' ? 1 : 0,
          },
          {
            metric: 'redis.persistence.append_failed',
            value: ['aof_last_write_status', 'aof_last_bgrewrite_status'].some(
              (name) => info.text(name) === 'err',
            )
              ? 1
              : 0,
          },
          { metric: 'redis.errors.misconf', value: errorsOf(info, 'MISCONF') },
          ...unsaved.readings,
        ],
        missing: unsaved.missing,
      };
    }),
};

/** Snapshots that are off on purpose, an append-only file, or no change since make no loss. */
async function unsavedTime(
  ask: Ask,
  info: Info,
  conn: RedisConnection,
  now: number,
): Promise<{ readings: Reading[]; missing: Missing[] }> {
  const isSafe = info.number('aof_enabled') === 1 || info.number('rdb_changes_since_last_save') === 0;
  if (isSafe) return { readings: [{ metric: age, value: 0 }], missing: [] };
  try {
    const reply = await ask('CONFIG', 'GET', 'save');
    const isOn = Array.isArray(reply) && String(reply[1] ?? '') !== '';
    const seconds = now / 1_000 - (info.number('rdb_last_save_time') ?? now / 1_000);
    return { readings: [{ metric: age, value: isOn ? Math.max(0, seconds) : 0 }], missing: [] };
  } catch (error) {
    if (isNotPermitted(error)) return { readings: [], missing: [notPermitted(error, conn, [age])] };
    if (!isUnknownCommand(error)) throw error;
    const reason = 'CONFIG is not available, so whether snapshots are on is not known';
    return {
      readings: [],
      missing: [{ metrics: [age], reason, remedy: 'ask the provider for its backups' }],
    };
  }
}
