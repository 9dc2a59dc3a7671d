import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Look } from './engine.ts';
import { presenceOf, settleSize, sizeOf } from './size.ts';

const usual = [14_310_313, 14_000_000, 14_900_000];
const lookOf = (bytes: number): Look => ({ level: 0, tookMs: 1, ...sizeOf(bytes, usual) });
const good = (level: Look['level']): Look => ({ level, good: true, detail: 'x', tookMs: 1 });

test('A database that grew to 3.6 times its size is remarked upon, and looked at further', () => {
  const found = sizeOf(51_183_611, usual);
  assert.deepEqual(found, {
    good: true,
    detail: '48.8 MiB, 3.6 times the usual 13.6 MiB',
    remark: '3.6 times the usual size',
  });
  assert.deepEqual(settleSize([lookOf(51_183_611)]), [lookOf(51_183_611)]);
});

test('A usual size is nothing to remark upon, and the first has no usual one', () => {
  assert.deepEqual(sizeOf(20_000_000, usual), { good: true, detail: '19.1 MiB, usually 13.6 MiB' });
  assert.deepEqual(sizeOf(2_048, []), { good: true, detail: '2 KiB, the first of its kind' });
});

test('Nothing at all is no backup', () => {
  assert.deepEqual(sizeOf(0, usual), { good: false, detail: 'it is empty' });
});

test('A third of the usual size is remarked upon and no more', () => {
  const found = sizeOf(4_700_000, usual);
  assert.equal(found.remark, '33 % of the usual size');
  assert.equal(settleSize([{ level: 0, tookMs: 1, ...found }])[0]?.good, true);
});

test('Less than a tenth is believed only where what was restored could be compared', () => {
  const tiny = lookOf(100_000);
  assert.equal(tiny.good, true, 'the proof goes on');
  assert.equal(tiny.remark, '0.7 % of the usual size');
  const compared = [tiny, good(1), good(2), good(3), good(4), good(5)];
  assert.deepEqual(settleSize(compared), compared);
  const [size, ...rest] = settleSize([tiny, good(1), good(2)]);
  assert.equal(size?.good, false);
  assert.equal(
    size?.detail,
    '97.7 KiB, 0.7 % of the usual 13.6 MiB, and nothing that was restored of it was compared with its source',
  );
  assert.deepEqual(rest, [good(1), good(2)]);
});

test('every file that the manifest names is there with its length, whatever the others weigh', () => {
  const written = { 'dump.rdb': { bytes: 2_048 }, 'sample.json': { bytes: 10 } };
  const left = { 'sample.json': { bytes: 10 } };
  assert.deepEqual(presenceOf(written, left, []), { good: false, detail: 'dump.rdb is missing' });
  assert.deepEqual(presenceOf(written, { ...left, 'dump.rdb': { bytes: 2_000 } }, [2_000]), {
    good: false,
    detail: 'dump.rdb has 2000 bytes instead of 2048',
  });
  assert.deepEqual(presenceOf(written, written, []), { good: true, detail: '2 KiB, as when it was taken' });
  assert.deepEqual(presenceOf(null, written, []), { good: true, detail: '2 KiB, the first of its kind' });
  assert.equal(presenceOf(written, written, [2_058]).detail, '2 KiB, usually 2 KiB');
});
