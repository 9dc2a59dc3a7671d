import type { Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { noteListener } from '../../../machine/last-listener.ts';
import { tcpOf } from '../../../protocols/haproxy/runtime.ts';
import { type StatRow, serverState } from '../../../protocols/haproxy/stat.ts';
import { type HaproxyConnection, observe, readStat } from '../client.ts';
import { added, failureRatio, type Window } from '../window.ts';

/** Beyond so many, labels would cost more than they tell; the rules on backends still see them. */
const mostServers = 500;
/** 2: nobody is to alarm about what somebody took out. */
const stateValue = { up: 1, down: 0, drain: 2, maint: 2, unchecked: undefined } as const;

export const servers: Probe<HaproxyConnection> = {
  id: 'haproxy.servers',
  summary:
    'Each server: state of its check, errors beside those of the others, sessions and queue (show stat)',
  metrics: {
    'haproxy.server.state': {
      summary: '1 up, 0 down, 2 taken out by somebody; unknown without a health check',
      unit: 'state',
      kind: 'gauge',
    },
    'haproxy.server.falls': { summary: 'How often it went down', unit: 'count', kind: 'counter' },
    'haproxy.server.error_ratio': {
      summary:
        'Share of the requests of the last minute that failed: 5xx, refused, broken off; from 20 requests',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'haproxy.server.error_excess': {
      summary: 'How much larger that share is than the one of the other servers of the backend together',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'haproxy.server.sessions': { summary: 'Sessions', unit: 'count', kind: 'gauge' },
    'haproxy.server.sessions.used_ratio': {
      summary: 'Sessions as a share of its maxconn, where that is set',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'haproxy.server.queued': { summary: 'Requests that wait for this server', unit: 'count', kind: 'gauge' },
    'haproxy.server.response_time': {
      summary: 'Mean time to the first byte over the last 1,024 requests',
      unit: 'seconds',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const rows = (await readStat(conn, ctx)).filter((row) => row.kind === 'server');
      const told = rows.slice(0, mostServers);
      const unchecked = rows.filter((row) => serverState(row.text('status')) === 'unchecked');
      for (const row of told) noteServer(row, ctx.clock);
      const down = rows.filter((row) => serverState(row.text('status')) === 'down');
      return {
        detail:
          down.length === 0
            ? `${rows.length} servers, none down`
            : `down: ${down
                .slice(0, 5)
                .map(
                  (row) =>
                    `${row.proxy}/${row.name} (${row.text('check_status').replace(/^\* /, '') || row.text('status')})`,
                )
                .join(', ')}`,
        readings: told.flatMap((row) => readingsOf(row, rows, conn.window)),
        ...(unchecked.length === 0
          ? {}
          : {
              missing: [
                {
                  metrics: ['haproxy.server.state'],
                  reason: `no health check for ${unchecked
                    .slice(0, 5)
                    .map((row) => `${row.proxy}/${row.name}`)
                    .join(', ')}: whether they are well is unknown, and they get requests when they are not`,
                  remedy: 'server NAME ADDRESS check inter 2s fall 3 rise 2',
                },
              ],
            }),
      };
    }),
};

function readingsOf(row: StatRow, all: readonly StatRow[], window: Window): Reading[] {
  const labels = { backend: row.proxy, server: row.name };
  const reading = (metric: string, value: number | undefined): Reading[] =>
    value === undefined ? [] : [{ metric: `haproxy.server.${metric}`, value, labels }];
  const limit = row.number('slim');
  const sessions = row.number('scur') ?? 0;
  const time = row.number('rtime');
  const ratio = failureRatio(window.growth(row.proxy, row.name));
  const others = all.filter((other) => other.proxy === row.proxy && other.name !== row.name);
  const theirs = failureRatio(added(others.map((other) => window.growth(other.proxy, other.name))));
  return [
    ...reading('state', stateValue[serverState(row.text('status'))]),
    ...reading('falls', row.number('chkdown')),
    ...reading('error_ratio', ratio),
    ...reading(
      'error_excess',
      ratio === undefined || theirs === undefined ? undefined : Math.max(0, ratio - theirs),
    ),
    ...reading('sessions', sessions),
    ...reading('sessions.used_ratio', limit ? sessions / limit : undefined),
    ...reading('queued', row.number('qcur')),
    ...reading('response_time', time === undefined || row.number('stot') === 0 ? undefined : time / 1_000),
  ];
}

/** Who listens there while it is up, for the day when nobody does. */
function noteServer(row: StatRow, clock: Parameters<typeof noteListener>[1]): void {
  const to = tcpOf(row.text('addr'));
  if (to && serverState(row.text('status')) === 'up') noteListener(to, clock);
}
