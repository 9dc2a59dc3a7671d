import type { Evidence, Finding, Scalar } from '../../../core/evidence.ts';
import { find, numberOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import type { PostgresConnection } from '../client.ts';

const recentMs = 300_000;
const historyMs = 24 * 3_600_000;
/** An hour of the past at 15 s, at least, to say what is usual (J). */
const leastSamples = 60;
/** Twice the busiest twentieth of the day is no ordinary hour (J). */
const peakFactor = 2;
/** A healthy server under more load answers a little slower; more than this is another trouble, or saturation (J). */
const slowerFactor = 3;
const leastPerSecond = 5;

export const trafficPeak: Diagnosis<PostgresConnection> = {
  id: 'postgres.traffic-peak',
  title: 'there is more work than usual',
  summary:
    'There is more work than usual and each piece of it takes about as long as ever: a matter of capacity',
  explains: [
    'postgres.connections',
    'postgres.connections-full',
    'postgres.connection-churn',
    'postgres.cache-hit',
    'postgres.blocked-sessions',
    'postgres.slow-statement',
    'postgres.regressed-statement',
  ],
  async gather(_conn, target, ctx) {
    const rate = await seriesOf(ctx, target, 'postgres.statements.rate');
    const time = await seriesOf(ctx, target, 'postgres.statements.mean_time');
    return [
      {
        id: `${target}.traffic`,
        target,
        title: 'Statements a second and their mean time, now and in the last day',
        at: ctx.clock.now(),
        how: 'history of postgres.statements.rate and postgres.statements.mean_time',
        facts: { ...factsOf('rate', rate), ...factsOf('meanSeconds', time), samples: rate.usual.length },
      },
    ];
  },
  conclude,
};

interface Series {
  readonly recent: readonly number[];
  readonly usual: readonly number[];
  /** When the recent values began to be unlike the usual ones. */
  readonly since: number | null;
}

async function seriesOf(ctx: DiagnosisContext, target: string, metric: string): Promise<Series> {
  const now = ctx.clock.now();
  const [series] = await ctx.history(target, metric, { from: now - historyMs, to: now });
  const points = (series?.at ?? []).map((at, index) => ({ at, value: series?.values[index] ?? 0 }));
  const recent = points.filter(({ at }) => at > now - recentMs);
  const usual = points.filter(({ at }) => at <= now - recentMs).map(({ value }) => value);
  const high = share(usual, 0.95) * peakFactor;
  const last = points.findLastIndex(({ value }) => value < high);
  return { recent: recent.map(({ value }) => value), usual, since: points[last + 1]?.at ?? null };
}

function share(values: readonly number[], of: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? 0;
}

function factsOf(name: string, { recent, usual, since }: Series): Record<string, Scalar> {
  const has = recent.length > 0 && usual.length > 0;
  return {
    [name]: has ? share(recent, 0.5) : null,
    [`${name}Usual`]: has ? share(usual, 0.5) : null,
    [`${name}High`]: has ? share(usual, 0.95) : null,
    [`${name}At`]: since,
  };
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const traffic = find(evidence, target, 'traffic');
  const facts = traffic?.facts;
  if (traffic === undefined || facts === undefined || numberOf(facts.samples) < leastSamples) return [];
  const rate = numberOf(facts.rate);
  if (rate < leastPerSecond || rate < peakFactor * numberOf(facts.rateHigh)) return [];
  const slower = numberOf(facts.meanSeconds) / Math.max(numberOf(facts.meanSecondsUsual), 1e-6);
  if (facts.meanSeconds === null || slower > slowerFactor) return [];
  const times = rate / Math.max(numberOf(facts.rateUsual), 0.01);
  const since = facts.rateAt;
  return [
    {
      id: 'postgres.traffic-peak',
      target,
      nature: 'capacity',
      summary: `${rate.toFixed(0)} statements a second, ${times.toFixed(1)} times as many as usual; each takes ${slower < 1.2 ? 'as long as ever' : `${slower.toFixed(1)} times as long`}`,
      explanation: `In the last day 95 of 100 measurements were below ${numberOf(facts.rateHigh).toFixed(0)} a second. Nothing is broken as far as this shows: there is more to do. Nobody is to be ended for it; add capacity (replicas for reads, a larger machine, a pooler), cache what is read over and over, or shed what can wait.`,
      // Both are measured; what makes the traffic (people, a retry storm, a cache that was lost) is not seen here.
      confidence: slower < 1.5 ? 0.8 : 0.6,
      ...(typeof since === 'number' ? { onset: since } : {}),
      evidence: [traffic.id],
      unseen: [
        'who makes the traffic: a cache that lost its content shows a hit ratio that falls first, a retry storm shows errors first',
      ],
      recommendations: [],
    },
  ];
}
