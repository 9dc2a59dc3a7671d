/** Readings of an exposition: gauges and counters as they are, histograms and summaries as percentiles. */

import {
  type Distribution,
  type Memory,
  ranking,
  readDistribution,
  reduceLabels,
} from '../../../core/app-series.ts';
import type { ExposedSample, Exposition, FamilyType } from '../../../core/exposition/parse.ts';
import { type Labels, labelKey, type Reading } from '../../../core/sample.ts';
import type { PrometheusConfig } from '../config.ts';

type Choice = Pick<PrometheusConfig, 'metrics' | 'keepLabels'>;

export interface Chosen {
  readonly readings: readonly Reading[];
  /** Names of families that are exposed. */
  readonly offered: number;
}

export function readingsOf(exposition: Exposition, choice: Choice, memory: Memory, at: number): Chosen {
  const rankOf = ranking(choice.metrics);
  const plain = new Map<string, { rank: number; metric: string; labels: Labels; value: number }>();
  const distributions = new Map<string, Distribution>();
  const names = new Set<string>();
  for (const sample of exposition.samples) {
    const { family, part, type } = familyOf(sample.name, exposition.types);
    if (part === 'created') continue;
    names.add(family);
    const rank = rankOf(family, sample.name);
    if (rank < 0) continue;
    const metric = `app.${part === 'itself' ? sample.name : family}`;
    if ((type === 'histogram' || type === 'summary') && part !== 'itself')
      addTo(distributions, metric, sample, part, choice.keepLabels);
    else if (type === 'summary') addPlain(plain, percentileOf(metric, sample, choice.keepLabels), rank);
    else {
      const labels = reduceLabels(sample.labels, choice.keepLabels);
      addPlain(plain, { metric: `app.${sample.name}`, labels, value: sample.value }, rank);
    }
  }
  const spanSeconds = memory.at === null ? 0 : (at - memory.at) / 1_000;
  const spread = [...distributions].flatMap(([key, distribution]) =>
    readDistribution(distribution, memory.distributions.get(key), spanSeconds),
  );
  memory.distributions.clear();
  for (const [key, distribution] of distributions) memory.distributions.set(key, distribution);
  memory.at = at;
  const ranked = [...plain.values()].toSorted((a, b) => a.rank - b.rank);
  const readings = [...ranked.map(({ rank: _, ...reading }) => reading), ...spread];
  return { readings: readings.filter(({ value }) => Math.abs(value) !== Infinity), offered: names.size };
}

/** `created` is when a counter began; nothing is judged by it. */
type Part = 'itself' | 'bucket' | 'sum' | 'count' | 'created';

function familyOf(
  name: string,
  types: ReadonlyMap<string, FamilyType>,
): { family: string; part: Part; type: FamilyType } {
  const own = types.get(name);
  if (own !== undefined) return { family: name, part: 'itself', type: own };
  const match = /^(.+)_(bucket|sum|count|total|created|info)$/.exec(name);
  const type = types.get(match?.[1] ?? '');
  if (match?.[1] === undefined || type === undefined)
    return { family: name, part: 'itself', type: 'unknown' };
  const suffix = match[2];
  const part = suffix === undefined || suffix === 'total' || suffix === 'info' ? 'itself' : partOf(suffix);
  return { family: match[1], part, type: part === 'itself' && type === 'summary' ? 'unknown' : type };
}

function partOf(suffix: string): Part {
  return suffix === 'bucket' || suffix === 'sum' || suffix === 'count' ? suffix : 'created';
}

function addTo(
  distributions: Map<string, Distribution>,
  metric: string,
  { labels, value }: ExposedSample,
  part: Part,
  wanted: readonly string[] | undefined,
): void {
  const own = reduceLabels(
    [...labels].filter(([name]) => name !== 'le' && name !== 'quantile'),
    wanted,
  );
  const key = `${metric}\u0000${labelKey(own)}`;
  const found = distributions.get(key) ?? { metric, labels: own, buckets: new Map(), count: 0, sum: 0 };
  distributions.set(key, found);
  if (part === 'count') found.count += value;
  else if (part === 'sum') found.sum += value;
  else {
    const le = labels.get('le') ?? '';
    const bound = /^\+?inf$/i.test(le) ? Number.POSITIVE_INFINITY : Number(le);
    if (le !== '' && !Number.isNaN(bound)) found.buckets.set(bound, (found.buckets.get(bound) ?? 0) + value);
  }
}

/** A summary names its quantile; series that are merged cannot be added, the highest is kept. */
function percentileOf(
  metric: string,
  { labels, value }: ExposedSample,
  wanted: readonly string[] | undefined,
) {
  const quantile = Number(labels.get('quantile') ?? Number.NaN);
  const rest = reduceLabels(
    [...labels].filter(([name]) => name !== 'quantile'),
    wanted,
  );
  const name = Number.isNaN(quantile) ? metric : `${metric}.p${Number((quantile * 100).toFixed(4))}`;
  return { metric: name, labels: rest, value, isHighest: true };
}

function addPlain(
  plain: Map<string, { rank: number; metric: string; labels: Labels; value: number }>,
  { metric, labels, value, isHighest = false }: Reading & { labels: Labels; isHighest?: boolean },
  rank: number,
): void {
  const key = `${metric}\u0000${labelKey(labels)}`;
  const known = plain.get(key);
  if (!known) plain.set(key, { rank, metric, labels, value });
  else known.value = isHighest ? Math.max(known.value, value) : known.value + value;
}
