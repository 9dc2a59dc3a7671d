import assert from 'node:assert/strict';
import { test } from 'node:test';
import { continuityOf, parseHistory } from './log-continuity.ts';

const segmentBytes = 16 * 1024 * 1024;
const segment = (timeline: number, log: number, part: number) =>
  [timeline, log, part].map((one) => one.toString(16).toUpperCase().padStart(8, '0')).join('');
const stored = (name: string) =>
  `15-1/${name.slice(0, 16)}/${name}-4d4924af9a55b3d30e44cfca647ce93893caea7b.zst`;
const names = (...segments: string[]) => segments.map((name) => stored(name).split('/').at(-1) ?? '');

test('a log without a gap reaches its newest file, also over the end of a log of 4 GiB', () => {
  const log = [segment(1, 0, 254), segment(1, 0, 255), segment(1, 1, 0), segment(1, 1, 1)];
  const all = { names: names(...log), histories: [], segmentBytes };
  assert.deepEqual(continuityOf(all, segment(1, 0, 254), segment(1, 1, 1)), {
    ...{ missing: [], missingCount: 0 },
    ...{ to: segment(1, 1, 1), newest: segment(1, 1, 1) },
  });
  assert.deepEqual(
    continuityOf({ ...all, names: names(...log.filter((_, at) => at !== 2)) }, segment(1, 0, 254), null),
    {
      ...{ missing: [segment(1, 1, 0)], missingCount: 1 },
      ...{ to: segment(1, 0, 255), newest: segment(1, 1, 1) },
    },
  );
});

test('the first file, and those at the end that the server says it archived, are missed too', () => {
  const log = { names: names(segment(1, 0, 3)), histories: [], segmentBytes };
  const first = continuityOf(log, segment(1, 0, 2), null);
  assert.deepEqual([first.missing, first.to], [[segment(1, 0, 2)], null]);
  const last = continuityOf(log, segment(1, 0, 3), `${segment(1, 0, 5)}.00000028.backup`);
  assert.deepEqual([last.missing, last.to], [[segment(1, 0, 4), segment(1, 0, 5)], segment(1, 0, 3)]);
});

test('what only notes a backup or the rest of a dead timeline is no file of the log', () => {
  const noted = [`${segment(1, 0, 2)}.00000028.backup`, `${segment(1, 0, 3)}.partial-abc.zst`];
  const found = continuityOf({ names: noted, histories: [], segmentBytes }, segment(1, 0, 2), null);
  assert.deepEqual([found.missing, found.newest], [[segment(1, 0, 2)], null]);
});

test('after a promotion the log goes on along the new timeline, whatever the old server still wrote', () => {
  const history = parseHistory(2, '1\t0/5000148\tno recovery target specified\n');
  assert.deepEqual(history.forks, [{ timeline: 1, until: 0x5000148 }]);
  const log = [segment(1, 0, 3), segment(1, 0, 4), segment(2, 0, 5), segment(2, 0, 6)];
  const whole = { names: names(...log, segment(1, 0, 9)), histories: [history], segmentBytes };
  const good = continuityOf(whole, segment(1, 0, 3), segment(2, 0, 6));
  assert.deepEqual([good.missing, good.to], [[], segment(2, 0, 6)]);
  const gap = continuityOf(
    { ...whole, names: names(...log.filter((_, at) => at !== 2)) },
    segment(1, 0, 3),
    null,
  );
  assert.deepEqual(gap.missing, [segment(2, 0, 5)]);
  // A backup of the old server that was begun after the branch restores along its own.
  const own = continuityOf(whole, segment(1, 0, 9), null);
  assert.deepEqual([own.missing, own.to], [[], segment(1, 0, 9)]);
});
