import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headlineText } from './headline-text.ts';

const none = { critical: 0, warning: 0, unknown: 0 };

test('the headline tells incidents before targets, and what is unseen is never well', () => {
  assert.equal(headlineText(1, 'critical', none), 'One critical incident is open');
  assert.equal(headlineText(2, 'critical', none), 'Two incidents are open, the gravest critical');
  assert.equal(headlineText(2, 'low', none), 'Two incidents are open');
  assert.equal(headlineText(0, null, { ...none, warning: 1 }), 'No incident, but 1 target needs a look');
  assert.equal(headlineText(0, null, { ...none, unknown: 2 }), 'No incident, but 2 targets cannot be seen');
  assert.equal(headlineText(0, null, none), 'All is well');
});
