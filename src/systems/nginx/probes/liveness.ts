import type { Probe } from '../../../core/system.ts';
import { noteListener } from '../../../machine/last-listener.ts';
import { destination, fetchStatus, type NginxConnection, observe, parseStatus } from '../client.ts';

export const liveness: Probe<NginxConnection> = {
  id: 'nginx.liveness',
  summary: 'Asks for the page of stub_status',
  liveness: true,
  metrics: {
    'nginx.up': { summary: '1 when it answers, whatever the status', unit: 'state', kind: 'gauge' },
    'nginx.response_time': {
      summary: 'Time until the page was there',
      unit: 'seconds',
      kind: 'gauge',
      latencyOf: 'check',
    },
    'nginx.connections.active': {
      summary: 'Connections of clients, idle ones among them',
      unit: 'count',
      kind: 'gauge',
    },
    'nginx.connections.waiting': { summary: 'Idle keep-alive connections', unit: 'count', kind: 'gauge' },
    'nginx.connections.dropped': {
      summary: 'Connections that were accepted and closed for want of room',
      unit: 'count',
      kind: 'counter',
    },
    'nginx.requests': { summary: 'Requests', unit: 'count', kind: 'counter', isTraffic: true },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const began = ctx.clock.monotonic();
      const answer = await fetchStatus(conn, ctx.signal);
      const seconds = (ctx.clock.monotonic() - began) / 1_000;
      noteListener(destination(conn), ctx.clock);
      const status = parseStatus(answer);
      const time = { metric: 'nginx.response_time', value: seconds };
      if (status === undefined) {
        return {
          detail: `${answer.status} ${answer.statusText}`,
          readings: [time],
          missing: [
            {
              metrics: [
                'nginx.connections.active',
                'nginx.connections.waiting',
                'nginx.connections.dropped',
                'nginx.requests',
              ],
              reason: `the page at url is not that of stub_status (${answer.status})`,
              remedy: 'location = /nginx_status { stub_status; allow 127.0.0.1; deny all; }',
            },
          ],
        };
      }
      return {
        detail: `${status.active} connections, ${status.waiting} of them idle`,
        readings: [
          time,
          { metric: 'nginx.connections.active', value: status.active },
          { metric: 'nginx.connections.waiting', value: status.waiting },
          { metric: 'nginx.connections.dropped', value: Math.max(0, status.accepted - status.handled) },
          { metric: 'nginx.requests', value: status.requests },
        ],
      };
    }),
};
