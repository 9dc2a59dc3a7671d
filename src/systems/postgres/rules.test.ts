import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultRules } from '../../config/rules.ts';
import { postgres } from './index.ts';

test('every default rule of PostgreSQL reads, judges a declared metric and says where its threshold is from', () => {
  const { rules, problems } = defaultRules(postgres);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    rules.filter((rule) => rule.source === undefined),
    [],
  );
  const down = rules.find((rule) => rule.id === 'postgres.down');
  assert.equal(down?.levels.critical, 'critical');
  assert.equal(down?.forMs, 0);
});

test('every rule that a diagnosis of PostgreSQL explains is there', () => {
  const ids = new Set(defaultRules(postgres).rules.map((rule) => rule.id));
  for (const diagnosis of postgres.diagnoses) {
    for (const rule of diagnosis.explains) assert.ok(ids.has(rule), `${diagnosis.id} explains ${rule}`);
  }
});
