import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { MetricView, SamplesView, TargetDetail } from '../../../src/core/view.ts';
import { overviewQuery, type SamplesRequest, samplesQuery } from '../api/queries.ts';
import { formatDrawn, unknownText } from '../format/numbers.ts';
import type { ChangeMark } from './change-marks.ts';
import styles from './charts.module.css';
import { drawing } from './drawing.ts';
import { isHeadline } from './metric-order.ts';
import { type MetricPart, samplesOf } from './metric-parts.ts';
import { Plot } from './plot.tsx';
import { marksOf } from './plot-marks.ts';

type Props = Pick<SamplesRequest, 'span' | 'points' | 'refetchMs'> & {
  readonly target: TargetDetail;
  readonly part: MetricPart;
  readonly changes: readonly ChangeMark[];
  readonly onZoom: (from: number, to: number) => void;
};

/** Asked for only once it comes near the screen: a database has dozens of metrics. */
export function MetricChart({ target, part, changes, span, points, refetchMs, onZoom }: Props) {
  const { metric, name } = part;
  const [holder, isNear] = useIsNear();
  const samples = useQuery({
    ...samplesQuery({ target: target.name, metric: metric.metric, span, points, refetchMs }),
    enabled: isNear,
  });
  const own = useMemo(() => samples.data && samplesOf(samples.data, part), [samples.data, part]);
  const isWide = isHeadline(metric);
  return (
    <figure
      ref={holder}
      className={isWide ? `${styles.chart} ${styles.wide}` : styles.chart}
      aria-label={name === null ? metric.summary : `${metric.summary}: ${name}`}
    >
      <figcaption className={styles.head}>
        <div className={styles.name}>
          <h3>
            {metric.summary}
            {name === null ? null : `: ${name}`}
          </h3>
          <code>{metric.metric}</code>
        </div>
        <span className={styles.last} data-figures>
          {lastText(own, metric)}
        </span>
      </figcaption>
      {own === undefined ? (
        samples.isError ? (
          <div className={styles.blank} role="alert">
            {samples.error.message}
          </div>
        ) : (
          <Skeleton height={168} mt={8} />
        )
      ) : (
        <Body
          target={target}
          metric={metric}
          samples={own}
          changes={changes}
          onZoom={onZoom}
          height={isWide ? 230 : 168}
        />
      )}
    </figure>
  );
}

function Body({
  target,
  metric,
  samples,
  changes,
  height,
  onZoom,
}: {
  target: TargetDetail;
  metric: MetricView;
  samples: SamplesView;
  changes: readonly ChangeMark[];
  height: number;
  onZoom: Props['onZoom'];
}) {
  const gaps = useQuery(overviewQuery).data?.gaps ?? [];
  const { metric: name, unit } = metric;
  const drawn = useMemo(() => drawing(samples, { metric: name, unit }), [samples, name, unit]);
  if (drawn === null) return <div className={styles.blank}>No samples in this range</div>;
  return (
    <Plot
      drawn={drawn}
      marks={marksOf(metric, target.alerts, gaps, changes)}
      metric={metric}
      height={height}
      onZoom={onZoom}
    />
  );
}

function lastText(samples: SamplesView | undefined, metric: MetricView): string {
  if (samples === undefined || samples.series.length !== 1) return '';
  const last = samples.series[0]?.avg.findLast((value) => value !== null);
  return last === undefined ? unknownText : formatDrawn(last, metric.unit, metric.kind);
}

function useIsNear() {
  const holder = useRef<HTMLElement>(null);
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const observer = new IntersectionObserver(([entry]) => setNear(entry?.isIntersecting ?? false), {
      rootMargin: '240px',
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [holder, isNear] as const;
}
