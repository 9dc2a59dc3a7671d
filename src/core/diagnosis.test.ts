import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rankFindings } from './diagnosis.ts';
import type { Finding } from './evidence.ts';

const topology = {
  needs: new Map([
    ['web', ['api']],
    ['api', ['db']],
  ]),
  servicesOf: new Map(),
};
const finding = (id: string, target: string, confidence: number, onset?: number): Finding => ({
  id,
  target,
  summary: `${id} on ${target}`,
  explanation: '',
  confidence,
  evidence: [],
  unseen: [],
  recommendations: [],
  ...(onset === undefined ? {} : { onset }),
});

test('a sure cause below comes before a surer symptom above', () => {
  const ranked = rankFindings(
    [finding('http.backend-frozen', 'web', 0.9), finding('postgres.blocked-by-lock', 'db', 0.8)],
    topology,
  );
  assert.deepEqual(
    ranked.map((one) => one.target),
    ['db', 'web'],
  );
});

test('the deepest broken dependency leads, also where it is the least sure of three', () => {
  const ranked = rankFindings(
    [finding('http.a', 'web', 0.98), finding('http.b', 'api', 0.97), finding('tcp.x', 'db', 0.5)],
    topology,
  );
  assert.deepEqual(
    ranked.map((one) => one.target),
    ['db', 'api', 'web'],
  );
});

test('a doubtful cause below does not push down what is sure', () => {
  const ranked = rankFindings(
    [finding('http.backend-down', 'api', 0.95), finding('postgres.x', 'db', 0.3)],
    topology,
  );
  assert.equal(ranked[0]?.target, 'api');
});

test('of equals the one that began first leads, and the same finding is told once', () => {
  const ranked = rankFindings(
    [finding('a', 'x', 0.7, 20), finding('b', 'y', 0.7, 10), finding('a', 'x', 0.6, 20)],
    topology,
  );
  assert.deepEqual(
    ranked.map((one) => one.id),
    ['b', 'a'],
  );
});
