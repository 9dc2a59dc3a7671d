import { type Bucket, quantileOf } from '../../../core/histogram.ts';
import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import type { TidbConnection } from '../client.ts';
import { type Component, type Exposed, type Histogram, type Scraped, scrape } from '../exposed.ts';
import type { Memory } from '../memory.ts';
import { metricsOf, namesOf, regionErrors, type Signal, signals } from '../signals.ts';

const all = [...signals, regionErrors];
/** A quantile of fewer is a matter of chance (J). */
const leastObservations = 100;
/** alert-rules.md counts region errors for large clusters; leader changes grow with the number of regions (J). */
const largeCluster = 10_000;

export const metrics: Probe<TidbConnection> = {
  id: 'tidb.metrics',
  summary: 'What TiDB, TiKV and PD count of themselves, from their status ports or from Prometheus',
  atMostEveryMs: 30_000,
  metrics: {
    ...metricsOf(all),
    'tidb.status.up': {
      summary: 'Whether a status address answers',
      unit: 'state',
      kind: 'gauge',
    },
  },
  async run(conn, ctx) {
    const families = (component: Component) => [
      ...new Set(all.filter((one) => one.component === component).map(namesOf)),
    ];
    const scraped = await scrape(
      conn,
      { tidb: families('tidb'), tikv: families('tikv'), pd: families('pd') },
      ctx,
    );
    const readings = [
      ...signals.flatMap((signal) => readSignal(signal, scraped, conn.memory)),
      ...readRegionErrors(scraped, conn.memory, ctx),
      ...statusReadings(conn, scraped),
    ];
    return { ok: true, readings, missing: missingOf(conn, scraped) };
  },
};

function readSignal(signal: Signal, { samples, answered }: Scraped, memory: Memory): Reading[] {
  return answered
    .filter(({ component }) => component === signal.component)
    .flatMap(({ instance }) => {
      const own = samples.filter((one) => one.instance === instance && fits(one, signal));
      const value = measured(signal, own, `${signal.metric} ${instance}`, memory);
      return value === undefined ? [] : [{ metric: signal.metric, value, labels: { instance } }];
    });
}

function fits({ component, name, labels }: Exposed, signal: Signal): boolean {
  return (
    component === signal.component &&
    name === namesOf(signal) &&
    Object.entries(signal.where ?? {}).every(([label, pattern]) => pattern.test(labels.get(label) ?? ''))
  );
}

function measured(
  { as }: Signal,
  samples: readonly Exposed[],
  key: string,
  memory: Memory,
): number | undefined {
  const values = samples.map(({ value }) => value).filter(Number.isFinite);
  // A counter of Prometheus with labels is not there before it first counts.
  if (as === 'increase') return values.reduce((sum, value) => sum + value, 0);
  if (typeof as === 'number') return quantile(as, samples, key, memory);
  if (values.length === 0) return undefined;
  return as === 'sum' ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values);
}

/** Of what was counted since the last scrape. */
function quantile(of: number, samples: readonly Exposed[], key: string, memory: Memory): number | undefined {
  const now = new Map<number, number>();
  for (const { labels, value } of samples) {
    const le = labels.get('le') ?? '';
    const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
    now.set(bound, (now.get(bound) ?? 0) + value);
  }
  const before: Histogram | undefined = memory.histograms.get(key);
  memory.histograms.set(key, now);
  if (before === undefined) return undefined;
  const total = (one: Histogram) => one.get(Number.POSITIVE_INFINITY) ?? 0;
  // A count that fell is a restart: everything it counted came since.
  const isFresh = total(now) < total(before);
  const buckets: Bucket[] = [...now].map(([bound, count]) => ({
    bound,
    count: isFresh ? count : count - (before.get(bound) ?? 0),
  }));
  const observed = total(now) - (isFresh ? 0 : total(before));
  const value = observed < leastObservations ? Number.NaN : quantileOf(of, buckets);
  return Number.isNaN(value) ? undefined : value;
}

function readRegionErrors({ samples, answered }: Scraped, memory: Memory, ctx: ProbeContext): Reading[] {
  const servers = answered.filter(({ component }) => component === 'tidb');
  if (servers.length === 0) return [];
  const scale = Math.min(10, Math.max(1, largeCluster / (memory.regions ?? largeCluster)));
  for (const { instance } of servers) {
    const own = samples.filter((one) => one.instance === instance && fits(one, regionErrors));
    const total = own.reduce((sum, one) => sum + one.value, 0);
    memory.regionErrors += (ctx.increase(`region errors ${instance}`, total) ?? 0) * scale;
  }
  return [{ metric: regionErrors.metric, value: memory.regionErrors }];
}

function statusReadings(conn: TidbConnection, { answered, silent }: Scraped): Reading[] {
  if (conn.config.prometheus !== undefined) return [];
  const metric = 'tidb.status.up';
  return [
    ...answered.map(({ component, instance }) => ({ metric, value: 1, labels: { component, instance } })),
    ...silent.map(({ component, instance }) => ({ metric, value: 0, labels: { component, instance } })),
  ];
}

function missingOf(conn: TidbConnection, { answered, silent, unaddressed }: Scraped): Missing[] {
  const of = (component: Component) =>
    all.filter((one) => one.component === component).map(({ metric }) => metric);
  const found = new Set(answered.map(({ component }) => component));
  const setting = {
    tidb: 'status: ["http://TIDB:10080"]',
    tikv: 'tikv: ["http://TIKV:20180"]',
    pd: 'pd: ["http://PD:2379"]',
  };
  return [
    ...unaddressed.map((component) =>
      conn.config.prometheus === undefined
        ? {
            metrics: of(component),
            reason: `no address of ${component} is configured`,
            remedy: `${setting[component]}, or prometheus:; SELECT TYPE, STATUS_ADDRESS FROM information_schema.CLUSTER_INFO tells them`,
          }
        : {
            metrics: of(component),
            reason: `Prometheus has no series of ${component}`,
            remedy: 'match: with the labels of this cluster, or let Prometheus scrape it',
          },
    ),
    ...silent
      .filter(({ component }) => !found.has(component))
      .map(({ component, instance, detail }) => ({
        metrics: of(component),
        reason: `${instance}: ${detail}`,
        remedy: 'correct the address, or let this machine reach it',
      })),
  ];
}
