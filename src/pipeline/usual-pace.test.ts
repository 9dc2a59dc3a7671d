/** What was usual of what is slow, read from a real store of samples. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../clock.ts';
import type { Rule } from '../core/rule.ts';
import { openSampleStore } from '../store/samples/index.ts';
import type { Watched } from './bound.ts';
import { createUsualPace } from './usual-pace.ts';

const rule = { id: 'http.slow', kind: 'threshold', direction: 'above', metric: 'http.duration.total' };
const watched = {
  settings: { rules: [rule as Rule, { ...rule, id: 'http.other', metric: 'http.status' } as Rule] },
  metrics: {
    'http.duration.total': { summary: '', unit: 'seconds', kind: 'gauge' },
    'http.status': { summary: '', unit: 'state', kind: 'gauge' },
  },
} as unknown as Watched;

test('a slow answer is told with what was usual in the hour before, and a store that hangs holds nothing up', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-pace-'));
  const samples = await openSampleStore(
    { kind: 'sqlite', file: join(folder, 'metrics.db') },
    { clock: systemClock, rawMs: 86_400_000, rollupMs: 86_400_000 },
  );
  t.after(async () => {
    await samples.close();
    rmSync(folder, { recursive: true });
  });
  const since = systemClock.now();
  const of = { target: 'api', metric: 'http.duration.total', labels: {} };
  await samples.append(
    Array.from({ length: 60 }, (_, i) => ({ ...of, at: since - (60 - i) * 10_000, value: 0.002 })),
  );
  await samples.append([{ ...of, at: since, value: 1.7 }]);
  const targets = () => new Map([['api', watched]]);
  const paceOf = createUsualPace({ clock: systemClock, targets, range: (span) => samples.range(span) });
  const alert = { id: 'a1', rule: 'http.slow', target: 'api', labels: {}, since, state: 'firing' } as const;
  assert.equal(await paceOf(alert), '2 ms');
  assert.equal(await paceOf({ ...alert, id: 'a2', rule: 'http.other' }), null, 'no pace');
  assert.equal(await paceOf({ ...alert, id: 'a3', target: 'gone' }), null);
  const hung = createUsualPace({ clock: systemClock, targets, range: () => new Promise(() => {}) });
  assert.equal(await hung(alert), null);
  const failing = createUsualPace({
    clock: systemClock,
    targets,
    range: () => Promise.reject(new Error('closed')),
  });
  assert.equal(await failing(alert), null);
});
