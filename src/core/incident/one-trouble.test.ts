import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Declared, mergeProposal } from './one-trouble.ts';

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
