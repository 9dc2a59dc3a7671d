import type { Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { type Inspected, inspectAll, stats } from '../answers.ts';
import { ask, type ContainerConnection, observe } from '../client.ts';

export const usage: Probe<ContainerConnection> = {
  id: 'container.usage',
  summary: 'Memory and CPU of running containers against their limits',
  atMostEveryMs: 10_000,
  metrics: {
    'container.memory': {
      summary: 'Memory without file cache that can be given up',
      unit: 'bytes',
      kind: 'gauge',
    },
    'container.memory_ratio': { summary: 'The same as a share of its limit', unit: 'ratio', kind: 'gauge' },
    'container.cpu': { summary: 'CPU time', unit: 'seconds', kind: 'counter' },
    'container.throttled_ratio': {
      summary: 'Share of the periods in which it was held back by its CPU limit',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const running = (await inspectAll(conn, ctx.signal)).filter(({ State }) => State.Status === 'running');
      const readings: Reading[] = [];
      for (const one of running) readings.push(...(await readingsOf(conn, one, ctx)));
      return { readings };
    }),
};

async function readingsOf(conn: ContainerConnection, one: Inspected, ctx: ProbeContext): Promise<Reading[]> {
  const seen = await ask(conn, `/containers/${one.Id}/stats?stream=false&one-shot=true`, stats, ctx.signal);
  const labels = { container: one.Name };
  const { usage: used, stats: parts } = seen.memory_stats;
  const memory = Math.max(0, used - (parts?.inactive_file || parts?.total_inactive_file || 0));
  const limit = one.HostConfig.Memory;
  const throttling = seen.cpu_stats.throttling_data;
  const periods = ctx.increase(`${one.Id} periods`, throttling?.periods ?? 0);
  const held = ctx.increase(`${one.Id} throttled`, throttling?.throttled_periods ?? 0);
  return [
    { metric: 'container.memory', value: memory, labels },
    ...(limit > 0 ? [{ metric: 'container.memory_ratio', value: memory / limit, labels }] : []),
    { metric: 'container.cpu', value: seen.cpu_stats.cpu_usage.total_usage / 1e9, labels },
    ...(periods === undefined || held === undefined || periods === 0
      ? []
      : [{ metric: 'container.throttled_ratio', value: held / periods, labels }]),
  ];
}
