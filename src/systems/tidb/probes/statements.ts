import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { observe } from '../../../protocols/mysql/observe.ts';
import { readOr, sqlMoment } from '../access.ts';
import type { TidbConnection } from '../client.ts';
import { changesOf, isRegressed, least, type Usage, usageOf, usageSql } from '../plans.ts';

const summaryMetrics = [
  'tidb.statements.slowest_mean',
  'tidb.statements.slowdown',
  'tidb.statements.new_plans',
];
/** The slow log is read from files: never without bounds of time (identify-slow-queries.md). */
const slowSpanMs = 5 * 60_000;

export const statements: Probe<TidbConnection> = {
  id: 'tidb.statements',
  summary: 'Slow and slowed-down statements, those whose plan changed, and what the slow log holds',
  atMostEveryMs: 60_000,
  metrics: {
    'tidb.statements.slowest_mean': {
      summary: 'Highest mean time of a statement with 20 calls or more in the window that runs',
      unit: 'seconds',
      kind: 'gauge',
    },
    'tidb.statements.slowdown': {
      summary:
        'Highest mean of a statement now ÷ its mean in the windows before (100 calls), of those over 50 ms',
      unit: 'ratio',
      kind: 'gauge',
    },
    'tidb.statements.new_plans': {
      summary: 'Statements that became three times slower with a plan they did not have before',
      unit: 'count',
      kind: 'gauge',
    },
    'tidb.slow_queries': {
      summary: 'Statements in the slow logs of the last 5 minutes, those of TiDB itself left out',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (db) => {
      if (!conn.config.statements) return { readings: [] };
      const missing: Missing[] = [];
      const readings: Reading[] = [];
      const slow = await readOr<{ slow: number }>(
        db,
        ['tidb.slow_queries'],
        'SELECT COUNT(*) AS slow FROM information_schema.CLUSTER_SLOW_QUERY WHERE Time >= ? AND Time < ? AND Is_internal = 0',
        [sqlMoment(ctx.clock.now() - slowSpanMs), sqlMoment(ctx.clock.now() + 1_000)],
      );
      if ('missing' in slow) missing.push(slow.missing);
      else readings.push({ metric: 'tidb.slow_queries', value: Number(slow.rows[0]?.slow ?? 0) });
      const now = await readOr<Usage>(db, summaryMetrics, usageSql('now'));
      const before = await readOr<Usage>(db, summaryMetrics, usageSql('before'));
      if ('missing' in now) return { readings, missing: [...missing, now.missing] };
      if ('missing' in before) return { readings, missing: [...missing, before.missing] };
      const usages = now.rows.map(usageOf);
      const judged = judge(usages, before.rows.map(usageOf));
      return { ...judged, readings: [...readings, ...judged.readings], missing };
    }),
};

function judge(now: readonly Usage[], before: readonly Usage[]): { readings: Reading[]; detail?: string } {
  const slowest = now
    .filter(({ calls }) => calls >= least.calls)
    .toSorted((a, b) => b.seconds / b.calls - a.seconds / a.calls)
    .at(0);
  const slowed = changesOf(now, before)
    .filter(({ mean, pastMean }) => mean >= least.seconds && pastMean > 0)
    .toSorted((a, b) => b.mean / b.pastMean - a.mean / a.pastMean);
  const [worst] = slowed;
  const told = worst !== undefined && isRegressed(worst) ? worst : undefined;
  return {
    readings: [
      { metric: 'tidb.statements.slowest_mean', value: slowest ? slowest.seconds / slowest.calls : 0 },
      { metric: 'tidb.statements.slowdown', value: worst ? worst.mean / worst.pastMean : 1 },
      {
        metric: 'tidb.statements.new_plans',
        value: slowed.filter((one) => one.isNewPlan && isRegressed(one)).length,
      },
    ],
    ...(told === undefined
      ? {}
      : {
          detail: `${formatDuration(told.mean * 1_000)} a call instead of ${formatDuration(told.pastMean * 1_000)}: ${told.text}`,
        }),
  };
}
