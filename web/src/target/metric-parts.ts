/** A metric whose rules judge its series by different thresholds is a chart for each of them. */
import type { Labels } from '../../../src/core/sample.ts';
import type { MetricView, SamplesView } from '../../../src/core/view.ts';

export interface MetricPart {
  /** With the values and thresholds of this part. */
  readonly metric: MetricView;
  /** `io`; null where it is the whole metric, or what no rule names. */
  readonly name: string | null;
  isOfIt(labels: Labels): boolean;
}

export function partsOf(metric: MetricView): readonly MetricPart[] {
  const wheres = new Map(
    metric.thresholds.flatMap(({ where }) =>
      where === undefined ? [] : [[JSON.stringify(where), where] as const],
    ),
  );
  if (wheres.size < 2) return [{ metric, name: null, isOfIt: () => true }];
  const named = [...wheres].map(([key, where]) =>
    part(metric, Object.values(where).join(' '), (labels) => carries(labels, where), key),
  );
  const rest = part(metric, null, (labels) => !named.some(({ isOfIt }) => isOfIt(labels)), null);
  return [...named, rest].filter((one) => one.metric.latest.length > 0);
}

function part(
  metric: MetricView,
  name: string | null,
  isOfIt: MetricPart['isOfIt'],
  key: string | null,
): MetricPart {
  const isJudged = ({ where }: MetricView['thresholds'][number]) =>
    where === undefined || JSON.stringify(where) === key;
  const latest = metric.latest.filter(({ labels }) => isOfIt(labels));
  return { metric: { ...metric, latest, thresholds: metric.thresholds.filter(isJudged) }, name, isOfIt };
}

function carries(labels: Labels, where: Labels): boolean {
  return Object.entries(where).every(([name, value]) => labels[name] === value);
}

export function samplesOf(samples: SamplesView, { isOfIt }: MetricPart): SamplesView {
  return { ...samples, series: samples.series.filter(({ labels }) => isOfIt(labels)) };
}
