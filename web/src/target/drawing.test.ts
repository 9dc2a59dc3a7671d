import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetricView, SamplesView, SeriesView } from '../../../src/core/view.ts';
import { drawing } from './drawing.ts';
import { marksOf, placeOf } from './plot-marks.ts';
import { valueRange } from './plot-scale.ts';

const metric: MetricView = {
  metric: 'http.duration',
  summary: 'Time until the whole answer',
  unit: 'seconds',
  kind: 'gauge',
  latest: [],
  thresholds: [{ rule: 'http.latency', direction: 'above', warning: 0.5, critical: 50, increaseMs: null }],
};

function series(labels: Record<string, string>, at: number[], avg: (number | null)[]): SeriesView {
  return { labels, at, min: avg, max: avg, avg, p50: avg, p95: avg, p99: avg };
}

function samples(...all: SeriesView[]): SamplesView {
  return { target: 'web', metric: metric.metric, from: 0, to: 4_000, stepMs: 1_000, series: all };
}

test('one latency series is drawn as p99, p95 and p50 with the band between them', () => {
  const drawn = drawing(samples(series({}, [0, 1_000], [0.1, null])), metric);
  assert.deepEqual(
    drawn?.lines.map(({ name }) => name),
    ['p99', 'p95', 'p50'],
  );
  assert.deepEqual(drawn?.band, [0, 2]);
  assert.deepEqual(drawn?.at, [0, 1]);
});

test('series with different times share one axis, and holes stay holes', () => {
  const drawn = drawing(
    samples(series({ phase: 'dns' }, [0, 2_000], [1, 2]), series({ phase: 'tls' }, [1_000], [5])),
    metric,
  );
  assert.deepEqual(
    drawn?.lines.map(({ name, values }) => [name, values]),
    [
      ['tls', [null, 5, null]],
      ['dns', [1, null, 2]],
    ],
  );
});

test('what is looked at less often than a step is long is one line, and a look that was lost is a hole', () => {
  const steps = Array.from({ length: 31 }, (_, index) => index * 12_000);
  const eachMinute = steps.map((ms) => (ms % 60_000 === 0 && ms !== 240_000 ? ms : null));
  const [line] =
    drawing(samples(series({ it: 'a' }, steps, eachMinute), series({ it: 'b' }, steps, eachMinute)), metric)
      ?.lines ?? [];
  assert.ok(line);
  assert.deepEqual(line.values.slice(0, 6), [0, undefined, undefined, undefined, undefined, 60_000]);
  assert.ok(
    line.values.slice(16, 25).every((value) => value === null),
    'from 180 s to 300 s nobody looked',
  );
  const [lone] =
    drawing(
      samples(
        series(
          {},
          steps,
          steps.map((ms) => (ms === 0 || ms === 360_000 ? 1 : null)),
        ),
      ),
      metric,
    )?.lines ?? [];
  assert.equal(lone?.values.includes(undefined), false, 'two values tell no rhythm');
});

test('a range without one sample is told from zero', () => {
  assert.equal(drawing(samples(series({}, [0, 1_000], [null, null])), metric), null);
});

test('no more than eight lines are drawn, the largest, and the rest is counted', () => {
  const many = Array.from({ length: 11 }, (_, index) => series({ disk: `d${index}` }, [0], [index]));
  const drawn = drawing(samples(...many), metric);
  assert.equal(drawn?.lines.length, 8);
  assert.equal(drawn?.lines[0]?.name, 'd10');
  assert.equal(drawn?.leftOut, 3);
});

test('a threshold near the data is in view, one far away does not flatten it', () => {
  const drawn = drawing(samples(series({}, [0, 1_000], [0.3, 0.4])), metric);
  assert.ok(drawn);
  const [lowest, highest] = valueRange(drawn, marksOf(metric, [], [], []).thresholds, 'seconds');
  assert.equal(lowest, 0);
  assert.ok(highest > 0.5 && highest < 1, String(highest));
});

test('the threshold of an increase is drawn at the rate that the chart shows', () => {
  const [threshold] = metric.thresholds;
  assert.ok(threshold);
  const counter: MetricView = {
    ...metric,
    unit: 'count',
    kind: 'counter',
    thresholds: [{ ...threshold, warning: 30, critical: null, increaseMs: 300_000 }],
  };
  const [mark] = marksOf(counter, [], [], []).thresholds;
  assert.equal(mark?.value, 0.1);
  assert.equal(mark?.text, 'warning > 30 in 5 m');
});

test('a threshold that a chart does not reach is known to be off it', () => {
  assert.deepEqual(
    [0.5, 2, -1, 1].map((value) => placeOf(value, [0, 1])),
    ['shown', 'above', 'below', 'shown'],
  );
});
