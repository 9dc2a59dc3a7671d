import type { Outcome, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { isServerFull } from '../../../protocols/mysql/failure.ts';
import { type MysqlConnection, observe } from '../client.ts';
import { hiddenFor } from '../privileges.ts';
import { hostOf, isClient, readSessions, type Thread } from '../sessions.ts';
import { readStatus, readVariables } from '../status.ts';

/** Combinations of user, host and command that get a series of their own; the rest is `other`. */
const groupLimit = 12;

export const activity: Probe<MysqlConnection> = {
  id: 'mysql.activity',
  summary: 'Connections against the limit, by whom, and statements running at the same time',
  metrics: {
    'mysql.connections.used': { summary: 'Open connections', unit: 'count', kind: 'gauge' },
    'mysql.connections.limit': { summary: 'max_connections', unit: 'count', kind: 'gauge' },
    'mysql.connections.left': {
      summary: 'Connections that can still be opened; 0 where Upkeep itself is turned away',
      unit: 'count',
      kind: 'gauge',
    },
    'mysql.connections.used_ratio': {
      summary: 'Open connections as a share of max_connections',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'mysql.connections.by': {
      summary: `Client sessions by user, host and command, the ${groupLimit} largest groups`,
      unit: 'count',
      kind: 'gauge',
    },
    'mysql.connections.aborted': {
      summary: 'Logins that failed (Aborted_connects)',
      unit: 'count',
      kind: 'counter',
    },
    'mysql.threads.running': { summary: 'Statements running at this moment', unit: 'count', kind: 'gauge' },
    'mysql.threads.running_ratio': {
      summary: 'Statements running as a share of max_connections',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'mysql.queries': {
      summary: 'Statements that clients sent',
      unit: 'count',
      kind: 'counter',
      isTraffic: true,
    },
  },
  async run(conn, ctx) {
    const outcome = await observe(conn.quick, ctx, async (db) => {
      const status = await readStatus(
        db,
        'Threads_connected',
        'Threads_running',
        'Aborted_connects',
        'Questions',
      );
      const limit = (await readVariables(db, 'max_connections')).number('max_connections') ?? 0;
      const used = status.number('Threads_connected') ?? 0;
      const running = status.number('Threads_running') ?? 0;
      const missing = await hiddenFor(db, 'sessions', ['mysql.connections.by']);
      const readings: Reading[] = [
        { metric: 'mysql.connections.used', value: used },
        { metric: 'mysql.connections.limit', value: limit },
        ...(limit > 0 ? [{ metric: 'mysql.connections.left', value: Math.max(0, limit - used) }] : []),
        { metric: 'mysql.connections.used_ratio', value: limit > 0 ? used / limit : 1 },
        { metric: 'mysql.threads.running', value: running },
        { metric: 'mysql.threads.running_ratio', value: limit > 0 ? running / limit : 1 },
        { metric: 'mysql.connections.aborted', value: status.number('Aborted_connects') ?? 0 },
        { metric: 'mysql.queries', value: status.number('Questions') ?? 0 },
      ];
      if (missing.length === 0) readings.push(...groups(await readSessions(db)));
      return { readings, missing, detail: `${used} of ${limit} connections, ${running} running` };
    });
    return whenTurnedAway(outcome);
  },
};

/** Being turned away for want of slots is itself a measurement; a limit of one user is not. */
function whenTurnedAway(outcome: Outcome): Outcome {
  if (outcome.ok || !isServerFull(outcome.detail)) return outcome;
  const readings = [
    { metric: 'mysql.connections.used_ratio', value: 1 },
    { metric: 'mysql.connections.left', value: 0 },
  ];
  return { ...outcome, readings };
}

function groups(sessions: readonly Thread[]): Reading[] {
  const counts = new Map<string, { user: string; host: string; command: string; sessions: number }>();
  for (const session of sessions.filter(isClient)) {
    const labels = { user: session.user, host: hostOf(session.host), command: session.command };
    const key = JSON.stringify(labels);
    const before = counts.get(key);
    counts.set(key, { ...labels, sessions: (before?.sessions ?? 0) + 1 });
  }
  const sorted = [...counts.values()].sort((a, b) => b.sessions - a.sessions);
  const reading = ({ sessions: value, ...labels }: (typeof sorted)[number]): Reading => ({
    metric: 'mysql.connections.by',
    value,
    labels,
  });
  const rest = sorted.slice(groupLimit).reduce((sum, group) => sum + group.sessions, 0);
  const other = { user: 'other', host: 'other', command: 'other', sessions: rest };
  return [...sorted.slice(0, groupLimit), ...(rest > 0 ? [other] : [])].map(reading);
}
