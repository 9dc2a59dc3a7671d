import type { Probe } from '../../../core/system.ts';
import { noteListener } from '../../../machine/last-listener.ts';
import { overview } from '../answers.ts';
import { ask, destination, observe, type RabbitmqConnection } from '../client.ts';

export const liveness: Probe<RabbitmqConnection> = {
  id: 'rabbitmq.liveness',
  summary: 'Asks the management API for its overview: connections, channels and how many are opened',
  liveness: true,
  metrics: {
    'rabbitmq.up': { summary: '1 while the management API answers', unit: 'state', kind: 'gauge' },
    'rabbitmq.response_time': {
      summary: 'Time to the overview of the management API',
      unit: 'seconds',
      kind: 'gauge',
      latencyOf: 'check',
    },
    'rabbitmq.connections': { summary: 'Open connections', unit: 'count', kind: 'gauge' },
    'rabbitmq.channels': { summary: 'Open channels', unit: 'count', kind: 'gauge' },
    'rabbitmq.connections.opened': { summary: 'Connections opened', unit: 'count', kind: 'counter' },
    'rabbitmq.channels.opened': { summary: 'Channels opened', unit: 'count', kind: 'counter' },
    'rabbitmq.published': { summary: 'Messages published', unit: 'count', kind: 'counter', isTraffic: true },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const began = ctx.clock.monotonic();
      const seen = await ask(conn, 'overview', overview, ctx.signal);
      const seconds = (ctx.clock.monotonic() - began) / 1_000;
      noteListener(destination(conn), ctx.clock);
      return {
        detail: `RabbitMQ ${seen.rabbitmq_version}, ${seen.object_totals.queues} queues, ${seen.object_totals.connections} connections`,
        readings: [
          { metric: 'rabbitmq.up', value: 1 },
          { metric: 'rabbitmq.response_time', value: seconds },
          { metric: 'rabbitmq.connections', value: seen.object_totals.connections },
          { metric: 'rabbitmq.channels', value: seen.object_totals.channels },
          { metric: 'rabbitmq.connections.opened', value: seen.churn_rates.connection_created },
          { metric: 'rabbitmq.channels.opened', value: seen.churn_rates.channel_created },
          { metric: 'rabbitmq.published', value: seen.message_stats.publish },
        ],
      };
    }),
};
