import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Rule } from './rule.ts';
import { isOfPace, usualInWords } from './usual-pace.ts';

const before = Array.from({ length: 41 }, (_, i) => (i === 0 ? 9 : 0.002));

test('what is usual is the middle of what was measured before; a few samples tell nothing', () => {
  assert.equal(usualInWords(before), '2 ms');
  assert.equal(usualInWords([...before, Number.NaN]), '2 ms');
  assert.equal(usualInWords(before.slice(0, 19)), null);
});

test('only a threshold on seconds judges that something takes too long', () => {
  const rule = {
    ...{ id: 'http.slow', kind: 'threshold', direction: 'above', metric: 'm', summary: 's' },
    ...{ forMs: 0, clearForMs: 0, hysteresis: 0, warning: 1 },
  } as unknown as Rule;
  assert.equal(isOfPace(rule, 'seconds'), true);
  assert.equal(isOfPace(rule, 'bytes'), false);
  assert.equal(isOfPace({ ...rule, direction: 'below' } as Rule, 'seconds'), false);
  assert.equal(isOfPace({ ...rule, increaseMs: 60_000 } as Rule, 'seconds'), false);
});
