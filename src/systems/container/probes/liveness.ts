import type { Probe } from '../../../core/system.ts';
import { version } from '../answers.ts';
import { ask, type ContainerConnection, observe } from '../client.ts';

export const liveness: Probe<ContainerConnection> = {
  id: 'container.liveness',
  summary: 'Asks the engine for its version',
  liveness: true,
  metrics: {
    'container.up': { summary: '1 while the engine answers', unit: 'state', kind: 'gauge' },
    'container.response_time': {
      summary: 'Time to the answer of the engine',
      unit: 'seconds',
      kind: 'gauge',
      latencyOf: 'check',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const began = ctx.clock.monotonic();
      const { Version, Components } = await ask(conn, '/version', version, ctx.signal);
      const name = Components?.find((one) => /podman/i.test(one.Name)) ? 'Podman' : 'Docker';
      return {
        detail: `${name} ${Version}`,
        readings: [
          { metric: 'container.up', value: 1 },
          { metric: 'container.response_time', value: (ctx.clock.monotonic() - began) / 1_000 },
        ],
      };
    }),
};
