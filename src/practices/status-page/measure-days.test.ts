import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '../../clock.ts';
import type { Sample } from '../../core/sample.ts';
import { dayBar, daysUntil, uptimeOf } from '../../core/status-page-days.ts';
import type { Watched } from '../../pipeline/bound.ts';
import { openSampleStore, type SampleStore } from '../../store/samples/index.ts';
import { createDayMeasurer } from './measure-days.ts';

const hour = 3_600_000;
const day = 24 * hour;
const every = 5 * 60_000;
const now = Date.parse('2026-11-22T11:40:00Z');
/** Checks of `measured`; the answer is 0 in `down`. */
const measured = { from: now - 20 * day, to: now };
const gap = { from: Date.parse('2026-11-10T00:00:00Z'), to: Date.parse('2026-11-11T12:00:00Z') };
const down = { from: Date.parse('2026-11-15T02:00:00Z'), to: Date.parse('2026-11-15T05:00:00Z') };
const lies = (at: number, span: { from: number; to: number }) => at >= span.from && at < span.to;

const folder = mkdtempSync(join(tmpdir(), 'upkeep-days-'));
let samples: SampleStore;
before(async () => {
  const clock = { ...systemClock, now: () => now };
  const location = { kind: 'sqlite', file: join(folder, 'metrics.db') } as const;
  samples = await openSampleStore(location, { rawMs: 15 * day, rollupMs: 400 * day, clock });
  const all: Sample[] = [];
  for (let at = measured.from; at < measured.to; at += every)
    if (!lies(at, gap))
      all.push({ target: 'web', metric: 'http.up', labels: {}, at, value: lies(at, down) ? 0 : 1 });
  await samples.append(all);
});
after(async () => {
  await samples.close();
  rmSync(folder, { recursive: true, force: true });
});

const watched = {
  settings: { name: 'web', system: 'http', everyMs: every },
  bound: { checks: [] },
} as unknown as Watched;
const days = daysUntil(now, 'UTC');

async function barsWith(excluded: { from: number; to: number }[], measurer = createDayMeasurer(samples)) {
  const measures = await measurer.target(watched, days, now, excluded);
  const bars = days.map(({ date }, index) =>
    dayBar({ date, measures: measures.slice(index, index + 1), maintenanceMs: 0, incidents: [] }),
  );
  return { bars, of: (date: string) => bars.find((bar) => bar.date === date) };
}

test('gaps are gaps: days before the first check and without any are grey, half a day is half a day', async () => {
  const { bars, of } = await barsWith([]);
  assert.ok(bars.slice(0, 68).every(({ uptime, state }) => uptime === null && state === 'unknown'));
  assert.deepEqual([of('2026-11-10')?.uptime, of('2026-11-10')?.state], [null, 'unknown']);
  const half = of('2026-11-11');
  assert.equal(half?.uptime, 1);
  assert.ok(Math.abs((half?.seen ?? 0) - 0.5) < 0.01, `${half?.seen}`);
  assert.equal(of('2026-11-12')?.seen, 1);
  assert.equal(of('2026-11-22')?.seen, 1, 'of today only what is over is expected');
});

test('three hours without an answer are an eighth of the day, unless they were planned', async () => {
  const bad = (await barsWith([])).of('2026-11-15');
  assert.ok(Math.abs((bad?.uptime ?? 0) - 21 / 24) < 0.001, `${bad?.uptime}`);
  assert.equal(bad?.state, 'major');
  const planned = (await barsWith([down])).of('2026-11-15');
  assert.equal(planned?.uptime, 1);
  assert.equal(planned?.state, 'operational');
  assert.equal(planned?.seen, 1);
  const half = { from: down.from, to: down.from + 2 * hour };
  const partly = (await barsWith([half])).of('2026-11-15');
  assert.ok(Math.abs((partly?.uptime ?? 0) - 21 / 22) < 0.001, `${partly?.uptime}`);
});

test('a window that is planned or cancelled later changes days that were measured before', async () => {
  const measurer = createDayMeasurer(samples);
  assert.equal((await barsWith([], measurer)).of('2026-11-15')?.state, 'major');
  assert.equal((await barsWith([down], measurer)).of('2026-11-15')?.uptime, 1);
  assert.equal((await barsWith([], measurer)).of('2026-11-15')?.state, 'major');
});

test('days that are over are asked for once', async () => {
  let asked = 0;
  const counting = {
    aggregate: samples.aggregate,
    covered: (span: Parameters<SampleStore['covered']>[0]) => {
      asked++;
      return samples.covered(span);
    },
  };
  const measurer = createDayMeasurer(counting);
  const first = await barsWith([], measurer);
  assert.ok(asked > 10 && asked < 30, `${asked} for the days with data`);
  asked = 0;
  const second = await barsWith([], measurer);
  assert.ok(asked <= 2, `${asked} the second time`);
  assert.deepEqual(second.bars, first.bars);
  assert.ok((uptimeOf(first.bars) ?? 0) > 0.98);
});
