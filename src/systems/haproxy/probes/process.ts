import type { Probe } from '../../../core/system.ts';
import { type HaproxyConnection, observe, readInfo } from '../client.ts';

export const processProbe: Probe<HaproxyConnection> = {
  id: 'haproxy.process',
  summary:
    'Connections against the limit of the whole process, how idle it is, memory it did not get (show info)',
  metrics: {
    'haproxy.connections.used': { summary: 'Connections of clients', unit: 'count', kind: 'gauge' },
    'haproxy.connections.used_ratio': {
      summary: 'Connections as a share of the global maxconn',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'haproxy.tls.used_ratio': {
      summary: 'TLS connections as a share of maxsslconn, where that is set',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'haproxy.busy_ratio': {
      summary: 'Share of the time in which its threads did not wait for work',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'haproxy.allocations.failed': { summary: 'Allocations that failed', unit: 'count', kind: 'counter' },
    'haproxy.logs.dropped': { summary: 'Log lines that were lost', unit: 'count', kind: 'counter' },
    'haproxy.resolutions.failed': {
      summary: 'Names of servers that did not resolve',
      unit: 'count',
      kind: 'counter',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const info = await readInfo(conn, ctx.signal);
      const reading = (metric: string, value: number | undefined) =>
        value === undefined || !Number.isFinite(value) ? [] : [{ metric, value }];
      const of = (name: string) => (info.has(name) ? Number(info.get(name)) : undefined);
      const share = (used: number | undefined, limit: number | undefined) =>
        used === undefined || !limit ? undefined : used / limit;
      const idle = of('Idle_pct');
      return {
        detail: `${info.get('CurrConns')} of ${info.get('Maxconn')} connections`,
        readings: [
          ...reading('haproxy.connections.used', of('CurrConns')),
          ...reading('haproxy.connections.used_ratio', share(of('CurrConns'), of('Maxconn'))),
          ...reading('haproxy.tls.used_ratio', share(of('CurrSslConns'), of('MaxSslConns'))),
          ...reading('haproxy.busy_ratio', idle === undefined ? undefined : 1 - idle / 100),
          ...reading('haproxy.allocations.failed', of('PoolFailed')),
          ...reading('haproxy.logs.dropped', of('DroppedLogs')),
          ...reading('haproxy.resolutions.failed', of('FailedResolutions')),
        ],
      };
    }),
};
