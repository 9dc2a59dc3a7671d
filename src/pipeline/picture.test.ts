import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toyTarget } from '../../test/simulation/loop.ts';
import type { Labels, Outcome, Reading } from '../core/sample.ts';
import { createPicture } from './picture.ts';

const gauge = { summary: '', unit: 'count', kind: 'gauge' } as const;
const probe = {
  ...{ id: 'toy.check', summary: '', liveness: true as const },
  metrics: { 'toy.load': gauge, 'toy.slots': gauge },
};

function world() {
  const picture = createPicture();
  let at = 0;
  const see = (outcome: Outcome, name = 'db') => {
    const target = toyTarget(name);
    const check = {
      id: `${name}/toy.check`,
      target,
      probe,
      everyMs: 10,
      timeoutMs: 5,
      run: async () => outcome,
    };
    const readings = outcome.ok ? outcome.readings : [];
    picture.record({ check, outcome, at: ++at, tookMs: 20 }, readings, outcome.ok ? 1 : 0);
  };
  return { picture, see };
}

const load = (value: number, labels?: Labels): Reading => ({
  metric: 'toy.load',
  value,
  ...(labels ? { labels } : {}),
});

test('the newest value of a series is found by its labels, else the one without labels, else none', () => {
  const { picture, see } = world();
  see({ ok: true, readings: [load(1), load(2, { disk: 'a' })] });
  assert.equal(picture.value('db', 'toy.load', { disk: 'a' }), 2);
  assert.equal(picture.value('db', 'toy.load', { disk: 'b' }), 1);
  assert.equal(picture.value('db', 'toy.slots'), null);
  assert.equal(picture.value('nobody', 'toy.load'), null);
});

test('a series that is no longer reported is over; one that could not be seen, or a failed look, ends nothing', () => {
  const { picture, see } = world();
  const disks = () => picture.latest('db', 'toy.load').map(({ labels }) => labels.disk);
  see({ ok: true, readings: [load(1, { disk: 'a' }), load(2, { disk: 'b' })] });
  see({ ok: false, why: 'timeout', detail: 'no answer' });
  assert.deepEqual(disks(), ['a', 'b']);
  see({ ok: true, readings: [], missing: [{ metrics: ['toy.load'], reason: 'no grant', remedy: 'grant' }] });
  assert.deepEqual(disks(), ['a', 'b']);
  see({ ok: true, readings: [load(3, { disk: 'b' })] });
  assert.deepEqual(disks(), ['b']);
});

test('the strip keeps the last forty, a failure has no latency, and what is forgotten starts anew', () => {
  const { picture, see } = world();
  for (let i = 0; i < 50; i++) see({ ok: true, readings: [] });
  assert.equal(picture.target('db').latency, 0.02);
  see({ ok: false, why: 'refused', detail: 'ECONNREFUSED' });
  const { recent, latency, detail, up } = picture.target('db');
  assert.deepEqual([recent.length, recent.at(-1), latency, detail, up], [40, 0, null, 'ECONNREFUSED', 0]);
  see({ ok: true, readings: [] }, 'other');
  picture.forget(new Set(['other']));
  assert.equal(picture.target('db').detail, 'not checked yet');
  assert.equal(picture.target('other').up, 1);
});

test('a check that cannot see all it should is unknown in part, never ok', () => {
  const { picture, see } = world();
  const detail = () => picture.target('db').checks.get('toy.check')?.detail;
  const lacking = (...metrics: string[]) => [{ metrics, reason: 'no right', remedy: 'GRANT it' }];
  see({ ok: true, readings: [load(1)] });
  assert.equal(detail(), 'ok');
  see({ ok: true, readings: [load(1)], missing: lacking('toy.slots') });
  assert.equal(detail(), 'unknown in part');
  see({ ok: true, readings: [], missing: lacking('*') });
  assert.equal(detail(), 'unknown');
});
