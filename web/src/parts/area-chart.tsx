import { formatMoment, formatShort } from '../format/time.ts';
import styles from './area-chart.module.css';
import { besideEachOther, type ChartLine } from './chart-lines.ts';

const width = 440;
const height = 130;
const leastLeft = 46;
/** Of the widest letters of its labels, at 11 px. */
const letterWidth = 6.6;
/** Room for half a letter of the highest label. */
const top = 13;
const bottom = 8;

/** How many values there are to draw; a line needs two. */
export function drawable(values: readonly (number | null)[]): number {
  return values.filter((value) => value !== null).length;
}

/** A small chart of one series with lines to compare it with; what it shows is said in words beside it. */
export function AreaChart({
  label,
  at,
  values,
  from,
  to,
  max,
  lines = [],
  ideal,
  format,
}: {
  label: string;
  at: readonly number[];
  values: readonly (number | null)[];
  from: number;
  to: number;
  max: number;
  lines?: readonly ChartLine[];
  /** From full to nothing over the span, as a budget would be spent evenly. */
  ideal?: boolean;
  format: (value: number) => string;
}) {
  const steps = [0, max / 2, max].map((value) => ({ value, words: format(value) }));
  const left = Math.max(leastLeft, 6 + letterWidth * Math.max(...steps.map(({ words }) => words.length)));
  const x = (time: number) => left + ((time - from) / (to - from)) * (width - left);
  const y = (value: number) => top + (height - top - bottom) * (1 - Math.max(0, Math.min(max, value)) / max);
  const points = at.flatMap((time, index) => {
    const value = values[index];
    return value === null || value === undefined ? [] : [`${x(time).toFixed(1)},${y(value).toFixed(1)}`];
  });
  return (
    <svg className={styles.chart} viewBox={`0 0 ${width} ${height + 14}`} role="img" aria-label={label}>
      {steps.map(({ value, words }) => (
        <g key={value}>
          <line className={styles.grid} x1={left} x2={width} y1={y(value)} y2={y(value)} />
          <text className={styles.text} x={left - 6} y={y(value) + 4} textAnchor="end">
            {words}
          </text>
        </g>
      ))}
      {ideal ? <line className={styles.ideal} x1={x(from)} y1={y(max)} x2={x(to)} y2={y(0)} /> : null}
      {points.length > 1 ? (
        <>
          <polygon
            className={styles.area}
            points={`${points[0]?.split(',')[0]},${y(0)} ${points.join(' ')} ${points.at(-1)?.split(',')[0]},${y(0)}`}
          />
          <polyline className={styles.line} points={points.join(' ')} />
        </>
      ) : null}
      {besideEachOther(
        lines.filter(({ value }) => value <= max),
        { y, end: width - 2 },
      ).map(({ value, words, end }) => (
        <g key={words}>
          <line className={styles.limit} x1={left} x2={width} y1={y(value)} y2={y(value)} />
          <text className={styles.limitText} x={end} y={y(value) - 4} textAnchor="end">
            {words}
          </text>
        </g>
      ))}
      {[from, (from + to) / 2, to].map((time, index) => (
        <text
          key={time}
          className={styles.text}
          x={x(time)}
          y={height + 9}
          textAnchor={index === 0 ? 'start' : index === 1 ? 'middle' : 'end'}
        >
          <title>{formatMoment(time)}</title>
          {formatShort(time, to + 86_400_000)}
        </text>
      ))}
    </svg>
  );
}
