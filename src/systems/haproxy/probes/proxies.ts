import { count } from '../../../core/count.ts';
import type { Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { isServing, type StatRow } from '../../../protocols/haproxy/stat.ts';
import { type HaproxyConnection, observe, readStat } from '../client.ts';
import { failureRatio, type Window } from '../window.ts';

export const proxies: Probe<HaproxyConnection> = {
  id: 'haproxy.proxies',
  summary:
    'Frontends and backends: servers that serve, queue, errors, sessions against their limits (show stat)',
  metrics: {
    'haproxy.backend.up': {
      summary: '1 while it has a server to send requests to, else 0',
      unit: 'state',
      kind: 'gauge',
    },
    'haproxy.backend.servers': { summary: 'Servers that take requests', unit: 'count', kind: 'gauge' },
    'haproxy.backend.queued': { summary: 'Requests that wait for a server', unit: 'count', kind: 'gauge' },
    'haproxy.backend.queue_time': {
      summary: 'Mean wait for a server over the last 1,024 requests, while any waits; else 0',
      unit: 'seconds',
      kind: 'gauge',
    },
    'haproxy.backend.error_ratio': {
      summary: 'Share of the requests of the last minute that ended in 5xx; from 20 requests',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'haproxy.backend.retries': {
      summary: 'Connections to servers that were tried again',
      unit: 'count',
      kind: 'counter',
    },
    'haproxy.backend.response_time': {
      summary: 'Mean time to the first byte over the last 1,024 requests',
      unit: 'seconds',
      kind: 'gauge',
    },
    'haproxy.frontend.requests': {
      summary: 'Requests, or connections where nothing but TCP is spoken',
      unit: 'count',
      kind: 'counter',
      isTraffic: true,
    },
    'haproxy.frontend.sessions': { summary: 'Sessions', unit: 'count', kind: 'gauge' },
    'haproxy.frontend.sessions.used_ratio': {
      summary: 'Sessions as a share of its maxconn',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'haproxy.frontend.denied': { summary: 'Requests that rules turned away', unit: 'count', kind: 'counter' },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const rows = await readStat(conn, ctx);
      const backends = rows.filter((row) => row.kind === 'backend');
      const frontends = rows.filter((row) => row.kind === 'frontend');
      return {
        detail: [
          count(frontends.length, 'frontend'),
          count(backends.length, 'backend'),
          ...full(frontends),
        ].join(', '),
        readings: [
          ...backends.flatMap((row) => ofBackend(row, rows, conn.window)),
          ...frontends.flatMap(ofFrontend),
        ],
      };
    }),
};

/** As the rule of their sessions counts it. */
const fullFrom = 0.95;

function full(frontends: readonly StatRow[]): string[] {
  return frontends.flatMap((row) => {
    const [sessions, limit] = [row.number('scur') ?? 0, row.number('slim') ?? 0];
    return limit > 0 && sessions >= fullFrom * limit
      ? [`frontend ${row.proxy} is full: ${sessions} of ${limit} sessions`]
      : [];
  });
}

function ofBackend(row: StatRow, all: readonly StatRow[], window: Window): Reading[] {
  const own = all.filter((other) => other.kind === 'server' && other.proxy === row.proxy);
  // A backend that redirects or shows statistics needs none.
  if (own.length === 0) return [];
  const queued = row.number('qcur') ?? 0;
  const time = row.number('rtime');
  return readings({ backend: row.proxy }, 'haproxy.backend', {
    up: row.text('status') === 'UP' ? 1 : 0,
    servers: own.filter(isServing).length,
    queued: queued + own.reduce((sum, server) => sum + (server.number('qcur') ?? 0), 0),
    queue_time: waits(row, own) ? (row.number('qtime') ?? 0) / 1_000 : 0,
    error_ratio: failureRatio(window.growth(row.proxy, row.name)),
    retries: row.number('wretr'),
    response_time: time === undefined || row.number('stot') === 0 ? undefined : time / 1_000,
  });
}

/** The mean keeps standing after the last request. */
function waits(row: StatRow, own: readonly StatRow[]): boolean {
  return [row, ...own].some((each) => (each.number('qcur') ?? 0) > 0);
}

function ofFrontend(row: StatRow): Reading[] {
  const limit = row.number('slim');
  const sessions = row.number('scur') ?? 0;
  return readings({ frontend: row.proxy }, 'haproxy.frontend', {
    requests: row.text('mode') === 'tcp' ? row.number('stot') : (row.number('req_tot') ?? row.number('stot')),
    sessions,
    'sessions.used_ratio': limit ? sessions / limit : undefined,
    denied: (row.number('dreq') ?? 0) + (row.number('dcon') ?? 0) + (row.number('dses') ?? 0),
  });
}

function readings(
  labels: Readonly<Record<string, string>>,
  prefix: string,
  values: Readonly<Record<string, number | undefined>>,
): Reading[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [{ metric: `${prefix}.${name}`, value, labels }],
  );
}
