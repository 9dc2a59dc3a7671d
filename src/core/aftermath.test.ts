import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aftermathOf, causesBeside, otherCauses } from './aftermath.ts';
import type { Alert } from './alert.ts';
import type { Finding } from './evidence.ts';

const good = { target: 'web', mends: false, isDone: true, harmed: [], ill: ['site'], others: [] };

for (const [name, changes, kind] of [
  ['did harm', { harmed: ['site'], mends: true, others: ['api2: fails'] }, 'undo'],
  ['did not do its own good', { isDone: false, mends: true, others: ['api2: fails'] }, 'undo'],
  ['changed nothing, and no other cause is known', {}, 'undo'],
  ['did its own good while another cause stands', { others: ['api2: fails'] }, 'kept'],
  ['mended what was broken, whatever else is ill', { mends: true }, 'kept'],
  ['mended what was broken, and its target is ill yet', { mends: true, ill: ['web'] }, 'not-undone'],
  [
    'ended what it was for, while another cause of its target is found',
    { ill: ['web'], beside: ['web: a setting was changed'] },
    'kept',
  ],
  ['did harm, whatever else is found', { harmed: ['web'], beside: ['web: a setting was changed'] }, 'undo'],
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

test('two faults of one target are told apart: what was asked for is found no more, and another is', () => {
  const topology = { needs: new Map([['site', ['db']]]), servicesOf: new Map() };
  const finding = (id: string, pid: number | null, changes: Partial<Finding> = {}): Finding => ({
    ...{ id, target: 'db', summary: id, explanation: '', confidence: 0.9, evidence: [], unseen: [] },
    recommendations: pid === null ? [] : [{ action: 'pg.end', target: 'db', input: { pid }, why: '' }],
    ...changes,
  });
  const plan = { action: 'pg.end', target: 'db', input: { pid: 8, force: false } };
  const [blocker, second, setting] = [
    finding('lock', 8),
    finding('lock', 9, { summary: 'pid 9 blocks' }),
    finding('setting', null),
  ];
  const beside = (before: readonly Finding[], now: readonly Finding[]) =>
    causesBeside(plan, ['site'], before, now, topology);
  assert.deepEqual(beside([blocker, setting], [setting]), ['db: setting']);
  assert.deepEqual(beside([blocker], [setting]), ['db: setting'], 'it shows only now');
  assert.deepEqual(beside([blocker, second], [second]), ['db: pid 9 blocks'], 'by the same diagnosis');
  assert.deepEqual(beside([blocker, setting], [blocker, setting]), [], 'its own is there still');
  assert.deepEqual(beside([setting], [setting]), [], 'nothing asked for it');
  assert.deepEqual(beside([blocker], []), []);
  for (const changes of [{ confidence: 0.6 }, { nature: 'hygiene' }, { target: 'mail' }] as const)
    assert.deepEqual(beside([blocker], [finding('other', null, changes)]), []);
});
