import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../clock.ts';
import type { Clock } from '../core/time.ts';
import { watchConfiguration } from './watch.ts';

interface Watched {
  readonly file: string;
  /** The next reading. */
  next(): Promise<string>;
  readonly readings: readonly string[];
}

async function watched(
  settings: { pollMs: number; settleMs: number },
  run: (watched: Watched) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-watch-'));
  const file = join(folder, 'upkeep.yaml');
  writeFileSync(file, 'one');
  const readings: string[] = [];
  let taken = 0;
  let wake = () => {};
  const watcher = watchConfiguration({
    file,
    clock: systemClock,
    ...settings,
    load: () => {
      try {
        return readFileSync(file, 'utf8');
      } catch {
        return 'gone';
      }
    },
    onReading(reading) {
      readings.push(reading);
      wake();
    },
  });
  const next = async (): Promise<string> => {
    while (readings.length <= taken) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return readings[taken++] ?? '';
  };
  try {
    await run({ file, next, readings });
  } finally {
    watcher.stop();
    rmSync(folder, { recursive: true });
  }
}

const signsOnly = { pollMs: 3_600_000, settleMs: 20 };

test('a write, a write by rename, a change of .env and a removal are each seen once', {
  timeout: 180_000,
}, async () => {
  await watched(signsOnly, async ({ file, next, readings }) => {
    writeFileSync(file, 'two');
    assert.equal(await next(), 'two');
    writeFileSync(`${file}.swp`, 'three');
    renameSync(`${file}.swp`, file);
    assert.equal(await next(), 'three');
    writeFileSync(join(file, '..', '.env'), 'A=1');
    assert.equal(await next(), 'three');
    rmSync(file);
    assert.equal(await next(), 'gone');
    writeFileSync(file, 'four');
    assert.equal(await next(), 'four');
    assert.deepEqual(readings, ['two', 'three', 'three', 'gone', 'four']);
  });
});

test('many writes at once are one reading', { timeout: 180_000 }, async () => {
  await watched({ ...signsOnly, settleMs: 100 }, async ({ file, next, readings }) => {
    for (let count = 0; count < 20; count++) writeFileSync(file, `text ${count}`);
    assert.equal(await next(), 'text 19');
    assert.deepEqual(readings, ['text 19']);
  });
});

test('where the folder gives no signs, the poll sees the change', async () => {
  const timers: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    after(_, wake) {
      timers.push(wake);
      return () => {};
    },
  };
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-watch-'));
  const file = join(folder, 'upkeep.yaml');
  writeFileSync(file, 'one');
  const readings: string[] = [];
  const watcher = watchConfiguration({
    file,
    clock,
    load: () => readFileSync(file, 'utf8'),
    onReading: (reading) => readings.push(reading),
  });
  writeFileSync(file, 'two');
  timers[0]?.();
  assert.deepEqual(readings, ['two']);
  timers[1]?.();
  assert.deepEqual(readings, ['two']);
  watcher.stop();
  writeFileSync(file, 'three');
  timers[2]?.();
  assert.deepEqual(readings, ['two']);
  rmSync(folder, { recursive: true });
});
