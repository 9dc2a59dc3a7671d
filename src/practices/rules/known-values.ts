/** What the store kept for a rule of a target: raw while that is kept, five minutes at a time before. */
import type { KnownSeries } from '../../core/rehearsal.ts';
import { isLearned, type Rule } from '../../core/rule.ts';
import { memorySpan } from '../../core/rule-kinds/memory-span.ts';
import { type Labels, labelKey } from '../../core/sample.ts';
import type { SampleStore } from '../../store/samples/index.ts';

const dayMs = 86_400_000;
const coarseMs = 300_000;

export interface KnownValues {
  readonly series: KnownSeries[];
  readonly other: (metric: string, labels: Labels, at: number) => number | null;
}

type Samples = Pick<SampleStore, 'range' | 'aggregate'>;

export async function knownValues(
  samples: Samples,
  question: { readonly rule: Rule; readonly target: string; readonly from: number; readonly to: number },
): Promise<KnownValues> {
  const { rule, target, to } = question;
  const from = question.from - (isLearned(rule) ? memorySpan(rule).spanMs : 0);
  const labels = rule.where ? { labels: rule.where } : {};
  const series = await seriesOf(samples, { target, metric: rule.metric, ...labels, from, to }, pickFor(rule));
  const of = 'of' in rule ? rule.of : undefined;
  const others = new Map<string, KnownSeries[]>();
  for (const metric of [rule.and?.metric, of])
    if (metric !== undefined)
      others.set(metric, await seriesOf(samples, { target, metric, from, to }, 'avg'));
  return {
    series,
    other(metric, wanted, at) {
      const all = others.get(metric) ?? [];
      const found =
        all.find((one) => labelKey(one.labels) === labelKey(wanted)) ??
        all.find((one) => labelKey(one.labels) === '');
      return found ? newestAt(found, at) : null;
    },
  };
}

function pickFor(rule: Rule): 'min' | 'max' | 'avg' {
  if (rule.kind === 'threshold') return rule.direction === 'above' ? 'max' : 'min';
  if (rule.kind === 'forecast') return rule.direction === 'rising' ? 'max' : 'min';
  if (rule.kind === 'state') return (rule.critical ?? rule.warning ?? []).includes(0) ? 'min' : 'max';
  return 'avg';
}

/** A day at a time, so that nothing else waits long for the store. */
async function seriesOf(
  samples: Samples,
  span: { target: string; metric: string; labels?: Labels; from: number; to: number },
  pick: 'min' | 'max' | 'avg',
): Promise<KnownSeries[]> {
  const found = new Map<string, { labels: Labels; points: { at: number; value: number }[] }>();
  const keep = (labels: Labels) => {
    const key = labelKey(labels);
    const known = found.get(key) ?? { labels, points: [] };
    found.set(key, known);
    return known.points;
  };
  for (let from = span.from; from < span.to; from += dayMs) {
    const part = { ...span, from, to: Math.min(span.to, from + dayMs) - 1 };
    const raw = await samples.range(part);
    for (const { labels, at, values } of raw) {
      const points = keep(labels);
      for (const [i, time] of at.entries()) points.push({ at: time, value: values[i] ?? Number.NaN });
    }
    if (raw.some(({ at }) => at.length > 0)) continue;
    // Rates of counters cannot be summed to an increase again: what is older than raw values is left out for them.
    for (const { labels, at, ...rest } of await samples.aggregate({ ...part, stepMs: coarseMs })) {
      const points = keep(labels);
      for (const [i, time] of at.entries()) points.push({ at: time, value: rest[pick][i] ?? Number.NaN });
    }
  }
  return [...found.values()];
}

/** The newest at or before a time, by halving. */
function newestAt({ points }: KnownSeries, at: number): number | null {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.at ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return points[low - 1]?.value ?? null;
}
