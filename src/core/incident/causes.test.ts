import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../alert.ts';
import type { Finding } from '../evidence.ts';
import type { Topology } from '../topology.ts';
import { causesAfter } from './causes.ts';

const topology: Topology = {
  needs: new Map([
    ['web', ['api']],
    ['api', ['db', 'cache']],
  ]),
  servicesOf: new Map(),
};

const finding = (target: string, changes: Partial<Finding> = {}): Finding => ({
  id: `toy.${target}`,
  target,
  summary: target,
  explanation: '',
  confidence: 0.9,
  evidence: [],
  unseen: [],
  recommendations: [],
  seenAt: 100,
  ...changes,
});

type Symptom = Pick<Alert, 'rule' | 'target' | 'state' | 'since' | 'resolvedAt'>;
const firing = (target: string, since: number, rule = 'r'): Symptom => ({
  ...{ rule, target, state: 'firing', since, resolvedAt: null },
});
const ended = (target: string, since: number, resolvedAt: number): Symptom => ({
  ...{ rule: 'r', target, state: 'resolved', since, resolvedAt },
});

function after(known: Finding[], found: Finding[], alerts: Symptom[], at = 1_000) {
  const { findings, before, isBeforeOver } = causesAfter(known, found, alerts, topology, at);
  return [findings.map(({ target }) => target).join(), before?.target ?? null, isBeforeOver] as const;
}

test('while targets recover one by one, what is found among the last of them never comes before the deeper cause', () => {
  const known = [finding('db')];
  assert.deepEqual(after(known, [finding('api')], [ended('db', 50, 200), firing('api', 60)]), [
    'db,api',
    null,
    false,
  ]);
  assert.deepEqual(after(known, [], [ended('db', 50, 200), firing('api', 60)]), ['db', null, false]);
  assert.deepEqual(after(known, [finding('db'), finding('api')], [firing('db', 50)]), [
    'db,api',
    null,
    false,
  ]);
  const doubtful = [finding('api', { confidence: 0.6 })];
  assert.deepEqual(after(known, doubtful, [ended('db', 50, 200), firing('api', 300)]), [
    'db,api',
    null,
    false,
  ]);
  const burning = [ended('db', 50, 200), firing('api', 60, 'slo.burn-rate'), firing('api', 300)];
  assert.deepEqual(after(known, [finding('api')], burning), ['api', 'db', true], 'a burnt budget goes on');
});

test('what is over leads nothing that fires since, also where its own alert fires again', () => {
  const over = { at: 200, was: 'db' };
  const explained = [{ rule: 'r', target: 'api' }];
  const known = [finding('api', { over, explained })];
  const again = [firing('api', 300)];
  assert.deepEqual(after(known, [], again), ['', 'api', true]);
  assert.deepEqual(after(known, [finding('cache', { confidence: 0.6 })], again), ['cache', 'api', true]);
  assert.deepEqual(after(known, [finding('api')], again), ['api', null, false], 'it is seen again');
  assert.deepEqual(after(known, [], [firing('api', 150)]), ['api', null, false], 'it fires since before');
  assert.deepEqual(after(known, [], [ended('api', 50, 200)]), ['api', null, false], 'nothing fires');
  const seen = causesAfter(known, [finding('api', { explained })], again, topology, 1_000);
  assert.equal(seen.findings[0]?.over, undefined, 'what is seen again is over no longer');
});

test('what was doubtful gives way to what is seen later', () => {
  const known = [finding('db', { confidence: 0.6 })];
  assert.deepEqual(after(known, [finding('api')], [firing('api', 60)]), ['api', null, false]);
  const where = [finding('db', { isWhereOnly: true })];
  const why = [finding('db', { id: 'toy.why', confidence: 0.7 })];
  assert.deepEqual(after(where, why, [firing('api', 60)]).slice(1), ['db', false]);
  assert.deepEqual(after([finding('db')], why, [firing('api', 60)]), ['db,db', null, false]);
});

test('a trouble that began after the first was over has its own cause, and the first is said to be over', () => {
  const alerts = [ended('cache', 50, 200), firing('api', 300)];
  assert.deepEqual(after([finding('cache')], [finding('db')], alerts), ['db', 'cache', true]);
  assert.deepEqual(after([finding('db')], [finding('api')], [ended('db', 50, 200), firing('api', 300)]), [
    'api',
    'db',
    true,
  ]);
});

test('another cause beside the first leads where it is ranked first; the first is not said to be over', () => {
  const alerts = [firing('cache', 50), firing('api', 60)];
  assert.deepEqual(after([finding('cache')], [finding('db'), finding('cache')], alerts), [
    'db,cache',
    'cache',
    false,
  ]);
});

test('where nothing explains what fires by now, the cause of what is over does not stand over it', () => {
  const alerts = [ended('cache', 50, 200), firing('db', 300)];
  assert.deepEqual(after([finding('cache')], [], alerts), ['', 'cache', true]);
  assert.deepEqual(after([finding('cache')], [], [ended('cache', 50, 200), firing('api', 300)])[0], 'cache');
});

test('a cause goes when all that its diagnosis explains has resolved, whatever else fired beside it', () => {
  const known = [finding('db', { explained: [{ rule: 'r', target: 'db' }] })];
  const beside = firing('db', 60, 'untrusted');
  assert.deepEqual(after(known, [], [firing('db', 50), beside]), ['db', null, false]);
  assert.deepEqual(after(known, [], [ended('db', 50, 200), beside]), ['', 'db', true]);
  assert.deepEqual(after(known, known, [ended('db', 50, 200), beside])[0], 'db', 'seen again it stays');
  assert.deepEqual(
    after(known, [finding('db', { id: 'toy.other', confidence: 0.6 })], [ended('db', 50, 200), beside]),
    ['db', 'db', true],
  );
  const both = [...known, finding('cache')];
  assert.deepEqual(after(both, [], [ended('db', 50, 200), beside]), ['cache', 'db', true]);
});

test('what needs its target has a while to recover after it; what began later is no work of it', () => {
  const known = [finding('db', { explained: [{ rule: 'r', target: 'db' }] })];
  const late = [ended('db', 50, 200), firing('api', 60)];
  assert.equal(after(known, [], late, 60_000)[0], 'db');
  assert.equal(after(known, [], late, 100_000)[0], '');
  assert.equal(after(known, [], [ended('db', 50, 200), firing('api', 300)], 60_000)[0], '');
});
