/** A budget burns on for hours after the trouble is over: that keeps no incident open and calls nobody again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { downRule, minuteMs, secondMs, startLoop, threshold, toyTarget } from '../../test/simulation/loop.ts';
import type { Outcome } from '../core/sample.ts';
import * as alertRows from '../store/alerts.ts';

const burning = threshold({ id: 'slo.burn-rate', summary: 'burns' });
const reading = (value: number): Outcome => ({ ok: true, readings: [{ metric: 'toy.load', value }] });

async function started() {
  let now: Outcome = reading(10);
  const ill = new Set<string>();
  const loop = await startLoop({
    targets: [
      toyTarget('web', { rules: [burning] }),
      toyTarget('shop', { dependsOn: ['web'], rules: [downRule] }),
    ],
    probe: async (name) =>
      name === 'web'
        ? now
        : ill.has(name)
          ? { ok: false, why: 'refused', detail: 'ECONNREFUSED' }
          : reading(1),
  });
  await loop.pass(20 * secondMs);
  return { loop, ill, set: (value: number) => (now = reading(value)) };
}

test('an incident ends when its checks have recovered, and the budget that burns on opens none', async () => {
  const { loop, ill, set } = await started();
  ill.add('shop');
  set(99);
  await loop.pass(minuteMs);
  assert.equal((await loop.incidents()).length, 1);
  ill.clear();
  await loop.pass(3 * minuteMs);
  assert.equal((await loop.incidents())[0]?.status, 'resolved');
  await loop.pass(60 * minuteMs);
  assert.deepEqual(
    (await loop.incidents()).map(({ status }) => status),
    ['resolved'],
  );
  const [held] = await alertRows.open(loop.store.db);
  assert.deepEqual([held?.rule, held?.incidentId], ['slo.burn-rate', null]);
  set(10);
  await loop.pass(minuteMs);
  assert.deepEqual(await alertRows.open(loop.store.db), []);
  set(99);
  await loop.pass(minuteMs);
  assert.equal(
    (await loop.incidents()).filter(({ status }) => status === 'open').length,
    1,
    'burnt anew, told anew',
  );
  await loop.end();
});

test('a budget that burns and nothing else is an incident until it no longer does', async () => {
  const { loop, set } = await started();
  set(99);
  await loop.pass(10 * minuteMs);
  assert.deepEqual(
    (await loop.incidents()).map(({ status }) => status),
    ['open'],
  );
  set(10);
  await loop.pass(3 * minuteMs);
  assert.equal((await loop.incidents())[0]?.status, 'resolved');
  await loop.end();
});

test('a budget that burns for longer than any window of it looks back is told again', async () => {
  const { loop, ill, set } = await started();
  ill.add('shop');
  set(99);
  await loop.pass(minuteMs);
  ill.clear();
  await loop.pass(3 * minuteMs);
  await loop.pass(7 * 60 * minuteMs);
  assert.equal((await loop.incidents()).filter(({ status }) => status === 'open').length, 1);
  await loop.end();
});

test('resolved by hand while nothing but the budget burns, it is told again after a while like all others', async () => {
  const { loop, set } = await started();
  set(99);
  await loop.pass(minuteMs);
  const [incident] = await loop.incidents();
  await loop.pipeline.assessor.resolve(incident?.id ?? '', 'ann', 'seen');
  await loop.pass(10 * minuteMs);
  assert.equal((await loop.incidents()).filter(({ status }) => status === 'open').length, 1);
  await loop.end();
});
