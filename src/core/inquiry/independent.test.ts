import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../evidence.ts';
import { type Hurt, independentTroubles } from './independent.ts';

const finding = (target: string, more: Partial<Finding> = {}): Finding => ({
  ...{ id: `toy.${target}`, target, summary: target, explanation: '', confidence: 0.9 },
  ...{ evidence: [], unseen: [], recommendations: [], ...more },
});
const fires = (target: string, level: Hurt['level'], isFelt = true): Hurt => ({ target, level, isFelt });
/** `web` needs `db`; `site`, `nginx` and `jobs` stand alone. */
const mayCause = (below: string, above: string) => below === 'db' && above === 'web';
const order = (ranked: readonly Finding[], hurts: readonly Hurt[]) =>
  independentTroubles(ranked, hurts, mayCause).map(({ findings, reason }) => [
    findings.map(({ target }) => target).join(' '),
    reason,
  ]);

test('of two troubles of one level the one that users feel comes first, however sure the other is', () => {
  assert.deepEqual(
    order(
      [finding('site'), finding('nginx', { confidence: 0.75 })],
      [fires('site', 'high', false), fires('nginx', 'high')],
    ),
    [
      ['nginx', 'felt'],
      ['site', 'felt'],
    ],
  );
});

test('a graver trouble comes first, and a cause bears the level of what it makes fail', () => {
  assert.deepEqual(
    order(
      [finding('jobs'), finding('db'), finding('web')],
      [fires('jobs', 'high'), fires('db', 'low', false), fires('web', 'critical')],
    ),
    [
      ['db web', 'graver'],
      ['jobs', 'graver'],
    ],
  );
});

test('within a trouble the rank stands, and what fires nothing keeps its place', () => {
  assert.deepEqual(
    order(
      [finding('jobs'), finding('site'), finding('db'), finding('web')],
      [fires('site', 'low'), fires('web', 'high'), fires('db', 'critical')],
    ),
    [
      ['jobs', 'rank'],
      ['db web', 'graver'],
      ['site', 'graver'],
    ],
  );
});

test('how something is set up comes after all that fails', () => {
  const setUp = finding('site', { nature: 'hygiene' });
  assert.deepEqual(order([finding('nginx'), setUp], [fires('site', 'critical')]), [
    ['nginx', 'rank'],
    ['site', 'rank'],
  ]);
});

test('what two have in common makes them one trouble, in whatever order they are found', () => {
  const both = (below: string, above: string) => below === 'db' && above !== 'db';
  const troubles = independentTroubles([finding('web'), finding('jobs'), finding('db')], [], both);
  assert.deepEqual(
    troubles.map(({ findings }) => findings.map(({ target }) => target)),
    [['web', 'jobs', 'db']],
  );
});
