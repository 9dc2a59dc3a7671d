import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ratio, ratiosOf } from './backups/turns.ts';
import { mebibytes, median, milliseconds, percentile, times } from './figures.ts';
import { keepIn, markdownTable, page, withKept } from './report.ts';

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

test('ratios are of each round, so that what one round suffered meets both', () => {
  assert.equal(ratio([110, 1_050, 240], [100, 1_000, 200]), '1.10x (1.05 to 1.20)');
  assert.deepEqual(ratiosOf([2, 3], [1]), [2]);
});

test('what was measured in a run of its own stays through whole runs, and is replaced by its like', () => {
  const about = { at: '2026-11-22T10:00:00Z', isIsolated: true, load: [0, 0], versions: [] } as const;
  const load = [0.5, 12.25] as const;
  const result = (title: string, note: string) => ({ title, rows: [{ a: '1' }], notes: [note] });
  const whole = page([result('Checks', 'old'), result('Backups, 300 MB', 'old')], about);
  const kept = keepIn(whole, [result('Backups, 3 GB', 'large')], { at: '2026-11-23T01:00:00Z', load });
  assert.match(
    kept,
    /- old\n\n## Backups, 3 GB\n\n\| a \|\n[^#]*- large\n- Measured in a run of its own on 2026-11-23 on \d+ cores \(load 0\.5 at the start, 12\.\d at the end\)\.\n$/,
  );
  const again = keepIn(kept, [result('Backups, 3 GB', 'larger')], { at: '2026-11-24T01:00:00Z', load });
  assert.equal(again.match(/## /g)?.length, 3);
  assert.match(again, /larger/);
  assert.doesNotMatch(again, /large\n/);
  const fresh = withKept(page([result('Checks', 'new')], about), again);
  assert.deepEqual(
    fresh.match(/^## .*$/gm),
    ['## Checks', '## Backups, 3 GB'],
    'what was of the old whole run goes',
  );
  assert.match(fresh, /- new\n\n## Backups, 3 GB/);
  const inPlace = keepIn(fresh, [result('Checks', 'alone')], { at: '2026-11-24T01:00:00Z', load });
  assert.match(inPlace, /^## Checks\n[^#]*- alone\n- Measured in .*\n\n## Backups, 3 GB/m);
});
