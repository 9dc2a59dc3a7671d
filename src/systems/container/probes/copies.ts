import type { Reading } from '../../../core/sample.ts';
import { loadByMetric, scalingMetrics, scalingReadings } from '../../../core/scaling/watch.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { type Inspected, stats } from '../answers.ts';
import { ask, type ContainerConnection, observe } from '../client.ts';
import { copiesOf, isRunning } from '../copies.ts';

export const copies: Probe<ContainerConnection> = {
  id: 'container.copies',
  summary: 'With `scale`: how many copies of a container run, their load, and how many there should be',
  atMostEveryMs: 10_000,
  metrics: scalingMetrics('container'),
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const readings: Reading[] = [];
      for (const [container, watch] of conn.watches) {
        const settings = conn.config.scale[container];
        if (settings === undefined) continue;
        const all = await copiesOf(conn, container, ctx.signal);
        const running = all.filter(isRunning).flatMap(({ seen }) => seen ?? []);
        const load = settings.metric
          ? loadByMetric(settings, running.length, ctx)
          : await meanCpu(conn, running, ctx);
        watch.see(running.length, load, ctx.clock.now());
        if (watch.last) readings.push(...scalingReadings('container', settings, watch.last, { container }));
      }
      return { readings };
    }),
};

/** Mean share of what each may use, a core where nothing limits it; undefined until each has been seen twice. */
async function meanCpu(
  conn: ContainerConnection,
  running: readonly Inspected[],
  ctx: ProbeContext,
): Promise<number | undefined> {
  const shares: (number | undefined)[] = [];
  for (const one of running) {
    const path = `/containers/${one.Id}/stats?stream=false&one-shot=true`;
    const seen = await ask(conn, path, stats, ctx.signal);
    const key = `${one.Id} ${one.State.StartedAt}`;
    const passed = ctx.increase(`clock ${key}`, ctx.clock.monotonic() / 1_000);
    const used = ctx.increase(`cpu ${key}`, seen.cpu_stats.cpu_usage.total_usage / 1e9);
    shares.push(!passed || used === undefined ? undefined : used / passed / coresOf(one));
  }
  const known = shares.filter((share) => share !== undefined);
  if (known.length === 0 || known.length < shares.length) return undefined;
  return known.reduce((sum, share) => sum + share, 0) / known.length;
}

function coresOf({ HostConfig: { NanoCpus, CpuQuota, CpuPeriod } }: Inspected): number {
  if (NanoCpus > 0) return NanoCpus / 1e9;
  return CpuQuota > 0 && CpuPeriod > 0 ? CpuQuota / CpuPeriod : 1;
}
