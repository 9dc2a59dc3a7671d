import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf } from '../../../core/evidence-rows.ts';
import { statementFingerprint } from '../../../core/novelty/statement-fingerprint.ts';
import { plain } from '../../../core/plain.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { PostgresConnection } from '../client.ts';
import { look } from './evidence.ts';
import { logTail } from './server-log.ts';

const windowMs = 600_000;
/** One deadlock happens to anybody; samber's rule alerts at five a minute. Three within ten minutes are a pattern (J). */
const leastDeadlocks = 3;

export const deadlockStorm: Diagnosis<PostgresConnection> = {
  id: 'postgres.deadlock-storm',
  title: 'deadlocks come over and over',
  summary: 'Two kinds of work take the same locks in opposite order, over and over',
  explains: ['postgres.deadlocks', 'postgres.blocked', 'postgres.blocked-sessions'],
  async gather(conn, target, ctx) {
    const now = ctx.clock.now();
    const series = await ctx.history(target, 'postgres.deadlocks', { from: now - windowMs, to: now });
    const since = Math.min(...ctx.alerts.map((alert) => alert.since));
    const counted: Evidence = {
      id: `${target}.deadlocks`,
      target,
      title: 'Deadlocks of the last ten minutes',
      at: now,
      how: 'history of postgres.deadlocks (pg_stat_database)',
      facts: {
        deadlocks: series.reduce((sum, { values }) => sum + grown(values), 0),
        isMeasured: series.length > 0,
        lastAt: lastGrowth(series),
        gapMs: usualGap(series),
        troubleSince: Number.isFinite(since) ? since : null,
        isAlerted: ctx.alerts.some((alert) => alert.target === target && alert.rule === 'postgres.deadlocks'),
      },
    };
    const log = await look(
      conn.work,
      target,
      ctx,
      {
        id: 'deadlock-log',
        title: 'Deadlocks as the server logged them',
        how: 'pg_ls_logdir, pg_read_binary_file',
      },
      async (query) => {
        const tail = await logTail(query, target, ctx);
        if ('unseen' in tail) return tail;
        return { table: tableOf(['times', 'one', 'other'], pairsIn(tail.lines)) };
      },
    );
    return [counted, log];
  },
  conclude,
};

/** What a counter grew by, resets left out. */
function grown(values: readonly number[]): number {
  return values.reduce((sum, value, at) => sum + Math.max(0, value - (values[at - 1] ?? value)), 0);
}

type Series = readonly { readonly at: readonly number[]; readonly values: readonly number[] }[];

/** The sample in which the counter had grown for the last time; null where it never did. */
function lastGrowth(series: Series): number | null {
  const times = series.flatMap(({ at, values }) =>
    at.filter((_, index) => index > 0 && (values[index] ?? 0) > (values[index - 1] ?? 0)),
  );
  return times.length === 0 ? null : Math.max(...times);
}

/** Between two samples, milliseconds. */
function usualGap(series: Series): number {
  const gaps = series
    .flatMap(({ at }) => at.slice(1).map((one, index) => one - (at[index] ?? one)))
    .toSorted((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? 0;
}

/** A storm goes on: where none came since the trouble began, nor in the sample before, it was another's. */
function isOver(facts: Evidence['facts']): boolean {
  const { lastAt, gapMs, troubleSince } = facts ?? {};
  return (
    typeof lastAt === 'number' &&
    typeof troubleSince === 'number' &&
    lastAt < troubleSince - 2 * numberOf(gapMs)
  );
}

/** The detail of a deadlock names each process and its statement: `Process 812: UPDATE …`. Values are replaced. */
function pairsIn(lines: readonly string[]) {
  const pairs = new Map<string, { times: number; one: string; other: string }>();
  let statements: string[] = [];
  const close = () => {
    const [one = '', other = ''] = [...new Set(statements)].sort();
    if (statements.length > 1) {
      const key = `${one}\n${other || one}`;
      pairs.set(key, { times: (pairs.get(key)?.times ?? 0) + 1, one, other: other || one });
    }
    statements = [];
  };
  for (const line of lines) {
    if (/deadlock detected/.test(line)) close();
    const statement = /^(?:.*DETAIL:\s*)?\s*Process \d+: (.+)$/.exec(line)?.[1];
    if (statement !== undefined) statements.push(plain(statementFingerprint(statement), 200));
  }
  close();
  return [...pairs.values()].sort((a, b) => b.times - a.times).slice(0, 5);
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const counted = find(evidence, target, 'deadlocks');
  const log = find(evidence, target, 'deadlock-log');
  const [pair] = rowsOf(log);
  const measured = numberOf(counted?.facts?.deadlocks);
  const logged = numberOf(pair?.times);
  const isMeasured = counted?.facts?.isMeasured === true;
  // The log may reach far back; where the counter was watched, it decides.
  const isAlerted = counted?.facts?.isAlerted === true;
  if (!isAlerted && (isMeasured ? measured : logged) < leastDeadlocks) return [];
  if (!isAlerted && isOver(counted?.facts)) return [];
  const count =
    isMeasured && measured > 0
      ? `${measured} deadlocks in ten minutes`
      : logged > 0
        ? `${logged} deadlocks in the log`
        : 'deadlocks';
  const between = pair ? `, between ${textOf(pair.one)} and ${textOf(pair.other)}` : '';
  return [
    {
      id: 'postgres.deadlock-storm',
      target,
      summary: `${count}${between}`,
      explanation: `PostgreSQL ends each by rolling one side back (40P01), so nobody is to be ended: it would come again. Let both take their locks in the same order (rows by key, tables by name), in short transactions, and repeat what was rolled back.${pair ? '' : ' Which statements meet is in the log of the server.'}`,
      confidence: isMeasured && pair ? 0.95 : isMeasured ? 0.8 : 0.6,
      evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
      unseen: log?.unseen === undefined ? [] : [log.unseen],
      recommendations: [],
    },
  ];
}
