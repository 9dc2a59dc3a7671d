import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe } from '../../../protocols/mysql/observe.ts';
import { readOr } from '../access.ts';
import type { TidbConnection } from '../client.ts';
import {
  isBackup,
  isOurs,
  type Process,
  processesSql,
  processOf,
  type TransactionRow,
  transactionOf,
  transactionsSql,
} from '../sessions.ts';

const processMetrics = [
  'tidb.connections',
  'tidb.connections.used_ratio',
  'tidb.running',
  'tidb.longest_statement',
];
const transactionMetrics = [
  'tidb.locks.waiting',
  'tidb.locks.longest_wait',
  'tidb.transactions.oldest',
  'tidb.transactions.idle_longest',
];

export const activity: Probe<TidbConnection> = {
  id: 'tidb.activity',
  summary: 'Sessions, running statements, lock waits and open transactions of every TiDB server',
  metrics: {
    'tidb.connections': { summary: 'Sessions of a TiDB server', unit: 'count', kind: 'gauge' },
    'tidb.connections.used_ratio': {
      summary: 'Sessions of the fullest TiDB server ÷ max_connections, where that is set',
      unit: 'ratio',
      kind: 'gauge',
    },
    'tidb.running': { summary: 'Sessions that run a statement', unit: 'count', kind: 'gauge' },
    'tidb.longest_statement': {
      summary: 'Longest running statement of a client; backups left out',
      unit: 'seconds',
      kind: 'gauge',
    },
    'tidb.locks.waiting': { summary: 'Transactions that wait for a lock', unit: 'count', kind: 'gauge' },
    'tidb.locks.longest_wait': { summary: 'Longest wait for a lock', unit: 'seconds', kind: 'gauge' },
    'tidb.transactions.oldest': {
      summary: 'Age of the oldest open transaction; backups left out',
      unit: 'seconds',
      kind: 'gauge',
    },
    'tidb.transactions.idle_longest': {
      summary: 'Age of the oldest transaction that does nothing now',
      unit: 'seconds',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.quick, ctx, async (db) => {
      const missing: Missing[] = [];
      const readings: Reading[] = [];
      const read = await readOr<Process>(db, processMetrics, processesSql);
      const processes = 'rows' in read ? read.rows.map(processOf) : [];
      if ('missing' in read) missing.push(read.missing);
      else {
        const [limit] = await db.query<{ Value: string }>(
          "SHOW GLOBAL VARIABLES WHERE Variable_name = 'max_connections'",
        );
        readings.push(...processReadings(processes, Number(limit?.Value ?? 0)));
      }
      const open = await readOr<TransactionRow>(db, transactionMetrics, transactionsSql);
      if ('missing' in open) missing.push(open.missing);
      else {
        const backups = new Set(processes.filter(isBackup).map(({ id }) => id));
        const now = ctx.clock.now();
        const clients = open.rows.map(transactionOf).filter(({ session }) => !backups.has(session));
        const waiting = clients.filter(({ state }) => state === 'LockWaiting');
        const age = (at: number | undefined) => (at === undefined ? 0 : Math.max(0, (now - at) / 1_000));
        const most = (values: readonly number[]) => Math.max(0, ...values);
        readings.push(
          { metric: 'tidb.locks.waiting', value: waiting.length },
          { metric: 'tidb.locks.longest_wait', value: most(waiting.map((one) => age(one.waitingSince))) },
          { metric: 'tidb.transactions.oldest', value: most(clients.map((one) => age(one.startedAt))) },
          {
            metric: 'tidb.transactions.idle_longest',
            value: most(clients.filter(({ state }) => state === 'Idle').map((one) => age(one.startedAt))),
          },
        );
      }
      return { readings, missing };
    }),
};

function processReadings(processes: readonly Process[], limit: number): Reading[] {
  const byInstance = new Map<string, number>();
  for (const { instance } of processes) byInstance.set(instance, (byInstance.get(instance) ?? 0) + 1);
  const running = processes.filter((one) => one.command === 'Query' || one.command === 'Execute');
  const clients = running.filter((one) => !isBackup(one) && !isOurs(one));
  return [
    ...[...byInstance].map(([instance, value]) => ({
      metric: 'tidb.connections',
      value,
      labels: { instance },
    })),
    ...(limit > 0
      ? [{ metric: 'tidb.connections.used_ratio', value: Math.max(0, ...byInstance.values()) / limit }]
      : []),
    { metric: 'tidb.running', value: running.length },
    { metric: 'tidb.longest_statement', value: Math.max(0, ...clients.map(({ seconds }) => seconds)) },
  ];
}
