/** The default forecasts of PostgreSQL over two weeks of samples. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultRules } from '../../config/rules.ts';
import { memoryFor } from '../../core/rule-kinds/memory.ts';
import { postgres } from './index.ts';

const dayMs = 86_400_000;
const stepMs = 300_000;
const begin = 20_000 * dayMs;

/** The levels that were judged on the last day; a value by the days since the beginning. */
function lastDay(id: string, value: (day: number) => number, of: number | null = null) {
  const rule = defaultRules(postgres).rules.find((one) => one.id === id);
  assert.ok(rule?.kind === 'forecast', id);
  const memory = memoryFor(rule);
  const levels = new Set<string>();
  for (let at = begin; at < begin + 14 * dayMs; at += stepMs) {
    const day = (at - begin) / dayMs;
    const judged = memory.take({ at, value: value(day), labels: {}, of }, { phase: 'ok', level: null });
    if (day >= 13) levels.add('unknown' in judged ? 'unknown' : (judged.level ?? 'calm'));
  }
  return [...levels];
}

test('a sequence that ends within a month is told, one with years left is not', () => {
  assert.deepEqual(
    lastDay('postgres.sequence-soon', (day) => 0.6 + 0.012 * day),
    ['warning'],
  );
  assert.deepEqual(
    lastDay('postgres.sequence-soon', (day) => 0.6 + 0.0001 * day),
    ['calm'],
  );
});

test('transaction numbers that run out are told, the saw-tooth of a vacuum that does its work is not', () => {
  assert.deepEqual(
    lastDay('postgres.wraparound-soon', (day) => 0.3 + 0.03 * day),
    ['warning'],
  );
  assert.deepEqual(
    lastDay('postgres.wraparound-soon', (day) => 0.05 + 0.02 * (day % 3)),
    ['calm'],
  );
});

test('a database is forecast against the room of its disk', () => {
  const gib = 2 ** 30;
  assert.deepEqual(
    lastDay('postgres.disk-full-soon', (day) => (100 + 5 * day) * gib, 185 * gib),
    ['warning'],
  );
  assert.deepEqual(
    lastDay('postgres.disk-full-soon', (day) => (100 + 5 * day) * gib, 900 * gib),
    ['calm'],
  );
});
