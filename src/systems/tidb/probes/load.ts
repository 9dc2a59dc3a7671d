import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe } from '../../../protocols/mysql/observe.ts';
import { readOr } from '../access.ts';
import type { TidbConnection } from '../client.ts';

const memoryMetrics = ['tidb.memory.used_ratio', 'tidb.memory.kills'];
const loadMetrics = ['tidb.host.cpu', 'tidb.host.memory'];

/** What a look at the machines asks of every instance takes a second or two. */
export const load: Probe<TidbConnection> = {
  id: 'tidb.load',
  summary: 'Memory of the TiDB servers against their limit, and processors and memory of the machines below',
  atMostEveryMs: 60_000,
  metrics: {
    'tidb.memory.used_ratio': {
      summary: 'Memory of a TiDB server ÷ tidb_server_memory_limit',
      unit: 'ratio',
      kind: 'gauge',
    },
    'tidb.memory.kills': {
      summary: 'Sessions that a TiDB server ended because its memory ran out',
      unit: 'count',
      kind: 'counter',
    },
    'tidb.host.cpu': {
      summary: 'Used processors of a machine of the cluster',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'tidb.host.memory': {
      summary: 'Used memory of a machine of the cluster',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (db) => {
      const missing: Missing[] = [];
      const readings: Reading[] = [];
      const memory = await readOr<{ instance: string; used: number; most: number; kills: number }>(
        db,
        memoryMetrics,
        `SELECT INSTANCE AS instance, MEMORY_CURRENT AS used, MEMORY_LIMIT AS most, SESSION_KILL_TOTAL AS kills
           FROM information_schema.CLUSTER_MEMORY_USAGE`,
      );
      if ('missing' in memory) missing.push(memory.missing);
      else
        readings.push(
          ...memory.rows.flatMap(({ instance, used, most, kills }) => [
            ...(Number(most) > 0
              ? [
                  {
                    metric: 'tidb.memory.used_ratio',
                    value: Number(used) / Number(most),
                    labels: { instance },
                  },
                ]
              : []),
            { metric: 'tidb.memory.kills', value: Number(kills), labels: { instance } },
          ]),
        );
      const machines = await readOr<Load>(
        db,
        loadMetrics,
        `SELECT TYPE AS type, INSTANCE AS instance, DEVICE_TYPE AS device, DEVICE_NAME AS part, NAME AS name, VALUE AS value
           FROM information_schema.CLUSTER_LOAD WHERE DEVICE_TYPE IN ('cpu', 'memory')`,
      );
      if ('missing' in machines) missing.push(machines.missing);
      else readings.push(...machines.rows.flatMap(loadReading));
      return { readings, missing };
    }),
};

interface Load {
  readonly type: string;
  readonly instance: string;
  readonly device: string;
  readonly part: string;
  readonly name: string;
  readonly value: string;
}

/** pingcap/sysutil `load_info.go`: idle processors and used memory as shares; swap is a part of its own. */
function loadReading({ type, instance, device, part, name, value }: Load): Reading[] {
  const share = Number(value);
  const labels = { type, instance };
  if (!(share >= 0 && share <= 1)) return [];
  if (device === 'cpu' && part === 'usage' && name === 'idle')
    return [{ metric: 'tidb.host.cpu', value: 1 - share, labels }];
  if (device === 'memory' && part === 'virtual' && name === 'used-percent')
    return [{ metric: 'tidb.host.memory', value: share, labels }];
  return [];
}
