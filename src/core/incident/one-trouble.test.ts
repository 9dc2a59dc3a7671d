import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Declared, type Led, mergeProposal, sameCause } from './one-trouble.ts';

const topology = {
  needs: new Map([
    ['web', ['db']],
    ['batch', ['disk']],
  ]),
  servicesOf: new Map([
    ['web', ['shop']],
    ['cart', ['shop']],
  ]),
};
const minuteMs = 60_000;
const declared = (more: Partial<Declared>): Declared => ({ openedAt: 0, targets: [], services: [], ...more });
const other = (more: Partial<Declared> & { isHygiene?: boolean }) => ({
  ...declared({ openedAt: 60_000 }),
  ...more,
});
const said = (a: Declared, b: ReturnType<typeof other>) => mergeProposal(a, b, topology);

test('a declared incident and another about the same target, service or need are proposed as one', () => {
  const web = declared({ targets: ['web'] });
  assert.deepEqual(said(web, other({ targets: ['web'] })), { propose: true, reason: 'both are about web' });
  assert.deepEqual(said(web, other({ targets: ['db'] })), {
    propose: true,
    reason: 'web and db depend on each other',
  });
  assert.deepEqual(said(declared({ services: ['shop'] }), other({ targets: ['cart'], services: ['shop'] })), {
    propose: true,
    reason: 'both reach shop',
  });
  assert.equal(said(web, other({ targets: ['batch'] })).propose, false);
});

test('one that names nothing may be about what opens around it, within half an hour', () => {
  const found = said(declared({}), other({ targets: ['batch'], openedAt: 5 * minuteMs }));
  assert.deepEqual(found, {
    propose: true,
    reason: 'it names no service or target, and they opened 5 m apart',
  });
  assert.equal(said(declared({}), other({ targets: ['batch'], openedAt: 31 * minuteMs })).propose, false);
});

test('how something is set up is no outage that anybody declared', () => {
  assert.equal(
    said(declared({ targets: ['web'] }), other({ targets: ['web'], isHygiene: true })).propose,
    false,
  );
});

const led = (
  id: string,
  openedAt: number,
  cause: string,
  rest: Partial<Led['findings'][number]> = {},
): Led => ({
  ...{ id, openedAt },
  findings: [
    {
      ...{ id: cause, target: 'cache', summary: cause, explanation: '', confidence: 0.95 },
      ...{ evidence: [], unseen: [], recommendations: [], ...rest },
    },
  ],
});

test('two incidents that the same sure cause leads are one: the younger goes into the older', () => {
  const full = 'redis.clients-exhausted';
  const [old, young] = [led('a', 10, full), led('b', 20, full)];
  const one = {
    ...{ ending: 'b', into: 'a' },
    reason: 'redis.clients-exhausted on cache leads both: one cause is one incident',
  };
  assert.deepEqual(sameCause(young, [old, young]), one);
  assert.deepEqual(sameCause(old, [old, young]), one, 'whichever was looked at last');
  const again = { ...old, conduct: { reopenedAt: 30 } };
  assert.equal(sameCause(again, [again, young])?.into, 'b', 'it has been open for less long');
  for (const [other, why] of [
    [led('b', 20, 'redis.memory-full'), 'another cause'],
    [led('b', 20, full, { target: 'store' }), 'another target'],
    [led('b', 20, full, { confidence: 0.6 }), 'a guess'],
    [led('b', 20, full, { over: { at: 15, was: '' } }), 'it is over there'],
    [{ ...young, conduct: { splitFrom: 'a' } }, 'people said that it is another'],
    [{ ...young, conduct: { declaredBy: 'ann' } }, 'people decide'],
  ] as const)
    assert.equal(sameCause(old, [old, other]), null, why);
});
