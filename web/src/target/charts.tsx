import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { TargetDetail } from '../../../src/core/view.ts';
import type { SamplesRequest } from '../api/queries.ts';
import { Empty } from '../parts/states.tsx';
import { ranges } from '../search.ts';
import styles from './charts.module.css';
import { MetricChart } from './metric-chart.tsx';
import { byWeight } from './metric-order.ts';
import { RangeBar } from './range-bar.tsx';

const points = 220;

export function Charts({ target }: { target: TargetDetail }) {
  const search = useSearch({ from: '/targets/$name' });
  const navigate = useNavigate({ from: '/targets/$name' });
  const range = search.range ?? '1h';
  const isFixed = search.from !== undefined && search.to !== undefined;
  const isLive = !isFixed && search.live !== 'no';
  const spanMs = ranges[range];
  const span: SamplesRequest['span'] =
    search.from !== undefined && search.to !== undefined
      ? { from: search.from, to: search.to }
      : { lastMs: spanMs };
  const refetchMs = isLive ? Math.max(2_000, target.everyMs, Math.round(spanMs / points)) : false;
  const zoom = useCallback(
    (from: number, to: number) =>
      void navigate({ search: (old) => ({ ...old, from, to }), resetScroll: false }),
    [navigate],
  );
  const find = search.find?.toLowerCase() ?? '';
  const metrics = target.metrics
    .filter(({ metric, summary }) => `${metric} ${summary}`.toLowerCase().includes(find))
    .sort(byWeight);

  return (
    <section aria-label="Charts">
      <RangeBar isFixed={isFixed} isLive={isLive} range={range} />
      {metrics.length === 0 ? (
        <Empty
          title={target.metrics.length === 0 ? 'Nothing has been measured yet' : 'No metric is like that'}
        />
      ) : (
        <div className={styles.grid}>
          {metrics.map((metric) => (
            <MetricChart
              key={metric.metric}
              target={target}
              metric={metric}
              span={span}
              points={points}
              refetchMs={refetchMs}
              onZoom={zoom}
            />
          ))}
        </div>
      )}
    </section>
  );
}
