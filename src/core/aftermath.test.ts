import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aftermathOf, otherCauses } from './aftermath.ts';
import type { Alert } from './alert.ts';

const good = { target: 'web', mends: false, isDone: true, harmed: [], ill: ['site'], others: [] };

for (const [name, changes, kind] of [
  ['did harm', { harmed: ['site'], mends: true, others: ['api2: fails'] }, 'undo'],
  ['did not do its own good', { isDone: false, mends: true, others: ['api2: fails'] }, 'undo'],
  ['changed nothing, and no other cause is known', {}, 'undo'],
  ['did its own good while another cause stands', { others: ['api2: fails'] }, 'kept'],
  ['mended what was broken, whatever else is ill', { mends: true }, 'kept'],
  ['mended what was broken, and its target is ill yet', { mends: true, ill: ['web'] }, 'not-undone'],
  [
    'did its good, and its target is ill by another cause',
    { ill: ['web'], others: ['db: down'] },
    'not-undone',
  ],
] as const) {
  test(`an action that ${name}: ${kind}`, () => {
    assert.equal(aftermathOf({ ...good, ...changes }).kind, kind);
  });
}

test('another cause is what the ill ones need, and neither the target nor what follows from it', () => {
  const topology = {
    needs: new Map([
      ['site', ['web']],
      ['web', ['api1', 'api2']],
    ]),
    servicesOf: new Map(),
  };
  const alert = (target: string, state: Alert['state'] = 'firing') =>
    ({ target, state, summary: 'fails', rule: 'toy.down', labels: {}, isHygiene: false }) as unknown as Alert;
  const alerts = [alert('web'), alert('site'), alert('api2'), alert('api1', 'resolved'), alert('mail')];
  assert.deepEqual(otherCauses('web', ['site'], alerts, topology), ['api2: fails']);
  assert.match(
    JSON.stringify(aftermathOf({ ...good, others: ['api2: fails'] })),
    /another cause stands \(api2: fails\)/,
  );
});
