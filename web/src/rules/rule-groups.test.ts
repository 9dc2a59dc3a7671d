import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ruleGroups } from './rule-groups.ts';

test('what fires comes first, then what fired last; the rest goes by family', () => {
  const rule = (id: string, firing = 0, lastFiredAt: number | null = null) => ({
    ...{ id, firing, lastFiredAt, firedIn30Days: lastFiredAt === null ? 0 : 1 },
  });
  const { lately, groups } = ruleGroups([
    rule('redis.memory'),
    rule('http.slow', 0, 5),
    rule('http.down', 0, 9),
    rule('postgres.locks', 2, 1),
    rule('http.unknown'),
  ]);
  assert.deepEqual(
    lately.map(({ id }) => id),
    ['postgres.locks', 'http.down', 'http.slow'],
  );
  assert.deepEqual(
    groups.map(({ name, rules }) => [name, rules.length]),
    [
      ['http', 1],
      ['redis', 1],
    ],
  );
});
