import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toyRule } from '../../test/toy-rule.ts';
import type { Rule, ThresholdRule } from './rule.ts';
import { judgedInWords } from './rule-words.ts';

const threshold: ThresholdRule = { ...toyRule, kind: 'threshold', direction: 'above', hysteresis: 0 };
const forecast: Rule = { ...toyRule, kind: 'forecast', direction: 'rising', limit: 1, critical: 3_600_000 };

test('what was judged is told with its threshold in the unit of the rule', () => {
  const said = (rule: Rule, unit: Parameters<typeof judgedInWords>[1], value: number, against: number) =>
    judgedInWords(rule, unit, { value, threshold: against });
  assert.equal(said(threshold, 'bytes', 1.1 * 1_024 ** 3, 8_388_608), '1.1 GiB against 8 MiB');
  assert.equal(said({ ...threshold, of: 'toy.limit' }, 'bytes', 1.1333, 0.9), '113 % against 90 %');
  assert.equal(said(threshold, 'ratio', 0.95, 0.9), '95 % against 90 %');
  assert.equal(said(threshold, 'seconds', 0.81234, 0.5), '812 ms against 500 ms');
  assert.equal(said(threshold, 'seconds', 90, 60), '1 m 30 s against 1 m');
  assert.equal(said(threshold, 'per-second', 12.345, 10), '12.3/s against 10/s');
  assert.equal(said(threshold, 'count', 123_456.7, 100), '123457 against 100');
  assert.equal(said(forecast, 'bytes', 1_800, 3_600), '30 m against 1 h');
  const anomaly: Rule = { ...toyRule, kind: 'anomaly', direction: 'either', critical: 5, isCounter: false };
  assert.equal(said(anomaly, 'count', 5.2512, 5), 'score 5.25, told from 5');
  assert.equal(said(threshold, 'state', 0, 0), null);
  assert.equal(judgedInWords(threshold, 'ratio', { value: null, threshold: 1 }), null);
});
