import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mebibytes, median, milliseconds, percentile, times } from './figures.ts';
import { markdownTable } from './report.ts';

test('percentiles are by nearest rank, whatever the order', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  assert.equal(percentile(hundred, 0.99), 99);
  assert.equal(percentile(hundred, 1), 100);
  assert.equal(median(hundred), 50);
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(percentile([7], 0.99), 7);
  assert.ok(Number.isNaN(median([])));
});

test('a ratio says how many times of ours the peer needs, and nothing where one is unknown', () => {
  assert.equal(times(2.1, 0.5), '4.20x');
  assert.equal(times(90_000, 20), '4500x');
  assert.equal(times(Number.NaN, 1), '-');
  assert.equal(times(1, 0), '-');
});

test('figures carry their unit', () => {
  assert.equal(milliseconds(0.5126), '0.513 ms');
  assert.equal(milliseconds(14), '14.0 ms');
  assert.equal(milliseconds(91_234), '91.2 s');
  assert.equal(mebibytes(131 * 2 ** 20), '131 MiB');
});

test('a table holds every column of every row, and an empty cell where a row lacks one', () => {
  assert.equal(
    markdownTable([
      { who: 'Upkeep', cpu: '1 | 2' },
      { who: 'peer', note: 'left out' },
    ]),
    '| who | cpu | note |\n| --- | --- | --- |\n| Upkeep | 1 \\| 2 |  |\n| peer |  | left out |\n',
  );
});
