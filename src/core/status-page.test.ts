import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ComponentFacts, componentState, confirmedUp, overallState, worstState } from './status-page.ts';

const calm: ComponentFacts = { targets: [1], incidents: [], isUnderMaintenance: false };
const of = (changes: Partial<ComponentFacts>) => componentState({ ...calm, ...changes });
const incident = (level: 'critical' | 'high' | 'medium' | 'low', isMitigated = false) => ({
  level,
  isMitigated,
});

test('incidents speak by their level, and what is treated is degraded until it is over', () => {
  assert.equal(of({}), 'operational');
  assert.equal(of({ incidents: [incident('critical')] }), 'major');
  assert.equal(of({ incidents: [incident('high')] }), 'partial');
  assert.equal(of({ incidents: [incident('medium')] }), 'degraded');
  assert.equal(of({ incidents: [incident('low')] }), 'operational');
  assert.equal(of({ incidents: [incident('critical', true)] }), 'degraded');
  assert.equal(of({ incidents: [incident('low', true)] }), 'operational');
  assert.equal(of({ incidents: [incident('medium'), incident('critical')] }), 'major');
});

test('while other targets of the component answer, the worst is a partial outage', () => {
  assert.equal(of({ targets: [1, 0], incidents: [incident('critical')] }), 'partial');
  assert.equal(of({ targets: [1, 0] }), 'partial');
  assert.equal(of({ targets: [0, 0] }), 'major');
  assert.equal(of({ targets: [0], incidents: [incident('high')] }), 'major', 'all of it is down');
  assert.equal(of({ targets: [0], incidents: [incident('high', true)] }), 'major', 'treated, but down');
});

test('while every target answers, a budget that burns or what only the component needs is no outage of it', () => {
  const elsewhere = { ...incident('critical'), isElsewhere: true };
  assert.equal(of({ incidents: [elsewhere] }), 'degraded');
  assert.equal(of({ targets: [1, 1], incidents: [{ ...incident('high'), isElsewhere: true }] }), 'degraded');
  assert.equal(of({ targets: [1, 0], incidents: [elsewhere] }), 'partial', 'one does not answer');
  assert.equal(of({ targets: [1, null], incidents: [elsewhere] }), 'major', 'nobody knows');
  assert.equal(of({ incidents: [elsewhere, incident('critical')] }), 'major');
});

test('an incident of one target is one step milder while all of them answer, and never operational', () => {
  const onOne = (level: 'critical' | 'high' | 'medium') => ({ ...incident(level), isOnSome: true });
  const answering = (level: 'critical' | 'high' | 'medium') =>
    of({ targets: [1, 1, 1], incidents: [onOne(level)] });
  assert.deepEqual(
    [answering('critical'), answering('high'), answering('medium')],
    ['partial', 'degraded', 'degraded'],
  );
  assert.equal(of({ targets: [1, 1, 1], incidents: [incident('high')] }), 'partial', 'all of them have it');
  assert.equal(of({ targets: [0, 1, 1], incidents: [onOne('high')] }), 'partial', 'one does not answer');
  assert.equal(of({ targets: [1, null], incidents: [onOne('high')] }), 'partial', 'nobody knows');
  assert.equal(of({ targets: [1, 1], incidents: [onOne('high'), incident('high')] }), 'partial');
});

test('a window explains what does not answer, but hides no incident', () => {
  assert.equal(of({ targets: [0], isUnderMaintenance: true }), 'maintenance');
  assert.equal(of({ targets: [null], isUnderMaintenance: true }), 'maintenance');
  assert.equal(of({ isUnderMaintenance: true, incidents: [incident('high')] }), 'partial');
});

test('what is not known is grey and never operational', () => {
  assert.equal(of({ targets: [] }), 'unknown');
  assert.equal(of({ targets: [null] }), 'unknown');
  assert.equal(of({ targets: [1, null] }), 'unknown');
  assert.equal(of({ targets: [0, null] }), 'partial');
  assert.equal(overallState([]), 'unknown');
  assert.equal(overallState(['operational', 'unknown']), 'unknown');
});

test('the page is as bad as its worst part; a major outage when at least half of it is down', () => {
  assert.equal(overallState(['operational', 'operational']), 'operational');
  assert.equal(overallState(['major', 'operational', 'operational']), 'partial');
  assert.equal(overallState(['major', 'operational']), 'major');
  assert.equal(overallState(['degraded', 'maintenance']), 'degraded');
  assert.equal(overallState(['maintenance', 'unknown', 'operational']), 'maintenance');
  assert.equal(worstState([]), 'operational');
});

test('one failed check is no outage, two are; nothing new is unknown', () => {
  assert.equal(confirmedUp([1, 1, 0], false), 1);
  assert.equal(confirmedUp([1, 0, 0], false), 0);
  assert.equal(confirmedUp([0], false), 0);
  assert.equal(confirmedUp([null, 0], false), null);
  assert.equal(confirmedUp([0, 0, 1], false), 1);
  assert.equal(confirmedUp([1, null], false), null);
  assert.equal(confirmedUp([1, 1], true), null);
  assert.equal(confirmedUp([], false), null);
});
