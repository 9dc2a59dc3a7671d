import assert from 'node:assert/strict';
import { test } from 'node:test';
import { impactOf, reachWords } from './impact.ts';

const facts = {
  ...{ allServices: ['shop', 'checkout', 'blog', 'mail'], openedAt: 0, resolvedAt: 60_000 },
  ...{ services: ['checkout', 'shop'], entered: null, measures: [] },
};
const percent = (share: number) => `${share * 100} %`;

test('a service that needs what failed while none of its own checks did is not said to have failed', () => {
  const impact = impactOf({ ...facts, failing: ['shop'] }, 0);
  assert.deepEqual([impact.needing, impact.serviceShare], [['checkout'], 0.25]);
  assert.equal(
    reachWords(impact, percent),
    'shop (25 % of all); checkout needs what failed, and none of its own checks did',
  );
  assert.equal(
    reachWords(impactOf({ ...facts, failing: [] }, 0), percent),
    'checkout, shop need what failed, and none of their own checks did',
  );
});

test('where nobody looked which of them failed, all are reached', () => {
  const impact = impactOf(facts, 0);
  assert.deepEqual([impact.needing, impact.serviceShare], [undefined, 0.5]);
  assert.equal(reachWords(impact, percent), 'checkout, shop (50 % of all)');
});
