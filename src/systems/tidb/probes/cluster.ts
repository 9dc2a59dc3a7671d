import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { observe } from '../../../protocols/mysql/observe.ts';
import { readOr } from '../access.ts';
import type { TidbConnection } from '../client.ts';
import type { Memory } from '../memory.ts';
import { readStores, type Store } from '../stores.ts';

const storeMetrics = [
  'tidb.stores',
  'tidb.store.available',
  'tidb.store.silent',
  'tidb.storage.used',
  'tidb.regions.total',
] as const;
const instanceMetrics = ['tidb.instance.up', 'tidb.versions'] as const;

/** An instance that is gone for longer was taken away on purpose (J). */
const forgetAfterMs = 60 * 60_000;

export const cluster: Probe<TidbConnection> = {
  id: 'tidb.cluster',
  summary: 'Instances of the cluster, the state of the TiKV stores and the room they have',
  metrics: {
    'tidb.instance.up': {
      summary: '0 for an instance that the cluster listed within the last hour and lists no more',
      unit: 'state',
      kind: 'gauge',
    },
    'tidb.versions': { summary: 'Releases that run beside each other', unit: 'count', kind: 'gauge' },
    'tidb.stores': {
      summary: 'TiKV and TiFlash stores by state as PD sees it',
      unit: 'count',
      kind: 'gauge',
    },
    'tidb.store.available': { summary: 'Free room of a store', unit: 'ratio', atMost: 1, kind: 'gauge' },
    'tidb.store.silent': {
      summary: 'Time since the last heartbeat of a store, after the newest of all stores',
      unit: 'seconds',
      kind: 'gauge',
    },
    'tidb.storage.used': { summary: 'Used room of all stores', unit: 'ratio', atMost: 1, kind: 'gauge' },
    'tidb.regions.total': { summary: 'Replicas of regions in all stores', unit: 'count', kind: 'gauge' },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (db) => {
      const missing: Missing[] = [];
      const readings: Reading[] = [];
      const instances = await readOr<Instance>(
        db,
        instanceMetrics,
        'SELECT TYPE AS type, INSTANCE AS instance, VERSION AS version FROM information_schema.CLUSTER_INFO',
      );
      if ('missing' in instances) missing.push(instances.missing);
      else readings.push(...instanceReadings(instances.rows, conn.memory, ctx));
      const read = await readStores(conn, db, storeMetrics, ctx);
      if ('missing' in read) return { readings, missing: [...missing, read.missing] };
      conn.memory.regions = read.stores.reduce((sum, store) => sum + store.leaders, 0) || undefined;
      const unwell = read.stores.filter(({ state }) => state !== 'Up');
      return {
        readings: [...readings, ...storeReadings(read.stores)],
        missing,
        ...(unwell.length === 0
          ? {}
          : { detail: unwell.map(({ address, state }) => `${address} ${state}`).join(', ') }),
      };
    }),
};

interface Instance {
  readonly type: string;
  readonly instance: string;
  readonly version: string;
}

function instanceReadings(rows: readonly Instance[], { instances }: Memory, ctx: ProbeContext): Reading[] {
  const now = ctx.clock.now();
  const listed = new Set(rows.map(({ type, instance }) => `${type} ${instance}`));
  for (const key of listed) instances.set(key, now);
  for (const [key, at] of instances) if (now - at > forgetAfterMs) instances.delete(key);
  // The MySQL version before it is the same in all: 8.0.11-TiDB-v8.5.1.
  const versions = new Set(rows.map(({ version }) => version.replace(/^.*-v?(?=\d)|^v/, '').trim()));
  return [
    ...[...instances.keys()].map((key) => {
      const [type = '', instance = ''] = key.split(' ');
      return { metric: 'tidb.instance.up', value: listed.has(key) ? 1 : 0, labels: { type, instance } };
    }),
    { metric: 'tidb.versions', value: versions.size },
  ];
}

/** States that PD gives; each is told also where no store is in it, so that an alert ends. */
const states = ['Up', 'Disconnected', 'Down', 'Offline'] as const;

function storeReadings(stores: readonly Store[]): Reading[] {
  const capacity = stores.reduce((sum, store) => sum + (store.capacity ?? 0), 0);
  const available = stores.reduce((sum, store) => sum + (store.available ?? 0), 0);
  return [
    ...states.map((state) => ({
      metric: 'tidb.stores',
      value: stores.filter((store) => store.state === state).length,
      labels: { state: state.toLowerCase() },
    })),
    ...stores.flatMap((store) => {
      const labels = { store: `${store.id}`, address: store.address };
      return [
        ...(store.capacity === undefined || store.capacity === 0 || store.available === undefined
          ? []
          : [{ metric: 'tidb.store.available', value: store.available / store.capacity, labels }]),
        { metric: 'tidb.store.silent', value: store.silentSeconds, labels },
      ];
    }),
    ...(capacity > 0 ? [{ metric: 'tidb.storage.used', value: 1 - available / capacity }] : []),
    {
      metric: 'tidb.regions.total',
      value: stores.reduce((sum, store) => sum + store.regions, 0),
    },
  ];
}
