import assert from 'node:assert/strict';
import { test } from 'node:test';
import { threshold } from '../../../test/simulation/loop.ts';
import { expandSeries, parseSeriesName } from '../../core/notation.ts';
import type { Case } from './cases.ts';
import { playCase, readCases } from './cases.ts';

test('series are written as for promtool', () => {
  assert.deepEqual(expandSeries('1+1x3 5x2 _x2 10-2x2 0.1'), [
    1,
    2,
    3,
    4,
    5,
    5,
    5,
    Number.NaN,
    Number.NaN,
    10,
    8,
    6,
    0.1,
  ]);
  assert.equal(expandSeries('1 two'), '"two" is no value');
  assert.deepEqual(parseSeriesName('host.disk{mount="/", dev="a\\"b"}'), {
    metric: 'host.disk',
    labels: { mount: '/', dev: 'a"b' },
  });
  assert.equal(parseSeriesName('host.disk{mount=/}'), null);
});

function cases(text: string): readonly Case[] {
  const read = readCases(text);
  assert.ok(!('problems' in read), JSON.stringify(read));
  return read;
}

test('alerts are compared at their times, and what differs is said', () => {
  const [one] = cases(`cases:
  - name: load
    rule: toy.load
    every: 1m
    series: { 'toy.load{disk="a"}': '10+10x9' }
    expect:
      - { at: 6m, alerts: [] }
      - { at: 7m, alerts: [{ labels: { disk: a } }] }
      - { at: 9m, alerts: [{ level: critical, labels: { disk: a } }] }
`);
  assert.ok(one);
  assert.deepEqual(playCase(one, threshold()), { name: 'load', ok: true, differences: [] });
  const late = playCase(one, threshold({ forMs: 120_000 }));
  assert.deepEqual(late.differences, ['at 7 m: expected warning{disk="a"}, got none']);
});

test('a burn-rate rule takes good and bad events', () => {
  const [one] = cases(`cases:
  - name: burn
    rule: slo.burn-rate
    every: 1m
    series: { good: '1000x120 0x10', bad: '0x120 1000x10' }
    expect: [{ at: 118m, alerts: [] }, { at: 124m, alerts: [{ level: critical }] }]
`);
  assert.ok(one);
  const windows = [{ severity: 'page' as const, longMs: 3_600_000, shortMs: 300_000, factor: 14.4 }];
  const rule = {
    ...threshold(),
    kind: 'burn-rate' as const,
    service: 's',
    objective: 'availability' as const,
    windows,
    leastBad: 0,
  };
  assert.deepEqual(playCase(one, rule, { target: 0.999, periodMs: 30 * 86_400_000 }).differences, []);
});

test('a file that cannot be meant is told with its place', () => {
  const read = readCases('cases: [{ name: a, rule: b, series: {}, expect: [{ at: soon, alerts: [] }] }]');
  assert.deepEqual(read, {
    problems: ['line 1: cases.0.expect.0.at: "soon" is no duration: use 30s, 5m or 1h'],
  });
});
