import type { Probe } from '../../../core/system.ts';
import { noteListener } from '../../../machine/last-listener.ts';
import { processFacts } from '../../../machine/processes.ts';
import { destination, type HaproxyConnection, observe, readInfo } from '../client.ts';

export const liveness: Probe<HaproxyConnection> = {
  id: 'haproxy.liveness',
  summary: 'Asks the runtime API who it is (show info)',
  liveness: true,
  metrics: {
    'haproxy.up': { summary: '1 when the runtime API answers', unit: 'state', kind: 'gauge' },
    'haproxy.response_time': {
      summary: 'Round trip of show info',
      unit: 'seconds',
      kind: 'gauge',
      latencyOf: 'check',
    },
    'haproxy.uptime': { summary: 'Time since the process started', unit: 'seconds', kind: 'gauge' },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const began = ctx.clock.monotonic();
      const info = await readInfo(conn, ctx.signal);
      const seconds = (ctx.clock.monotonic() - began) / 1_000;
      if (!info.has('Version')) throw new Error('what answers there is no runtime API of HAProxy');
      const to = destination(conn);
      if (to) noteListener(to, ctx.clock);
      else await conn.processes.note(Number(info.get('Pid')), ctx.clock.now(), processFacts);
      const uptime = Number(info.get('Uptime_sec'));
      return {
        detail: `HAProxy ${info.get('Version')}`,
        readings: [
          { metric: 'haproxy.response_time', value: seconds },
          ...(Number.isFinite(uptime) ? [{ metric: 'haproxy.uptime', value: uptime }] : []),
        ],
      };
    }),
};
