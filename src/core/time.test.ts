import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, parseDuration, writeDuration } from './time.ts';

test('durations are read with one or several units', () => {
  assert.equal(parseDuration('500ms'), 500);
  assert.equal(parseDuration('1m30s'), 90_000);
  assert.equal(parseDuration('1.5h'), 5_400_000);
  assert.equal(parseDuration('2w'), 1_209_600_000);
});
test('what is no duration is undefined', () => {
  for (const text of ['', '10', 's', '10 s', '-5s', '5y', '1m 30s'])
    assert.equal(parseDuration(text), undefined, text);
});
test('spans are said with at most two units', () => {
  assert.equal(formatDuration(350), '350 ms');
  assert.equal(formatDuration(4_200), '4.2 s');
  assert.equal(formatDuration(200_000), '3 m 20 s');
  assert.equal(formatDuration(7_500_000), '2 h 5 m');
  assert.equal(formatDuration(6 * 86_400_000), '6 d');
  assert.equal(formatDuration(90 * 86_400_000 - 60_000), '90 d');
  assert.equal(formatDuration(3_599_900), '60 m');
});
test('a span is written as it is read', () => {
  for (const text of ['100ms', '1s', '90s', '5m', '36h', '30d', '1500ms', '0ms'])
    assert.equal(writeDuration(parseDuration(text) ?? Number.NaN), text);
  assert.equal(writeDuration(parseDuration('2w') ?? Number.NaN), '14d');
});
