import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesBelow, whileMeasured } from './folder-bytes.ts';

test('all files below a folder count', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'folder-bytes-'));
  try {
    mkdirSync(join(folder, 'base/5'), { recursive: true });
    writeFileSync(join(folder, 'base/5/1255'), Buffer.alloc(3_000));
    writeFileSync(join(folder, 'log'), 'twelve bytes');
    assert.equal(await bytesBelow(folder), 3_012);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('work is measured while it goes on: a look that fails is left out, and a slow one is made less often', async () => {
  const sizes = [10, null, 30];
  const [told, pauses]: [number[], number[]] = [[], []];
  const over = Promise.withResolvers<string>();
  let now = 0;
  const clock = {
    monotonic: () => now,
    async sleep(ms: number) {
      pauses.push(ms);
      if (pauses.length > 3) over.resolve('done');
      if (pauses.length > 3) await new Promise(() => {});
    },
  };
  const measure = async () => {
    now += 500;
    const size = sizes.shift();
    if (size == null) throw new Error('ENOENT: it was renamed meanwhile');
    return size;
  };
  const signal = new AbortController().signal;
  const tell = (bytes: number) => void told.push(bytes);
  assert.equal(await whileMeasured(measure, tell, { clock, signal }, () => over.promise), 'done');
  assert.deepEqual(told, [10, 30]);
  assert.deepEqual(pauses, [2_000, 10_000, 10_000, 10_000]);
});

test('what the work throws is thrown, and nothing is told afterwards', async () => {
  const told: number[] = [];
  const sleeping = Promise.withResolvers<void>();
  const clock = { monotonic: () => 0, sleep: () => sleeping.promise };
  const signal = new AbortController().signal;
  const work = () => Promise.reject(new Error('pg_dump failed'));
  await assert.rejects(
    whileMeasured(
      async () => 1,
      (bytes) => void told.push(bytes),
      { clock, signal },
      work,
    ),
    /pg_dump failed/,
  );
  sleeping.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(told, []);
});
