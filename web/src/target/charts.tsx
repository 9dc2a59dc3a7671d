import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import type { MetricView, TargetDetail } from '../../../src/core/view.ts';
import { serverNow } from '../api/connection.ts';
import { changesQuery } from '../api/ledger.ts';
import { overviewQuery, type SamplesRequest } from '../api/queries.ts';
import { count } from '../format/words.ts';
import { useNow } from '../parts/now.ts';
import { Empty } from '../parts/states.tsx';
import { type Range, ranges } from '../search.ts';
import { ChangeList } from './change-list.tsx';
import { type ChangeMark, changeMarks } from './change-marks.ts';
import styles from './charts.module.css';
import { MetricChart } from './metric-chart.tsx';
import { metricGroups } from './metric-groups.ts';
import { byWeight } from './metric-order.ts';
import { type MetricPart, partsOf } from './metric-parts.ts';
import { RangeBar } from './range-bar.tsx';

const points = 220;

export function Charts({ target }: { target: TargetDetail }) {
  const search = useSearch({ from: '/targets/$name' });
  const navigate = useNavigate({ from: '/targets/$name' });
  const usual = useUsualRange();
  const range = search.range ?? usual;
  const isFixed = search.from !== undefined && search.to !== undefined;
  const isLive = !isFixed && search.live !== 'no';
  const spanMs = ranges[range];
  const span: SamplesRequest['span'] =
    search.from !== undefined && search.to !== undefined
      ? { from: search.from, to: search.to }
      : { lastMs: spanMs };
  const refetchMs = isLive ? Math.max(2_000, target.everyMs, Math.round(spanMs / points)) : false;
  const changes = useChangeMarks(target.name, span);
  const zoom = useCallback(
    (from: number, to: number) =>
      void navigate({ search: (old) => ({ ...old, from, to }), resetScroll: false }),
    [navigate],
  );
  const find = search.find?.toLowerCase() ?? '';
  const found = target.metrics.filter(({ metric, summary }) =>
    `${metric} ${summary}`.toLowerCase().includes(find),
  );
  const metrics = found.filter(({ latest }) => latest.length > 0);
  const firing = new Set(target.alerts.flatMap(({ rule, state }) => (state === 'firing' ? [rule] : [])));
  // What was searched for is not folded away again.
  const { leading, groups } =
    find === '' ? metricGroups(metrics, firing) : { leading: metrics.toSorted(byWeight), groups: [] };
  const parts = useMemo(() => new Map(target.metrics.map((one) => [one, partsOf(one)])), [target.metrics]);
  const unmeasured = found.filter(({ latest }) => latest.length === 0);

  const chart = (part: MetricPart) => (
    <MetricChart
      key={`${part.metric.metric} ${part.name}`}
      target={target}
      part={part}
      changes={changes}
      span={span}
      points={points}
      refetchMs={refetchMs}
      onZoom={zoom}
    />
  );

  return (
    <section aria-label="Charts">
      <RangeBar isFixed={isFixed} isLive={isLive} range={range} />
      {metrics.length === 0 ? (
        <Empty
          title={target.metrics.length === 0 ? 'Nothing has been measured yet' : 'No metric is like that'}
        />
      ) : (
        <div className={styles.grid}>{leading.flatMap((one) => parts.get(one) ?? []).map(chart)}</div>
      )}
      <ChangeList marks={changes} target={target.name} />
      {groups.map((group) => (
        <details key={group.name} className={styles.group}>
          <summary>
            {group.name} <span>{count(group.metrics.length, 'chart')}</span>
          </summary>
          <div className={styles.grid}>{group.metrics.flatMap((one) => parts.get(one) ?? []).map(chart)}</div>
        </details>
      ))}
      {unmeasured.length === 0 ? null : <Unmeasured metrics={unmeasured} />}
    </section>
  );
}

/** Unknown, not zero: named, but without an empty chart each. */
function Unmeasured({ metrics }: { metrics: readonly MetricView[] }) {
  return (
    <details className={styles.unmeasured}>
      <summary>{count(metrics.length, 'metric has', 'metrics have')} no value yet</summary>
      <ul>
        {metrics.map(({ metric, summary }) => (
          <li key={metric}>
            {summary} <code>{metric}</code>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** An hour, or less where Upkeep has not been watching for longer; decided once a visit. */
function useUsualRange(): Range {
  const { data } = useQuery(overviewQuery);
  const [firstSeenAt] = useState(serverNow);
  const watchedMs = data === undefined ? ranges['1h'] : firstSeenAt - data.startedAt;
  if (watchedMs < ranges['5m']) return '5m';
  return watchedMs < ranges['15m'] ? '15m' : '1h';
}

function useChangeMarks(target: string, span: SamplesRequest['span']): readonly ChangeMark[] {
  const now = useNow();
  const minute = Math.ceil(now / 60_000) * 60_000;
  const to = 'to' in span ? span.to : minute;
  const from = 'from' in span ? span.from : minute - 60_000 - span.lastMs;
  const { data } = useQuery(changesQuery(target, from));
  return useMemo(() => changeMarks(data ?? [], { from, to }), [data, from, to]);
}
