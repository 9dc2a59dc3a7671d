import type { Probe } from '../../../core/system.ts';
import { type MysqlConnection, observe } from '../client.ts';
import { idleTransactions, readLocks } from '../locks.ts';
import { hiddenFor } from '../privileges.ts';
import { isBackup, isClient } from '../sessions.ts';

export const locks: Probe<MysqlConnection> = {
  id: 'mysql.locks',
  summary: 'Who waits for row locks and for table definitions, and how long transactions are open',
  metrics: {
    'mysql.locks.waiting': { summary: 'Sessions that wait for a lock', unit: 'count', kind: 'gauge' },
    'mysql.locks.longest_wait': { summary: 'Longest wait for a lock', unit: 'seconds', kind: 'gauge' },
    'mysql.locks.metadata_waiting': {
      summary: 'Sessions that wait for the definition of a table',
      unit: 'count',
      kind: 'gauge',
    },
    'mysql.locks.metadata_longest': {
      summary: 'Longest wait for the definition of a table',
      unit: 'seconds',
      kind: 'gauge',
    },
    'mysql.transactions.oldest': {
      summary: 'Age of the oldest InnoDB transaction of a client; backups left out',
      unit: 'seconds',
      kind: 'gauge',
    },
    'mysql.transactions.idle_longest': {
      summary: 'Longest time a session with an open transaction has done nothing',
      unit: 'seconds',
      kind: 'gauge',
    },
    'mysql.transactions.idle_count': {
      summary: 'Sessions with an open transaction that do nothing',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.quick, ctx, async (db) => {
      const missing = await hiddenFor(db, 'sessions', ['*']);
      if (missing.length > 0) return { readings: [], missing };
      const seen = await readLocks(db);
      const waiting = new Set([
        ...seen.waits.map(({ thread }) => thread),
        ...[...seen.metadataWaiters, ...seen.globalWaiters].map(({ thread }) => thread),
      ]);
      const metadataLongest = Math.max(0, ...seen.metadataWaiters.map(({ seconds }) => seconds));
      const longest = Math.max(
        metadataLongest,
        ...[...seen.waits, ...seen.globalWaiters].map(({ seconds }) => seconds),
      );
      const clients = seen.transactions.filter(({ thread }) =>
        seen.sessions.some((one) => one.thread === thread && isClient(one) && !isBackup(one)),
      );
      const idle = idleTransactions(seen);
      return {
        ...(waiting.size === 0 ? {} : { detail: `${waiting.size} wait for locks` }),
        readings: [
          { metric: 'mysql.locks.waiting', value: waiting.size },
          { metric: 'mysql.locks.longest_wait', value: longest },
          { metric: 'mysql.locks.metadata_waiting', value: seen.metadataWaiters.length },
          { metric: 'mysql.locks.metadata_longest', value: metadataLongest },
          {
            metric: 'mysql.transactions.oldest',
            value: Math.max(0, ...clients.map(({ seconds }) => seconds)),
          },
          {
            metric: 'mysql.transactions.idle_longest',
            value: Math.max(0, ...idle.map(({ seconds }) => seconds)),
          },
          { metric: 'mysql.transactions.idle_count', value: idle.length },
        ],
      };
    }),
};
