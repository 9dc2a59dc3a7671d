import type { Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { type MysqlConnection, observe } from '../client.ts';
import { type Digest, isOfOthers, readDigests } from '../digests.ts';

/** MySQLTuner and knowledge of operation: a mean counts from 100 calls, a scan from 1,000 rows examined a call. */
const leastCalls = 100;
const leastExamined = 1_000;
/** A slow-down is judged against a past of so many calls. */
const leastPast = 1_000;
const leastRegressedSeconds = 0.05;

export const statements: Probe<MysqlConnection> = {
  id: 'mysql.statements',
  summary: 'Slow and slowed-down statements by digest, and reads that no index helps (performance_schema)',
  atMostEveryMs: 60_000,
  metrics: {
    'mysql.statements.mean_time': {
      summary: 'Mean time of all statements since the last run',
      unit: 'seconds',
      kind: 'gauge',
    },
    'mysql.statements.slowest_mean': {
      summary: 'Highest mean time of a statement with 100 calls or more since the last run',
      unit: 'seconds',
      kind: 'gauge',
    },
    'mysql.statements.slowdown': {
      summary: 'Highest mean of a statement now ÷ its own mean before (1,000 calls), of those over 50 ms',
      unit: 'ratio',
      kind: 'gauge',
    },
    'mysql.statements.scan_ratio': {
      summary: 'Highest rows examined ÷ rows sent of a statement that examines 1,000 rows a call or more',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (db) => {
      if (!conn.config.statements) return { readings: [] };
      const found = await readDigests(db);
      if ('missing' in found) return { readings: [], missing: found.missing };
      const windows = found.digests
        .filter((digest) => !isOfOthers(digest))
        .flatMap((one) => windowOf(one, ctx));
      return judge(windows);
    }),
};

interface Window {
  readonly digest: Digest;
  readonly calls: number;
  readonly mean: number;
  readonly examined: number;
  readonly sent: number;
  readonly pastCalls: number;
  readonly pastMean: number;
}

function windowOf(digest: Digest, ctx: ProbeContext): Window[] {
  const key = `${digest.schema} ${digest.digest}`;
  const calls = ctx.increase(`${key} calls`, digest.calls);
  const seconds = ctx.increase(`${key} seconds`, digest.seconds);
  const examined = ctx.increase(`${key} examined`, digest.examined);
  const sent = ctx.increase(`${key} sent`, digest.sent);
  if (calls === undefined || calls === 0 || seconds === undefined) return [];
  const pastCalls = digest.calls - calls;
  return [
    {
      digest,
      calls,
      mean: seconds / calls,
      examined: examined ?? 0,
      sent: sent ?? 0,
      pastCalls,
      pastMean: pastCalls > 0 ? (digest.seconds - seconds) / pastCalls : 0,
    },
  ];
}

function judge(windows: readonly Window[]): { readings: Reading[]; detail?: string } {
  const frequent = windows.filter((one) => one.calls >= leastCalls);
  const slowest = most(frequent, (one) => one.mean);
  const slowed = most(
    windows.filter(
      (one) =>
        one.calls >= 20 &&
        one.pastCalls >= leastPast &&
        one.pastMean > 0 &&
        one.mean >= leastRegressedSeconds,
    ),
    (one) => one.mean / one.pastMean,
  );
  const scan = most(
    frequent.filter((one) => one.examined / one.calls >= leastExamined),
    (one) => one.examined / Math.max(1, one.sent),
  );
  const calls = windows.reduce((sum, one) => sum + one.calls, 0);
  const seconds = windows.reduce((sum, one) => sum + one.mean * one.calls, 0);
  const worst = slowed ?? slowest;
  return {
    readings: [
      ...(calls > 0 ? [{ metric: 'mysql.statements.mean_time', value: seconds / calls }] : []),
      { metric: 'mysql.statements.slowest_mean', value: slowest?.mean ?? 0 },
      { metric: 'mysql.statements.slowdown', value: slowed ? slowed.mean / slowed.pastMean : 1 },
      { metric: 'mysql.statements.scan_ratio', value: scan ? scan.examined / Math.max(1, scan.sent) : 0 },
    ],
    ...(worst ? { detail: `${formatDuration(worst.mean * 1_000)} a call: ${worst.digest.text}` } : {}),
  };
}

function most(windows: readonly Window[], by: (window: Window) => number): Window | undefined {
  return windows.toSorted((a, b) => by(b) - by(a)).at(0);
}
