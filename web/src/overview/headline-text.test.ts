import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IncidentView } from '../../../src/core/view.ts';
import { headlineHealth, headlineText, targetsText } from './headline-text.ts';

const none = { critical: 0, warning: 0, unknown: 0 };

test('the headline tells incidents before targets, and what is unseen is never well', () => {
  assert.equal(headlineText(1, 'critical', none), 'One critical incident is open');
  assert.equal(headlineText(2, 'critical', none), 'Two incidents are open, the gravest critical');
  assert.equal(headlineText(2, 'low', none), 'Two incidents are open');
  assert.equal(headlineText(0, null, { ...none, warning: 1 }), 'No incident, but 1 target needs a look');
  assert.equal(headlineText(0, null, { ...none, unknown: 2 }), 'No incident, but 2 targets cannot be seen');
  assert.equal(headlineText(0, null, none), 'All is well');
});

test('of the targets those are counted that are not well', () => {
  assert.equal(
    targetsText(112, { ...none, critical: 11, unknown: 2 }),
    '11 of 112 targets critical, 2 unknown',
  );
  assert.equal(targetsText(3, { ...none, warning: 1 }), '1 of 3 targets warning');
  assert.equal(targetsText(1, none), '1 target');
});

const incident: IncidentView = {
  id: 'a',
  title: 'web is down',
  level: 'critical',
  severity: 'SEV1',
  status: 'open',
  lead: 'web',
  services: [],
  targets: ['web'],
  openedAt: 0,
  acknowledgedAt: null,
  acknowledgedBy: null,
  mitigatedAt: null,
  resolvedAt: null,
  firingAlerts: 0,
  summary: null,
};

test('an open incident is never green, and what is unseen stays unknown', () => {
  assert.equal(headlineHealth({ health: 'ok', incidents: [incident] }), 'critical');
  assert.equal(
    headlineHealth({ health: 'ok', incidents: [{ ...incident, status: 'mitigated' }] }),
    'warning',
  );
  assert.equal(headlineHealth({ health: 'unknown', incidents: [] }), 'unknown');
  assert.equal(headlineHealth({ health: 'ok', incidents: [] }), 'ok');
});
