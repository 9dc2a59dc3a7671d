import { count } from '../../../core/count.ts';
import type { Probe } from '../../../core/system.ts';
import { type OpensearchConnection, observe } from '../client.ts';
import { lastEnded, lastGood, readRepositories } from '../snapshots.ts';

export const snapshots: Probe<OpensearchConnection> = {
  id: 'opensearch.snapshots',
  summary: 'Repositories and their snapshots: age of the last whole one, whether the newest is whole',
  atMostEveryMs: 300_000,
  metrics: {
    'opensearch.snapshot.none': {
      summary: '1 while no repository holds a whole snapshot',
      unit: 'state',
      kind: 'gauge',
    },
    'opensearch.snapshot.age': {
      summary: 'Time since the last whole snapshot began, the state that it would bring back',
      unit: 'seconds',
      kind: 'gauge',
    },
    'opensearch.snapshot.failed': {
      summary: '1 while the newest snapshot that has ended is partial or failed',
      unit: 'state',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const found = await readRepositories(conn, ctx.signal);
      const whole = found.filter((one) => lastGood(one) !== undefined);
      return {
        detail: `${count(found.length, 'repository', 'repositories')}, ${whole.length} with a whole snapshot`,
        readings: [
          { metric: 'opensearch.snapshot.none', value: Number(whole.length === 0) },
          ...found.flatMap((one) => {
            const labels = { repository: one.name };
            const [good, ended] = [lastGood(one), lastEnded(one)];
            const age = good && Math.max(0, ctx.clock.now() - good.start_time_in_millis) / 1_000;
            return [
              ...(age === undefined ? [] : [{ metric: 'opensearch.snapshot.age', value: age, labels }]),
              ...(ended === undefined
                ? []
                : [
                    {
                      metric: 'opensearch.snapshot.failed',
                      value: Number(ended.state !== 'SUCCESS'),
                      labels,
                    },
                  ]),
            ];
          }),
        ],
      };
    }),
};
