import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import type { MetricView } from '../../../src/core/view.ts';
import { formatDrawn } from '../format/numbers.ts';
import { formatMoment } from '../format/time.ts';
import { markNear } from './change-marks.ts';
import styles from './charts.module.css';
import type { Drawing } from './drawing.ts';
import type { Marks } from './plot-marks.ts';
import { inkOf, plotOptions, readInk } from './plot-options.ts';

export function Plot({
  drawn,
  marks,
  metric,
  height,
  onZoom,
}: {
  drawn: Drawing;
  marks: Marks;
  metric: MetricView;
  height: number;
  onZoom: (from: number, to: number) => void;
}) {
  const holder = useRef<HTMLDivElement>(null);
  const newest = useRef({ drawn, marks, onZoom });
  const plot = useRef<uPlot | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const isDark = useComputedColorScheme('light') === 'dark';
  newest.current = { drawn, marks, onZoom };
  const shape = drawn.lines.map(({ name }) => name).join('\n');

  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart is made anew only where its lines or inks differ
  useLayoutEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const made = new uPlot(
      plotOptions(
        {
          ...newest.current,
          metric,
          ink: readInk(isDark),
          width: element.clientWidth,
          height,
          onCursor: setCursor,
          onZoom: (from, to) => newest.current.onZoom(from, to),
        },
        () => newest.current,
      ),
      columns(newest.current.drawn),
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, isDark, height, metric.metric]);

  useEffect(() => {
    plot.current?.setData(columns(drawn));
  }, [drawn]);

  const { changes } = marks;
  // biome-ignore lint/correctness/useExhaustiveDependencies: marks are drawn anew where they differ
  useEffect(() => {
    plot.current?.redraw(false);
  }, [changes]);

  return (
    <>
      <div
        ref={holder}
        className={styles.plot}
        style={{ height }}
        data-changes={changes.length === 0 ? undefined : changes.map(({ number }) => number).join(' ')}
      />
      <Legend drawn={drawn} marks={marks} metric={metric} cursor={cursor} isDark={isDark} />
    </>
  );
}

function columns({ at, lines }: Drawing): uPlot.AlignedData {
  return [[...at], ...lines.map(({ values }) => [...values])];
}

/** The values under the cursor, or the newest; also what a screen reader gets of a chart. */
function Legend({
  drawn,
  marks,
  metric,
  cursor,
  isDark,
}: {
  drawn: Drawing;
  marks: Marks;
  metric: MetricView;
  cursor: number | null;
  isDark: boolean;
}) {
  const ink = readInk(isDark);
  const moment = cursor === null ? undefined : drawn.at[cursor];
  const near =
    moment === undefined ? undefined : markNear(marks.changes, moment, (drawn.to - drawn.from) / 60);
  return (
    <div className={styles.legend}>
      {drawn.lines.map((line, index) => (
        <span key={line.name} className={styles.key}>
          <i
            style={{ background: inkOf(ink, drawn, index), opacity: line.kind === 'main' ? 1 : 0.45 }}
            aria-hidden
          />
          <span title={line.name}>{line.name}</span>
          <b data-figures>
            {formatDrawn(
              cursor === null ? line.values.findLast((value) => value != null) : line.values[cursor],
              metric.unit,
              metric.kind,
            )}
          </b>
        </span>
      ))}
      {drawn.leftOut > 0 ? <span>and {drawn.leftOut} smaller ones</span> : null}
      {moment === undefined ? null : <span className={styles.at}>{formatMoment(moment * 1_000)}</span>}
      {near === undefined ? null : (
        <span className={styles.changed}>
          {near.number}: {near.change.summary}
        </span>
      )}
    </div>
  );
}
