import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noOnCall } from './model.ts';
import { untoldLevels } from './untold.ts';

const step = [{ notify: 'ops', afterMs: 0 }];
const none = { critical: [], high: [], medium: [], low: [] };

test('levels that reach nobody are named, gravest first; low may wait for somebody to look', () => {
  const of = (escalation: Parameters<typeof untoldLevels>[0]['escalation']) =>
    untoldLevels({ escalation, oncall: noOnCall, severities: 'sev' });
  assert.deepEqual(of({ ...none, critical: step }), ['SEV2', 'SEV3']);
  assert.deepEqual(of({ critical: step, high: step, medium: step, low: [] }), []);
  assert.deepEqual(of(none), ['SEV1', 'SEV2', 'SEV3']);
});
