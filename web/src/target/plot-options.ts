import uPlot from 'uplot';
import type { Unit } from '../../../src/core/sample.ts';
import type { MetricView } from '../../../src/core/view.ts';
import { formatDrawn } from '../format/numbers.ts';
import { shownZone, zoned } from '../format/zone.ts';
import type { Drawing, Line } from './drawing.ts';
import { drawBelow, drawChanges, drawThresholds } from './plot-drawing.ts';
import type { Marks } from './plot-marks.ts';
import { valueRange } from './plot-scale.ts';

export interface Ink {
  readonly text: string;
  readonly grid: string;
  readonly lines: readonly string[];
  readonly warning: string;
  readonly critical: string;
  readonly gap: string;
  readonly change: string;
  readonly panel: string;
}

const lightLines = ['#34488a', '#b8631c', '#2a7d70', '#8a4b9c', '#94771f', '#b0456a', '#4a86b8', '#5f6872'];
const darkLines = ['#94a8e6', '#e2985a', '#5fc0ae', '#c48fd6', '#cdb158', '#e88aa8', '#7fbbe6', '#a6afba'];

export function readInk(isDark: boolean): Ink {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: read('--faint'),
    grid: read('--line'),
    lines: isDark ? darkLines : lightLines,
    warning: read('--warning'),
    critical: read('--critical'),
    gap: read('--unknown-soft'),
    change: read('--fill'),
    panel: read('--panel'),
  };
}

export function inkOf(ink: Ink, drawn: Drawing, index: number): string {
  return ink.lines[drawn.band === null ? index % ink.lines.length : 0] ?? ink.text;
}

const clock = zoned({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const clockSeconds = zoned({
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const day = zoned({ day: 'numeric', month: 'short' }, 'en-GB');

function tickText(seconds: number, step: number): string {
  const ms = seconds * 1_000;
  if (step >= 86_400) return day().format(ms);
  if (step < 60) return clockSeconds().format(ms);
  const text = clock().format(ms);
  return text === '00:00' ? day().format(ms) : text;
}

export interface PlotSettings {
  readonly drawn: Drawing;
  readonly marks: Marks;
  readonly metric: MetricView;
  readonly ink: Ink;
  readonly width: number;
  readonly height: number;
  readonly onCursor: (index: number | null) => void;
  readonly onZoom: (from: number, to: number) => void;
}

/** `read` gives the newest drawing and marks, so that fresh data needs no new chart. */
export function plotOptions(
  settings: PlotSettings,
  read: () => Pick<PlotSettings, 'drawn' | 'marks'>,
): uPlot.Options {
  const { drawn, metric, ink, width, height } = settings;
  return {
    // Ticks stand at whole hours and days of the zone that is shown.
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), shownZone()),
    width,
    height,
    legend: { show: false },
    padding: [8, 8, 0, 0],
    cursor: {
      y: false,
      points: { size: 6 },
      drag: { x: true, y: false, setScale: false },
      sync: { key: 'target', filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave' } },
    },
    scales: {
      x: { time: true, range: () => [read().drawn.from, read().drawn.to] },
      y: {
        range: () => [...valueRange(read().drawn, read().marks.thresholds, metric.unit)] as [number, number],
      },
    },
    axes: [
      axis(ink, {
        values: (_, ticks, __, ___, step) => ticks.map((tick) => tickText(tick, step)),
        space: 64,
        size: 26,
      }),
      axis(ink, {
        values: (_, ticks) => ticks.map((tick) => formatDrawn(tick, metric.unit, metric.kind)),
        size: 66,
        space: 27,
        ...stepsOf(metric.unit),
      }),
    ],
    series: [{}, ...drawn.lines.map((line, index) => lineOptions(line, inkOf(ink, drawn, index), metric))],
    ...(drawn.band === null
      ? {}
      : { bands: [{ series: [drawn.band[0] + 1, drawn.band[1] + 1], fill: `${inkOf(ink, drawn, 0)}2b` }] }),
    hooks: {
      drawClear: [(plot) => drawBelow(plot, read().marks, ink)],
      draw: [
        (plot) => drawThresholds(plot, read().marks, ink),
        (plot) => drawChanges(plot, read().marks, ink),
      ],
      setCursor: [(plot) => settings.onCursor(plot.cursor.idx ?? null)],
      setSelect: [(plot) => zoomTo(plot, settings.onZoom)],
    },
  };
}

const bytesSteps = Array.from({ length: 50 }, (_, power) => 2 ** power);
const secondsSteps = [
  ...[-6, -5, -4, -3, -2, -1].flatMap((power) => [1, 2, 5].map((each) => each * 10 ** power)),
  ...[1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800],
  ...[1, 2, 5, 10, 20, 30, 60, 120, 365].map((days) => days * 86_400),
];

/** Ticks at whole minutes, days or KiB: what people read, where powers of ten are not. */
function stepsOf(unit: Unit): Pick<uPlot.Axis, 'incrs'> {
  if (unit === 'bytes') return { incrs: bytesSteps };
  if (unit === 'seconds') return { incrs: secondsSteps };
  return unit === 'state' ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000] } : {};
}

const narrowestZoomMs = 10_000;

function zoomTo(plot: uPlot, onZoom: PlotSettings['onZoom']): void {
  const { left, width } = plot.select;
  if (width < 6) return;
  const from = Math.round(plot.posToVal(left, 'x') * 1_000);
  const to = Math.round(plot.posToVal(left + width, 'x') * 1_000);
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  if (to - from >= narrowestZoomMs) onZoom(from, to);
}

function axis(ink: Ink, more: uPlot.Axis): uPlot.Axis {
  return {
    stroke: ink.text,
    font: "11.5px 'Inter Variable', system-ui, sans-serif",
    grid: { stroke: ink.grid, width: 1 },
    ticks: { show: false },
    gap: 6,
    ...more,
  };
}

function lineOptions(line: Line, stroke: string, metric: MetricView): uPlot.Series {
  const stepped = metric.unit === 'state' ? { paths: uPlot.paths.stepped?.({ align: 1 }) } : {};
  return {
    label: line.name,
    stroke,
    width: line.kind === 'main' ? 1.8 : line.kind === 'edge' ? 0.7 : 0,
    points: {
      // Few values make no line that is seen.
      show:
        line.kind === 'main'
          ? (plot, series, from, to) =>
              plot.width > 0 && knownIn(plot.data[series]?.slice(from, to + 1) ?? []) < 4
          : false,
    },
    spanGaps: false,
    ...stepped,
  };
}

function knownIn(values: ArrayLike<number | null | undefined>): number {
  return Array.from(values).filter((value) => value != null).length;
}
