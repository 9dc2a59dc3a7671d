import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isYoung, toneOf } from './objective-words.ts';

const minuteMs = 60_000;

test('a budget that burns fast is not green, and its end is told however short it was measured', () => {
  assert.equal(toneOf({ left: 0.35, burn: 659 }), 'critical');
  assert.equal(isYoung({ measuredMs: 42 * minuteMs, burn: 659 }), false);
  assert.equal(toneOf({ left: 0.35, burn: 0.4 }), 'ok');
  assert.equal(toneOf({ left: 0.2, burn: null }), 'warning');
  assert.equal(isYoung({ measuredMs: 42 * minuteMs, burn: 1.2 }), true);
  assert.equal(isYoung({ measuredMs: 48 * 60 * minuteMs, burn: 1.2 }), false);
});
