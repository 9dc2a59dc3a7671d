import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TargetView } from '../../../src/core/view.ts';
import { conditionText, isLike, parseConditions, reachOf } from './matching.ts';

const target = (name: string, system: string, services: readonly string[]): TargetView => ({
  ...{ name, system, services, address: '', environment: null, health: 'ok', detail: '', lastAt: null },
  ...{ everyMs: 1_000, dependsOn: [], latency: null, recent: [], openAlerts: 0 },
});
const targets = [
  target('web-1', 'http', ['shop']),
  target('web-2', 'http', []),
  target('db', 'postgres', ['shop']),
];

test('conditions are read as they are written, and what is none is left out', () => {
  const read = parseConditions('target=web-*, level!=critical,nonsense');
  assert.deepEqual(read.map(conditionText), ['target=web-*', 'level!=critical']);
});

test('a star stands for any text and nothing else is special', () => {
  assert.equal(isLike('web-1', 'web-*'), true);
  assert.equal(isLike('web.1', 'web?1'), false);
  assert.equal(isLike('a\nb', 'a*b'), true);
});

test('what targets decide is counted, the rest is said', () => {
  const reach = reachOf(parseConditions('service=shop,system!=postgres,rule=http.*'), targets);
  assert.deepEqual(
    reach.targets.map(({ name }) => name),
    ['web-1'],
  );
  assert.deepEqual(reach.further, ['rule=http.*']);
});
